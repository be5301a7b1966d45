"""Attempt at one request: its host, its time limit, its one answer.

The driver keeps the connections, and mends them; what it adds to each request (query plans, retries, a future with its
own timer) is not needed here, and costs more than the request itself. So requests go over its connections directly, as
its own `ResponseFuture` does it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from cassandra.connection import ConnectionBusy
from cassandra.pool import NoConnectionsAvailable
from cassandra.protocol import PreparedQueryNotFound, PrepareMessage, ResultMessage

from loader.targets.cassandra.protocol.connection import decode
from loader.targets.cassandra.protocol.frames import Frame, encode

_TICK = 0.1  # seconds between two looks for attempts out of time
_BUSY_TICK = 0.005  # the same where requests wait for a socket that takes no more


class Answered(NamedTuple):
    """The server answered: with nothing to tell (None), with rows, or with an error."""

    message: Any


class Lost(NamedTuple):
    """The request went out, and no answer came over its connection."""

    error: Exception


class TimedOut(NamedTuple):
    """No answer came in time; `sent` is false if it still waited for a connection to take it."""

    sent: bool


class Unsent(NamedTuple):
    """No host takes requests now; `errors` says why, by host."""

    errors: dict[str, str]


class Unprepared(NamedTuple):
    """The server had lost the statement, and does not take it again: `message` is its error."""

    message: Any


Reply = Answered | Lost | TimedOut | Unsent | Unprepared


class _Attempt:
    """One request on its way. `connection`, `stream` and `pool` carry it, and answer to `callback`."""

    __slots__ = ("callback", "connection", "deadline", "done", "frame", "is_prepared_again", "pool", "stream")

    def __init__(self, frame: Frame, deadline: float, done: Callable[[Reply], None]) -> None:
        self.frame = frame
        self.deadline = deadline
        self.done = done
        self.connection: Any = None
        self.pool: Any = None
        self.callback: Callable[[Any], None] | None = None
        self.stream = -1  # while nothing carries it
        self.is_prepared_again = False


class Wire:
    """Sends requests over the connections of a session. `send` is for one thread; replies come from others."""

    def __init__(self, session: Any, query: str, timeout: float) -> None:
        """`query` is the text of the prepared statement in all requests, `timeout` seconds for a whole attempt."""
        self._session = session
        self._query = query
        self._timeout = timeout
        self._lock = threading.Lock()  # guards the next two
        self._open: dict[_Attempt, None] = {}  # oldest first, and so by deadline
        self._waiting: deque[tuple[_Attempt, list[Any]]] = deque()  # for a socket or a stream that is free
        self._dead: deque[tuple[_Attempt, Reply]] = deque()  # replies that the watch thread gives
        self._wake = threading.Event()
        self._closed = False
        threading.Thread(target=self._watch, name="cassandra-watch", daemon=True).start()

    def send(self, frame: Frame, hosts: Iterator[Any], done: Callable[[Reply], None]) -> None:
        """Send `frame` to the first of `hosts` that takes it; `done` is called once, from another thread."""
        attempt = _Attempt(frame, time.monotonic() + self._timeout, done)
        with self._lock:
            self._open[attempt] = None
        self._start(attempt, hosts)

    def close(self) -> None:
        """Attempts under way are not waited for. Idempotent."""
        self._closed = True
        self._wake.set()

    # -- out

    def _start(self, attempt: _Attempt, hosts: Iterator[Any]) -> None:
        busy: list[Any] = []
        errors: dict[str, str] = {}
        for host in hosts:
            pool = self._session._pools.get(host)
            if pool is None or pool.is_shutdown:
                errors[str(host.endpoint)] = "not connected"
                continue
            try:
                self._send_over(attempt, pool)
            except (ConnectionBusy, NoConnectionsAvailable) as error:
                errors[str(host.endpoint)] = str(error)
                if pool.open_count:
                    busy.append(host)
            except Exception as error:  # whatever a closed connection raises: nothing was sent
                errors[str(host.endpoint)] = str(error) or type(error).__name__
            else:
                return
        if busy:
            with self._lock:
                self._waiting.append((attempt, busy))
        else:
            self._dead.append((attempt, Unsent(errors)))
        self._wake.set()

    def _send_over(self, attempt: _Attempt, pool: Any) -> None:
        connection, stream = pool.borrow_connection(0.0)
        attempt.callback = partial(self._on_reply, attempt, connection)
        attempt.connection, attempt.pool, attempt.stream = connection, pool, stream
        try:
            connection.send_msg(attempt.frame, stream, cb=attempt.callback, encoder=encode, decoder=decode)
        except Exception:
            attempt.stream = -1
            _give_back(pool, connection, stream)
            raise

    # -- back

    def _on_reply(self, attempt: _Attempt, connection: Any, reply: Any) -> None:
        """Called by the driver's event loop, or by a thread of its own where a connection broke."""
        attempt.stream, attempt.callback = -1, None  # the callback holds the attempt: no cycle is left behind
        if reply is None:
            with connection.lock:
                connection.in_flight -= 1
            self._finish(attempt, Answered(None))
            return
        attempt.pool.return_connection(connection)
        if isinstance(reply, PreparedQueryNotFound) and not attempt.is_prepared_again:
            self._prepare_again(attempt)
        elif hasattr(reply, "opcode"):
            self._finish(attempt, Answered(reply))
        else:
            self._finish(attempt, Lost(reply))

    def _prepare_again(self, attempt: _Attempt) -> None:
        """The server forgot the statement (it was restarted, or the table changed): nothing was written yet."""
        attempt.is_prepared_again = True
        try:
            self._ask_to_prepare(attempt, attempt.pool)
        except Exception as error:
            self._finish(attempt, Unsent({str(attempt.pool.host.endpoint): str(error)}))

    def _ask_to_prepare(self, attempt: _Attempt, pool: Any) -> None:
        connection, stream = pool.borrow_connection(0.0)
        try:
            connection.send_msg(PrepareMessage(self._query), stream, cb=partial(self._on_prepared, attempt, connection))
        except Exception:
            _give_back(pool, connection, stream)
            raise

    def _on_prepared(self, attempt: _Attempt, connection: Any, reply: Any) -> None:
        attempt.pool.return_connection(connection)
        if not isinstance(reply, ResultMessage):
            self._finish(attempt, Unprepared(reply) if hasattr(reply, "opcode") else Unsent({"": str(reply)}))
            return
        self._start(attempt, iter((attempt.pool.host,)))

    def _finish(self, attempt: _Attempt, reply: Reply) -> None:
        """Give the reply, if none was given yet."""
        with self._lock:
            if attempt not in self._open:
                return
            del self._open[attempt]
        attempt.done(reply)

    # -- time

    def _watch(self) -> None:
        while not self._closed:
            self._wake.wait(_BUSY_TICK if self._waiting else _TICK)
            self._wake.clear()
            while self._dead:
                self._finish(*self._dead.popleft())
            self._expire(time.monotonic())
            self._send_waiting()

    def _expire(self, now: float) -> None:
        with self._lock:
            late = []
            for attempt in self._open:
                if attempt.deadline > now:
                    break
                late.append(attempt)
            waiting = {attempt for attempt, _ in self._waiting}
        for attempt in late:
            self._finish(attempt, TimedOut(sent=attempt not in waiting))
            _orphan(attempt)

    def _send_waiting(self) -> None:
        for _ in range(len(self._waiting)):
            with self._lock:
                attempt, hosts = self._waiting.popleft()
                is_open = attempt in self._open
            if is_open:
                self._start(attempt, iter(hosts))


def _give_back(pool: Any, connection: Any, stream: int) -> None:
    """Nothing was sent over a stream that was borrowed, so no answer will free it."""
    connection._requests.pop(stream, None)
    with connection.lock:
        connection.request_ids.append(stream)
    pool.return_connection(connection)


def _orphan(attempt: _Attempt) -> None:
    """Leave the stream to the answer that may still come; it must not be used again before (as the driver has it)."""
    connection, stream = attempt.connection, attempt.stream
    if stream < 0:
        return
    request = connection._requests.get(stream)
    if request is None or request[0] is not attempt.callback:
        return  # the answer came just now
    del connection._requests[stream]
    with connection.lock:
        connection.orphaned_request_ids.add(stream)
        if len(connection.orphaned_request_ids) >= connection.orphaned_threshold:
            connection.orphaned_threshold_reached = True
    attempt.pool.return_connection(connection, stream_was_orphaned=True)
