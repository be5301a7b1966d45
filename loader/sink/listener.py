"""A listening socket that can refuse connections for a while without losing its port."""

from __future__ import annotations

import selectors
import socket
import threading

from loader.clock import Clock

_BACKLOG = 1024


class Listener:
    """Accepts connections on `host` and `port` (0: any free one). Raises `OSError` where it cannot listen.

    One thread calls `accept`; `refuse` and `close` may be called from any. `accept` owns the sockets: the others leave
    a word and wake it.
    """

    def __init__(self, host: str, port: int, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()  # guards the two words left for `accept`
        self._refuse_until = 0.0
        self._closed = False
        self._socket = _bound(host, port)
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        self._selector = selectors.DefaultSelector()
        self._alarm, self._wake = socket.socketpair()
        self._selector.register(self._alarm, selectors.EVENT_READ)
        self._listening = False
        self._listen()

    def accept(self) -> socket.socket | None:
        """The next connection; None once the listener is closed, and its sockets with it."""
        while True:
            with self._lock:
                closed, left = self._closed, self._refuse_until - self._clock.now()
            if closed:
                self._release()
                return None
            self._follow(refusing=left > 0)
            ready = {key.fileobj for key, _ in self._selector.select(left if left > 0 else None)}
            if self._alarm in ready:
                self._alarm.recv(4096)
            if self._socket in ready and (connection := self._take()):
                return connection

    def refuse(self, seconds: float) -> None:
        """Refuse new connections from now on for `seconds`; those that wait to be accepted are reset."""
        with self._lock:
            self._refuse_until = self._clock.now() + seconds
            self._rouse()

    def close(self) -> None:
        """Make `accept` end. Idempotent."""
        with self._lock:
            self._closed = True
            self._rouse()

    def _rouse(self) -> None:
        if self._wake.fileno() >= 0:
            self._wake.send(b"!")

    def _take(self) -> socket.socket | None:
        try:
            connection, _ = self._socket.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return None  # the client went away while it waited
        connection.setblocking(True)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _follow(self, *, refusing: bool) -> None:
        """Make the socket listen, or refuse, if it does not already."""
        if refusing and self._listening:
            self._selector.unregister(self._socket)
            self._socket.close()
            # Bound but not listening: the system refuses connections and gives the port to nobody else.
            self._socket = _bound(*self.address)
            self._listening = False
        elif not refusing and not self._listening:
            self._listen()

    def _listen(self) -> None:
        self._socket.listen(_BACKLOG)
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._listening = True

    def _release(self) -> None:
        with self._lock:
            self._selector.close()
            self._socket.close()
            self._alarm.close()
            self._wake.close()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Without it the port of a sink that just stopped would be taken for minutes.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setblocking(False)
        listener.bind((host, port))
    except BaseException:
        listener.close()
        raise
    return listener
