"""Server of the sink: a thread that accepts, and a thread for each connection."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import BinaryIO, Self, cast

from loader.clock import Clock, SystemClock
from loader.config.sections import Auth
from loader.sink.fault_settings import FaultSettings
from loader.sink.http1 import BadRequest, ReceivedRequest, Reply, encode, read_request, refusal
from loader.sink.listener import Listener
from loader.sink.request_log import RequestLog
from loader.sink.request_service import Reaction, Service
from loader.sink.store import Store

# SO_LINGER on, with no time: closing throws away what is unsent and resets the connection.
_RESET = struct.pack("ii", 1, 0)
_READ_AHEAD = 64 * 2**10


@dataclass(frozen=True, slots=True)
class SinkSettings:
    """Where a sink listens, whom it lets in, and how it misbehaves.

    `port` 0 takes any free one. `cert` and `key` are PEM files and turn TLS on; with `client_ca` (PEM) clients must
    show a certificate of that authority.
    """

    host: str = "127.0.0.1"
    port: int = 0
    cert: str = ""
    key: str = ""
    client_ca: str = ""
    auth: Auth = field(default_factory=Auth)
    faults: FaultSettings = field(default_factory=FaultSettings)


class SinkServer:
    """Serves `store` over HTTP/1.1 until stopped. A context manager: started on entry, stopped on exit.

    `log` is called once for every recorded request, from many threads, before its answer goes out. The store is the
    caller's: it is not closed here, and can be asked at any time. A server runs once.
    """

    def __init__(
        self,
        settings: SinkSettings,
        store: Store,
        log: RequestLog | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._service = Service(settings.auth, settings.faults, store, self._clock, log)
        self._tls: ssl.SSLContext | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()  # guards the connections, and that none is shut down once it is closed
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._listener: Listener | None = None
        self._acceptor: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The base of all its URLs, without a slash at the end. Raises `RuntimeError` before the start."""
        if self._listener is None:
            raise RuntimeError("the sink has not been started")
        host, port = self._listener.address
        return f"{'https' if self._settings.cert else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"

    @property
    def connections(self) -> int:
        """How many connections are open. A request belongs to one until it is stored, recorded and answered."""
        with self._lock:
            return len(self._connections)

    def start(self) -> None:
        """Listen; connections are taken when this returns. Raises `OSError` for a port or file that cannot be used."""
        if self._settings.cert:
            self._tls = _tls_context(self._settings)
        self._listener = Listener(self._settings.host, self._settings.port, self._clock)
        self._acceptor = threading.Thread(target=self._accept, args=(self._listener,), name="sink-accept", daemon=True)
        self._acceptor.start()

    def stop(self) -> None:
        """End all connections and threads, also those in the middle of a slow answer. Idempotent."""
        self._stopping.set()
        if self._listener is None or self._acceptor is None:
            return
        self._listener.close()
        self._acceptor.join()
        with self._lock:
            threads = list(self._connections.values())
            for connection in self._connections:
                with suppress(OSError):  # the peer may have ended it first
                    # Not the method of a TLS socket, which takes its state from the thread that reads.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in threads:
            thread.join()

    def _accept(self, listener: Listener) -> None:
        while (connection := listener.accept()) is not None:
            if self._tls is not None:
                try:
                    # The handshake is left to the connection's own thread: a slow peer must not hold up the others.
                    connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                except OSError:
                    continue  # the peer is gone; the socket has been closed
            thread = threading.Thread(target=self._serve, args=(connection,), name="sink-connection", daemon=True)
            with self._lock:
                self._connections[connection] = thread
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        """The life of one connection. Whatever the peer does to it ends this connection alone."""
        stream: BinaryIO = cast(BinaryIO, connection.makefile("rb", _READ_AHEAD))
        try:
            if _shake_hands(connection):
                while self._exchange(connection, stream):
                    pass
        finally:
            with self._lock, suppress(OSError):
                del self._connections[connection]
                stream.close()
                connection.close()

    def _exchange(self, connection: socket.socket, stream: BinaryIO) -> bool:
        """One request and its answer; whether another may follow."""
        request = self._read(connection, stream)
        if request is None:
            return False
        reaction = self._service.handle(request)
        if reaction.refuse_for and self._listener is not None:
            self._listener.refuse(reaction.refuse_for)
        if reaction.delay:
            self._stopping.wait(reaction.delay)
        if reaction.reply is None:
            if reaction.reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            return False
        return self._answer(connection, request, reaction, reaction.reply)

    def _read(self, connection: socket.socket, stream: BinaryIO) -> ReceivedRequest | None:
        """The next request; None where there is none to answer any more."""
        try:
            return read_request(stream, lambda: connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n"))
        except BadRequest as error:
            reply = refusal(error.status, str(error))
            with suppress(OSError):
                connection.sendall(encode(reply, self._clock.wall(), keep_alive=False, head_only=False))
        except OSError:
            pass  # the peer went away, or the sink stops
        return None

    def _answer(self, connection: socket.socket, request: ReceivedRequest, reaction: Reaction, reply: Reply) -> bool:
        keep_alive = request.keep_alive and not self._stopping.is_set()
        head_only = request.method == "HEAD"
        try:
            connection.sendall(encode(reply, self._clock.wall(), keep_alive=keep_alive, head_only=head_only))
        except OSError:
            self._service.answer_cut_off(reaction)
            return False
        return keep_alive


def _shake_hands(connection: socket.socket) -> bool:
    """Whether the peer may be listened to; without TLS always."""
    if not isinstance(connection, ssl.SSLSocket):
        return True
    try:
        connection.do_handshake()
    except OSError:
        return False  # no TLS, no trust in our certificate, or none of its own that we trust
    return True


def _tls_context(settings: SinkSettings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(settings.cert, settings.key or None)
    if settings.client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(settings.client_ca)
    return context
