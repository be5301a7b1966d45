"""Transport over libcurl: one thread drives all requests under way."""

from __future__ import annotations

import select
import threading
import time
from collections import deque
from collections.abc import Sequence

import pycurl

from loader.config.sections import Timeouts
from loader.outcomes import Cause, Ending, defect
from loader.shortage import ShortageError, cause_of_shortage
from loader.targets.http.certificates import names_hosts
from loader.targets.http.connection_setup import ConnectionSetup
from loader.targets.http.curl_exchange import MILLISECONDS, Exchange, header_lines, new_handle
from loader.targets.http.curl_failures import Failure, cause_of
from loader.targets.http.idle_sockets import IdleSockets
from loader.targets.http.request import Request, Response
from loader.targets.http.self_pipe import SelfPipe
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.transport import Make, Reply, Transport

LIMIT = 16_000
"""Bytes of head and body, but for the few lines libcurl adds itself, up to which it carries a request.

So a request is one record of TLS and one send: whether any of it went out is known exactly, and no server can refuse
the rest while it is under way, which libcurl would take for a broken connection.
"""

_LOOKS = 4  # at each request within `timeouts.read`
_IDLE = 0.25  # seconds: the longest wait, since libcurl does not tell of descriptors from 1,024 on
_NOT_KEPT = -1


