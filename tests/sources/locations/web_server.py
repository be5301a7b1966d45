"""A web server of a few contents, which fails, stalls, cuts and lies as a test tells it to."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote


@dataclass
class Asked:
    """One request: its number from 1, its path, and the range it asks for; `stop` is None where it goes to the end."""

    number: int
    path: str
    headers: dict[str, str]
    start: int | None = None
    stop: int | None = None

    @property
    def is_probe(self) -> bool:
        return (self.start, self.stop) == (0, 1)


@dataclass
class Reply:
    """What is sent: `cut` closes the connection after so many bytes of the body, `stall` waits there for the end.

    `chunked` sends it so, without a length.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    cut: int | None = None
    stall: int | None = None
    chunked: bool = False


Twist = Callable[[Asked, Reply], "Reply | None"]


@dataclass
class WebServer:
    """Contents by path. `twist` may change a reply, or give none: then the connection is closed at once."""

    contents: dict[str, bytes]
    ranges: bool = True
    tags: bool = True
    twist: Twist = lambda _asked, reply: reply
    asked: list[Asked] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def reply(self, asked: Asked) -> Reply:
        """What an honest server says."""
        data = self.contents.get(unquote(asked.path.partition("?")[0]))
        if data is None:
            return Reply(404, {}, b"not here")
        tag = f'"{hash(data)}"'
        headers = {"ETag": tag} if self.tags else {}
        if self.tags and asked.headers.get("If-Match", tag) != tag:
            return Reply(412, headers, b"")
        if asked.start is None or not self.ranges:
            return Reply(200, headers, data)
        if asked.start >= len(data):
            return Reply(416, {**headers, "Content-Range": f"bytes */{len(data)}"}, b"")
        stop = len(data) if asked.stop is None else min(asked.stop, len(data))
        headers["Content-Range"] = f"bytes {asked.start}-{stop - 1}/{len(data)}"
        return Reply(206, headers, data[asked.start : stop])

    def of_rows(self) -> list[Asked]:
        """The requests that did not ask for facts alone."""
        return [asked for asked in self.asked if not asked.is_probe]


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""

    def do_GET(self) -> None:
        web = self.server.web
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        with web.lock:
            asked = Asked(len(web.asked) + 1, self.path, dict(self.headers))
            if found:
                asked.start, asked.stop = int(found[1]), int(found[2]) + 1 if found[2] else None
            web.asked.append(asked)
        reply = web.twist(asked, web.reply(asked))
        if reply is None:
            self.close_connection = True
            return
        try:
            self._send(reply)
        except OSError:
            self.close_connection = True

    do_HEAD = do_GET  # noqa: N815 - by its base

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        length = {"Transfer-Encoding": "chunked"} if reply.chunked else {"Content-Length": str(len(reply.body))}
        for name, value in {**length, **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        end = reply.cut if reply.cut is not None else reply.stall
        body = reply.body
        if reply.chunked:
            parts = [body[start : start + 100_000] for start in range(0, len(body), 100_000)]
            body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (*parts, b""))
        if self.command == "GET":
            self.wfile.write(body if end is None else body[:end])
        self.wfile.flush()
        if reply.stall is not None:
            self.server.web.closing.wait(60)
        # What is told to be longer than it is ends with the connection.
        self.close_connection = end is not None or "Content-Length" in reply.headers


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    web: WebServer

    def handle_error(self, *_: object) -> None:
        """Clients that go away are no errors."""


@contextmanager
def serving(contents: dict[str, bytes], *, tls: ssl.SSLContext | None = None, **options: Any) -> Iterator[WebServer]:
    """A server on a free port of loopback."""
    server = _Server(("127.0.0.1", 0), _Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.web = web = WebServer(contents, port=server.server_port, **options)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        web.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
