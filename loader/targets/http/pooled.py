"""Transport over urllib3's pool: one thread for each request under way."""

from __future__ import annotations

import time

import urllib3
from urllib3.util import Timeout

from loader.config.sections import Timeouts
from loader.outcomes import Cause, defect
from loader.targets.http.attempt import Attempt, Watchdog
from loader.targets.http.connection_setup import ConnectionSetup
from loader.targets.http.connections import ConnectedError, NothingSentError
from loader.targets.http.failed_exchanges import AnswerTooLargeError, cause_of
from loader.targets.http.request import Request, Response
from loader.targets.http.threads import SenderThreads
from loader.targets.http.transport import ANSWER_LIMIT, Make, Reply

_PIECE = 2**16


class AttemptError(Exception):
    """An attempt without a complete answer."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.message)
        self.cause = cause


class PooledTransport:
    """Sends requests through one door, on up to `connections` daemon threads."""

    def __init__(
        self, setup: ConnectionSetup, method: str, timeouts: Timeouts, connections: int, note: str = ""
    ) -> None:
        """`note` stands in its description: why it is this one."""
        self.description = f"urllib3 ({note})" if note else "urllib3"
        self._setup = setup
        self._method = method
        self._limit = timeouts.write
        self._timeout = Timeout(connect=min(timeouts.connect, timeouts.write), read=min(timeouts.read, timeouts.write))
        self._watchdog = Watchdog(timeouts.write)
        self._threads = SenderThreads(connections, "http")

    def submit(self, make: Make, reply: Reply) -> None:
        self._watchdog.start()  # here, where it may fail, and not on the way
        self._threads.submit(lambda: reply(self._attempted(make)))

    def _attempted(self, make: Make) -> Response | Cause:
        try:
            return self._send(make())
        except AttemptError as error:
            return error.cause
        except Exception as error:  # rows whose thread just ended would be waited for without end
            return defect(error)

    def _send(self, request: Request) -> Response:
        """The answer to one attempt at `request`. Raises AttemptError."""
        attempt = self._attempt()
        with self._watchdog.watch(attempt):
            while True:
                try:
                    return self._exchange(request, attempt)
                except AttemptError:
                    # Each round takes a connection out of the pool, so at last there is a fresh one.
                    if attempt.sent or attempt.fresh or attempt.expired:
                        raise

    def connect(self) -> Cause | None:
        attempt = self._attempt(probe=True)
        try:
            with self._watchdog.watch(attempt):
                self._exchange(Request("/", {}, b""), attempt)
        except ConnectedError:
            return None
        except AttemptError as error:
            return error.cause
        raise AssertionError("a probe has no answer")

    def close(self) -> None:
        self._threads.close()
        self._watchdog.close()
        self._setup.close()

    def _attempt(self, *, probe: bool = False) -> Attempt:
        read_timeout: float = self._timeout.read_timeout  # type: ignore[assignment] # it was given as a number
        return Attempt(time.monotonic() + self._limit, read_timeout=read_timeout, probe=probe)

    def _exchange(self, request: Request, attempt: Attempt) -> Response:
        try:
            return self._answer(request, attempt)
        except (urllib3.exceptions.HTTPError, OSError, AnswerTooLargeError, NothingSentError) as error:
            raise AttemptError(cause_of(error, attempt)) from error

    def _answer(self, request: Request, attempt: Attempt) -> Response:
        response = self._setup.pool.urlopen(
            self._method,
            self._setup.prefix + request.path,
            body=request.body,
            headers=request.headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            timeout=self._timeout,
        )
        try:
            body = self._read(response)
        except BaseException:
            response.close()
            raise
        if attempt.expired:
            # The watchdog's cut looks like the end of a body that has no stated length.
            raise TimeoutError
        response.release_conn()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Response(response.status, headers, body)

    def _read(self, response: urllib3.BaseHTTPResponse) -> bytes:
        pieces: list[bytes] = []
        size = 0
        try:
            for piece in response.stream(_PIECE, decode_content=True):
                pieces.append(piece)
                size += len(piece)
                if size > ANSWER_LIMIT:
                    raise AnswerTooLargeError(f"the answer is longer than {ANSWER_LIMIT:,} bytes")
        except ValueError as error:  # a chunk of negative length
            raise urllib3.exceptions.ProtocolError(str(error)) from error
        return b"".join(pieces)