class CurlTransport:
    """Sends small requests over libcurl; larger ones go by `larger`. Its thread starts with the first request."""

    def __init__(
        self, settings: HttpTarget, setup: ConnectionSetup, timeouts: Timeouts, connections: int, larger: Transport
    ) -> None:
        self._settings = settings
        self._setup = setup
        self._timeouts = timeouts
        self._most = connections
        self._larger = larger
        self._jobs: deque[tuple[Make, Reply]] = deque()
        self._lifecycle = threading.Lock()  # guards the next two, and the pipe from its end
        self._thread: threading.Thread | None = None
        self._closed = False
        self._asleep = False
        # What follows is touched by the driver's thread alone.
        self._multi = _new_multi()
        # There are never more than that many; libcurl begins to close idle ones before its limit is passed.
        self._multi.setopt(pycurl.M_MAXCONNECTS, 2 * connections + 2)
        self._idle: list[Exchange] = []
        self._under_way: set[Exchange] = set()
        self._begun: list[Exchange] = []  # and not seen to by libcurl yet
        self._ended: list[tuple[Reply, Response | Cause]] = []  # and not told yet
        self._sockets = IdleSockets()
        self._next_look = 0.0
        self._pipe = SelfPipe()

    @property
    def description(self) -> str:
        version = pycurl.version_info()[1]
        return f"libcurl {version} for requests of up to {LIMIT:,} bytes, {self._larger.description} for larger ones"

    def submit(self, make: Make, reply: Reply) -> None:
        if self._thread is None:
            self._start()  # before the job lies there: where that fails nobody must do it later
        self._jobs.append((make, reply))
        if self._asleep:
            self._wake()

    def connect(self) -> Cause | None:
        return _connect(new_handle(self._settings, self._setup, self._timeouts))

    def close(self) -> None:
        self._larger.close()
        with self._lifecycle:
            if self._closed:
                return
            self._closed = True
            if self._thread is not None:
                self._wake()  # within the lock: afterwards its descriptor may be another file's
                return
        self._release()

    def _start(self) -> None:
        with self._lifecycle:
            if self._thread is None:
                # Known before: an interrupted start may have been one, and then it alone may give back what it uses.
                self._thread = threading.Thread(target=self._run, name="http-curl", daemon=True)
                try:
                    self._thread.start()
                except RuntimeError:
                    self._thread = None
                    raise

    def _wake(self) -> None:
        self._asleep = False
        self._pipe.wake()

    # -- the driver's thread

    def _run(self) -> None:
        try:
            while self._jobs or self._under_way or not self._closed:
                self._begin_jobs()
                begun, self._begun = self._begun, []
                self._multi.perform()
                self._take_ended()
                self._note_connections(begun)
                self._end_silent(time.monotonic())
                self._tell()
                self._wait()
        except Exception as error:  # rows whose answer never comes would be waited for without end
            self._give_up(cause_of_shortage(error, Ending.AMBIGUOUS) or defect(error))
        self._release()

    def _begin_jobs(self) -> None:
        if self._jobs:
            self._sockets.end_closed()
        while self._jobs and len(self._under_way) < self._most:
            make, reply = self._jobs.popleft()
            try:
                request = make()
            except Exception as error:
                self._ended.append((reply, defect(error)))
                continue
            lines = header_lines(request.headers)
            if len(request.body) + len(request.path) + sum(map(len, lines)) + 2 * len(lines) > LIMIT:
                self._send_by_larger(request, reply)
                continue
            exchange = self._idle.pop() if self._idle else self._new_exchange()
            now = time.monotonic()
            exchange.begin(request, lines, reply, now + self._timeouts.write)
            self._under_way.add(exchange)
            self._send(exchange, now)

    def _send_by_larger(self, request: Request, reply: Reply) -> None:
        self._larger.submit(lambda: request, reply)

    def _new_exchange(self) -> Exchange:
        curl = new_handle(self._settings, self._setup, self._timeouts)
        return Exchange(curl, min(self._timeouts.read, self._timeouts.write))

    def _send(self, exchange: Exchange, now: float) -> None:
        exchange.start(now)
        self._begun.append(exchange)
        self._multi.add_handle(exchange.curl)

    def _note_connections(self, begun: Sequence[Exchange]) -> None:
        """After those that ended: what one of them gave back another may have taken at once."""
        for exchange in begun:
            if exchange in self._under_way:
                self._sockets.take(exchange.connection)

    def _take_ended(self) -> None:
        left = 1
        while left:
            left, answered, failed = self._multi.info_read()
            for curl in answered:
                exchange: Exchange = curl.exchange
                self._sockets.give_back(exchange.connection, exchange.descriptor)
                self._multi.remove_handle(curl)
                self._conclude(exchange, exchange.answer())
            for curl, code, message in failed:
                self._multi.remove_handle(curl)
                self._take_failed(curl.exchange, code, message)

    def _take_failed(self, exchange: Exchange, code: int, message: str) -> None:
        self._sockets.give_back(exchange.connection, _NOT_KEPT)
        now = time.monotonic()
        if exchange.was_stale(code) and now < exchange.deadline:
            # Each round takes a connection out of the pool, so at last there is a fresh one.
            self._send(exchange, now)
        else:
            self._conclude(exchange, exchange.failure(code, message))

    def _end_silent(self, now: float) -> None:
        if self._timeouts.read >= self._timeouts.write or now < self._next_look:
            return
        self._next_look = now + self._timeouts.read / _LOOKS
        for exchange in [each for each in self._under_way if each.is_silent(now)]:
            cause = exchange.silence()
            self._sockets.give_back(exchange.connection, _NOT_KEPT)
            self._multi.remove_handle(exchange.curl)  # which closes its connection
            self._conclude(exchange, cause)

    def _conclude(self, exchange: Exchange, answer: Response | Cause) -> None:
        self._under_way.remove(exchange)
        self._idle.append(exchange)
        self._ended.append((exchange.reply, answer))

    def _tell(self) -> None:
        """All at once, and before it waits: who is told wakes up, and two that are awake hinder each other."""
        for reply, answer in self._ended:
            reply(answer)
        self._ended.clear()

    def _wait(self) -> None:
        """Until something can be done: a connection is ready, time is over, or there is work."""
        readable, writable, faulty = self._multi.fdset()
        due = self._multi.timeout()
        pause = _IDLE if due < 0 else min(due / MILLISECONDS, _IDLE)
        if self._under_way and self._next_look:
            pause = min(pause, max(0.0, self._next_look - time.monotonic()))
        self._asleep = True
        if self._has_work():  # whoever comes after this look rings
            pause = 0.0
        ready, _, _ = select.select([self._pipe, *readable], writable, faulty, pause)
        self._asleep = False
        if self._pipe in ready:
            self._pipe.drain()

    def _has_work(self) -> bool:
        """Whether there is something to do at once: a request may begin, or all is over."""
        return len(self._under_way) < self._most if self._jobs else self._closed and not self._under_way

    def _give_up(self, cause: Cause) -> None:
        self._ended += [(exchange.reply, cause) for exchange in self._under_way]
        self._ended += [(reply, cause) for _, reply in self._jobs]
        self._under_way.clear()
        self._jobs.clear()
        self._tell()

    def _release(self) -> None:
        self._multi.close()
        for exchange in self._idle:
            exchange.curl.close()
        with self._lifecycle:
            self._asleep = False  # nobody is woken any more
            self._pipe.close()


def _connect(curl: pycurl.Curl) -> Cause | None:
    """Connect once by a handle of its own, which is closed; returns what stands against it."""
    curl.setopt(pycurl.CONNECT_ONLY, 1)
    try:
        curl.perform()
        if not names_hosts(curl):
            return cause_of(Failure(pycurl.E_ABORTED_BY_CALLBACK, "", 0, sent=False))
    except pycurl.error as error:
        code, message = error.args
        return cause_of(Failure(code, message, curl.getinfo(pycurl.OS_ERRNO), sent=False))
    finally:
        curl.close()
    return None


def _new_multi() -> pycurl.CurlMulti:
    try:
        return pycurl.CurlMulti()
    except pycurl.error as error:  # it tells no reason; there are two that it can have
        raise ShortageError("no file descriptor, or no memory, is left for libcurl") from error
