"""Connections that tell how far an attempt came, and the watchdog that ends one at its deadline.

urllib3 bounds connecting and each read; nothing there bounds a whole attempt, and nothing says whether the first byte
went out, which is all the difference between a request that was surely not sent and one that may have arrived.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection

_LOOK = 0.05  # seconds between two looks of the watchdog
_INTERIM_LIMIT = 20  # interim answers that one request may get


class Attempt:
    """One request on its way. Set up by its thread; the watchdog may end it at `deadline` (monotonic)."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.sent = False  # whether the first byte went out
        self.reused = False  # whether the connection had carried a request before
        self.expired = False
        self._connection: HTTPConnection | None = None

    def use(self, connection: HTTPConnection) -> None:
        """The attempt sends on `connection` now."""
        self._connection = connection
        if self.expired:
            raise TimeoutError("the attempt ran out of time before it was sent")

    def expire(self) -> None:
        """Break off whatever it waits for."""
        self.expired = True
        sock = getattr(self._connection, "sock", None)
        if isinstance(sock, socket.socket):
            # The method of the plain socket: that of a TLS socket would drop the encryption first.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


_local = threading.local()


def _current() -> Attempt:
    attempt: Attempt = _local.attempt
    return attempt


class Watchdog:
    """Ends attempts that are past their deadline. Thread-safe; its thread starts with the first attempt."""

    def __init__(self) -> None:
        self._active: set[Attempt] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def watch(self, attempt: Attempt) -> Any:
        """Bound what happens within, in this thread."""
        _local.attempt = attempt
        with self._lock:
            self._active.add(attempt)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="http-watchdog", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._active.discard(attempt)

    def close(self) -> None:
        """Stop looking; attempts under way go on unbounded but by their sockets."""
        self._closed = True
        self._wake.set()

    def _run(self) -> None:
        while not self._wake.wait(_LOOK):
            now = time.monotonic()
            with self._lock:
                late = [attempt for attempt in self._active if attempt.deadline <= now and not attempt.expired]
            for attempt in late:
                attempt.expire()


class _FinalResponse(http.client.HTTPResponse):
    """Passes over interim answers (RFC 9110, 15.2); http.client itself knows only 100 and takes 103 for the answer."""

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_INTERIM_LIMIT):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status < 200 or status == http.HTTPStatus.SWITCHING_PROTOCOLS:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException("interim answers without end")


class _Tracked:
    """What both kinds of connection add: they report to the attempt of their thread."""

    response_class = _FinalResponse
    sock: socket.socket | None
    _used = False

    def send(self, data: Any) -> None:
        attempt = _current()
        attempt.use(self)  # type: ignore[arg-type]
        if attempt.sent:
            super().send(data)  # type: ignore[misc]
            return
        attempt.reused = self._used
        # The first piece is the head, far smaller than a socket's buffer: it goes out whole or not at all.
        super().send(data)  # type: ignore[misc]
        attempt.sent = True
        self._used = True


class TrackedHTTPConnection(_Tracked, HTTPConnection):  # type: ignore[misc]
    """A plain connection that reports how far it came."""


class TrackedHTTPSConnection(_Tracked, HTTPSConnection):  # type: ignore[misc]
    """A TLS connection that reports how far it came."""
