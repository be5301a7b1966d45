"""Servers on loopback: one that answers as told, raw ones that misbehave, and proxies."""

from __future__ import annotations

import contextlib
import gzip
import os
import socket
import ssl
import stat
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> bytes:
        """The body without compression."""
        return gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body


def read_head(stream) -> tuple[str, str, dict[str, str]] | None:
    line = stream.readline()
    if not line.strip():
        return None
    method, target, _ = line.decode("latin-1").split(" ", 2)
    headers = {}
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return method, target, headers


def read_request(stream) -> Seen | None:
    """The next request of a connection, None at its end."""
    head = read_head(stream)
    if head is None:
        return None
    return Seen(*head, stream.read(int(head[2].get("content-length", 0))))


def answer(status: int = 200, body: bytes = b"", *headers: str, reason: str = "Reason") -> bytes:
    head = [f"HTTP/1.1 {status} {reason}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def reset(connection: socket.socket) -> None:
    """Close with RST: what arrives on a connection that its owner gave up."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.socket.shutdown(connection, socket.SHUT_RD)
    connection.close()


@dataclass
class Server:
    """Calls `handle(server, connection)` for each connection, each in a thread."""

    handle: Callable[[Server, socket.socket], None]
    tls: ssl.SSLContext | None = None
    requests: list[Seen] = field(default_factory=list)
    connections: int = 0
    closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://localhost:{self.port}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            # Else an answer may still wait in the kernel when a reset throws it away.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.append(connection)
            self._threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, ValueError):
            if self.tls is None:
                self.handle(self, connection)
                return
            with self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as secure:
                self._open.append(secure)
                _handshake(secure)
                self.handle(self, secure)

    def close(self) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join(10)
        for connection in self._open:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join(10)
        for connection in self._open:
            connection.close()


def _handshake(secure: ssl.SSLSocket) -> None:
    try:
        secure.do_handshake()
    except ssl.SSLError:
        # Closing with something unread would send a reset, which may overtake the alert.
        socket.socket.shutdown(secure, socket.SHUT_WR)
        while socket.socket.recv(secure, 65536):
            pass
        raise


def keep_alive(respond: Callable[[Seen], bytes]) -> Callable[[Server, socket.socket], None]:
    """A well-behaved server: reads each request and sends what `respond` makes of it."""

    def handle(server: Server, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            while (seen := read_request(stream)) is not None:
                server.requests.append(seen)
                connection.sendall(respond(seen))

    return handle


def after_request(act: Callable[[Server, socket.socket], None]) -> Callable[[Server, socket.socket], None]:
    """Reads one request of each connection, then acts."""

    def handle(server: Server, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            seen = read_request(stream)
        if seen is not None:
            server.requests.append(seen)
            act(server, connection)

    return handle


def sockets_to(port: int) -> list[socket.socket]:
    """This process's own connections to `port`, as further descriptors of them."""
    found = []
    for descriptor in map(int, os.listdir("/dev/fd")):
        with contextlib.suppress(OSError):  # the folder itself was listed, too, and some sockets have no peer
            if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                continue
            with socket.socket(fileno=os.dup(descriptor)) as twin:
                if twin.family == socket.AF_INET and twin.getpeername()[1] == port:
                    found.append(twin.dup())
    return found


@contextlib.contextmanager
def serving(handle: Callable[[Server, socket.socket], None], tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(handle, tls)
    try:
        yield server
    finally:
        server.close()


def proxy(password: str = "", deny: int = 0) -> Callable[[Server, socket.socket], None]:
    """A proxy that forwards requests and opens tunnels; it asks for `password` if that is set."""

    def handle(server: Server, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            while (seen := read_request(stream)) is not None:
                server.requests.append(seen)
                if password and seen.headers.get("proxy-authorization") != password:
                    connection.sendall(answer(407, b"", "Proxy-Authenticate: Basic"))
                elif deny:
                    connection.sendall(answer(deny))
                elif seen.method == "CONNECT":
                    _tunnel(seen.target, connection)
                    return
                else:
                    _forward(seen, connection)

    return handle


def _forward(seen: Seen, connection: socket.socket) -> None:
    authority, _, path = seen.target.removeprefix("http://").partition("/")
    host, _, port = authority.partition(":")
    with socket.create_connection((host, int(port))) as upstream:
        head = [f"{seen.method} /{path} HTTP/1.1", "Connection: close"]
        head += [f"{name}: {value}" for name, value in seen.headers.items() if not name.startswith("proxy-")]
        upstream.sendall("\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + seen.body)
        upstream.shutdown(socket.SHUT_WR)
        while data := upstream.recv(65536):
            connection.sendall(data)


def _tunnel(authority: str, connection: socket.socket) -> None:
    host, _, port = authority.partition(":")
    with socket.create_connection((host, int(port))) as upstream:
        connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        back = threading.Thread(target=_pump, args=(upstream, connection), daemon=True)
        back.start()
        _pump(connection, upstream)
        back.join(10)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
