"""Proxies on loopback between a client and a real server: one that cuts connections, one that keeps answers back."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from random import Random

_RESET = struct.pack("ii", 1, 0)  # linger for no time: closing sends a reset


class Proxy:
    """Forwards to `host` and `port`. `chunks` and `open` may be read at any time.

    `chunks` counts pieces forwarded to the server, `open` the connections that are there now.
    """

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._lock = threading.Lock()  # guards the next three
        self.chunks = 0
        self.open = 0
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name="proxy")
        self._acceptor.start()

    def close(self) -> None:
        """Cut all and end."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join()
        with self._lock:
            left = list(self._sockets)
        for each in left:
            _cut(each)

    def pass_requests(self, client: socket.socket, server: socket.socket) -> None:
        """Forward what a client sends until it or this proxy has enough."""
        while data := client.recv(65536):
            self.count()
            server.sendall(data)

    def pass_answers(self, server: socket.socket, client: socket.socket) -> None:
        """The same the other way."""
        while data := server.recv(65536):
            client.sendall(data)

    def count(self) -> None:
        """A piece goes to the server."""
        with self._lock:
            self.chunks += 1

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._to, timeout=10)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        with self._lock:
            self.open += 1
            self._sockets |= {client, server}
        done = threading.Barrier(2, action=lambda: self._forget(client, server))
        for passing, source, sink in ((self.pass_requests, client, server), (self.pass_answers, server, client)):
            threading.Thread(target=_pass_on, args=(passing, source, sink, done), name="proxy", daemon=True).start()

    def _forget(self, *pair: socket.socket) -> None:
        with self._lock:
            self.open -= 1
            self._sockets -= set(pair)
        for each in pair:
            each.close()


class LossyProxy(Proxy):
    """Cuts each connection, both ways, after a random number of bytes to the server: about `bytes_each`.

    That is somewhere in a request, with answers to others on their way. `cuts` counts them.
    """

    def __init__(self, host: str, port: int, chance: Random, bytes_each: int) -> None:
        self._chance = chance
        self._bytes_each = bytes_each
        self.cuts = 0
        super().__init__(host, port)

    def pass_requests(self, client: socket.socket, server: socket.socket) -> None:
        left = self._chance.randrange(2 * self._bytes_each)
        while left >= 0 and (data := client.recv(65536)):
            self.count()
            server.sendall(data[:left])
            left -= len(data)
        self.cuts += left < 0


class HoldingProxy(Proxy):
    """Keeps answers back while `hold` is in force; what came meanwhile is forwarded after `release`."""

    def __init__(self, host: str, port: int) -> None:
        self._flows = threading.Event()
        self._flows.set()
        super().__init__(host, port)

    def hold(self) -> None:
        self._flows.clear()

    def release(self) -> None:
        self._flows.set()

    def close(self) -> None:
        self.release()
        super().close()

    def pass_answers(self, server: socket.socket, client: socket.socket) -> None:
        while data := server.recv(65536):
            self._flows.wait()
            client.sendall(data)


def _pass_on(passing, source: socket.socket, sink: socket.socket, done: threading.Barrier) -> None:
    with suppress(OSError):
        passing(source, sink)
    for each in (source, sink):
        _cut(each)
    done.wait()


def _cut(connection: socket.socket) -> None:
    """Reset a connection, and wake whoever waits for it."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        connection.shutdown(socket.SHUT_RDWR)
