"""Attempt state, shared by sender, connection and watchdog.

urllib3 bounds connecting and each read; nothing there bounds a whole attempt, and nothing says whether the first byte
went out: all the difference between a request that was surely not sent and one that may have arrived.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator


class Attempt:
    """One request on its way. Touched by the thread that sends it; the watchdog alone calls `expire`."""

    def __init__(self, deadline: float, *, read_timeout: float, probe: bool = False) -> None:
        """`deadline` is monotonic. A `probe` ends as soon as it is connected."""
        self.deadline = deadline
        self.read_timeout = read_timeout
        self.probe = probe
        self.fresh = False  # whether its connection was opened for it
        self.sent = False  # whether the first byte went out
        self.expired = False
        self._socket: socket.socket | None = None

    def hold(self, sock: socket.socket) -> None:
        """From now on it waits for `sock`. Raises TimeoutError if its time is over."""
        # First stored, then looked: whichever way the watchdog comes between, one of the two ends the wait.
        self._socket = sock
        if self.expired:
            raise TimeoutError

    def expire(self) -> None:
        """Break off whatever it waits for."""
        self.expired = True
        if self._socket is not None:
            # The method of plain sockets: that of TLS sockets would go on in plain text. Closed ones need no end.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _Local(threading.local):
    attempt: Attempt | None = None


_local = _Local()


def current_attempt() -> Attempt:
    """The attempt that this thread is making: connections are told of it in no other way."""
    assert _local.attempt is not None, "a tracked connection is used outside of an attempt"  # noqa: S101
    return _local.attempt


class Watchdog:
    """Ends attempts at their deadlines. Thread-safe; its thread starts with the first attempt."""

    def __init__(self, limit: float) -> None:
        """`limit`: seconds between the start of any attempt and its deadline."""
        self._limit = limit
        self._lock = threading.Lock()  # guards the next two
        self._under_way: dict[Attempt, None] = {}  # in the order of their deadlines
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    def start(self) -> None:
        """Watch from now on; RuntimeError where no thread can be started. Idempotent."""
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="http-watchdog", daemon=True)
                thread.start()
                self._thread = thread

    @contextlib.contextmanager
    def watch(self, attempt: Attempt) -> Iterator[None]:
        """Bounds what this thread does within."""
        self.start()
        with self._lock:
            self._under_way[attempt] = None
        _local.attempt = attempt
        try:
            yield
        finally:
            _local.attempt = None
            with self._lock:
                self._under_way.pop(attempt, None)

    def close(self) -> None:
        """No more attempts will start; those under way are still bounded. Idempotent."""
        self._closed.set()

    def _run(self) -> None:
        while (pause := self._expire_late(time.monotonic())) is not None:
            if self._closed.is_set():
                # What is under way is few and short; asking now and then is simpler than being told of each end.
                time.sleep(min(pause, 0.1))
            else:
                self._closed.wait(pause)

    def _expire_late(self, now: float) -> float | None:
        """Seconds to the next deadline at the earliest; None when nothing is left to watch."""
        with self._lock:
            while self._under_way:
                first = next(iter(self._under_way))
                if first.deadline > now:
                    return first.deadline - now
                del self._under_way[first]
                # Under the lock: once it is out of the list its connection may serve another attempt.
                first.expire()
        # An attempt that starts after this look has its deadline no sooner than `limit` from here.
        return None if self._closed.is_set() else self._limit
