"""HTTP/1.1 on the server side (RFC 9112): requests parsed from a stream, replies as bytes.

Much leaner than the standard library's server, which spends most of a small request on parsing its head as a mail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import BinaryIO

import msgspec

MAX_HEAD = 64 * 2**10
MAX_BODY = 256 * 2**20

_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~]+) HTTP/1\.([01])\r?\n")
_LENGTH = re.compile(r"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?\r?\n")


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One whole request. Names of headers are lower case; of repeated headers the last counts.

    `body` is without transfer coding; its content coding (gzip) is still on.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    keep_alive: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; Date, Content-Length, Content-Type (JSON) and Connection are added on the way out."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def refusal(status: int, message: str, *headers: tuple[str, str]) -> Reply:
    """The answer that says no, with the reason as JSON."""
    return Reply(status, msgspec.json.encode({"error": message}), headers)


class BadRequest(Exception):  # noqa: N818 - the name of the status
    """The request cannot be understood; `status` is what to answer. `str()` says why, for people."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def read_request(stream: BinaryIO, send_continue: Callable[[], None]) -> ReceivedRequest | None:
    """The next request of a connection; None where the peer ended it between two requests.

    `send_continue` is called if the client waits for leave to send its body (RFC 9110 section 10.1.1). Raises
    `BadRequest` for what is not HTTP or too large, after which nothing more can be read from the stream, and
    `ConnectionError` where the peer ended the connection within a request.
    """
    line = _line(stream, MAX_HEAD)
    if not line:
        return None
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise BadRequest("not a request line of HTTP/1.1")
    headers = _read_headers(stream)
    if headers.get("expect", "").lower() == "100-continue":
        send_continue()
    body = _read_body(stream, headers)
    connection = headers.get("connection", "").lower()
    keep_alive = match[3] == b"1" and "close" not in connection
    return ReceivedRequest(match[1].decode("ascii"), match[2].decode("ascii"), headers, body, keep_alive)


def encode(reply: Reply, now: float, *, keep_alive: bool, head_only: bool) -> bytes:
    """`reply` as bytes, dated `now` (seconds since the epoch). `head_only` leaves the body out, as for HEAD."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in reply.headers)
    head = (
        f"HTTP/1.1 {reply.status} {_phrase(reply.status)}\r\nDate: {http_date(int(now))}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(reply.body)}\r\n{fields}"
        f"Connection: {'keep-alive' if keep_alive else 'close'}\r\n\r\n"
    )
    return head.encode("latin-1") + (b"" if head_only else reply.body)


@lru_cache(maxsize=8)
def http_date(seconds: int) -> str:
    """Seconds since the epoch as an HTTP date (RFC 9110 section 5.6.7, the preferred form)."""
    return formatdate(seconds, usegmt=True)


@lru_cache(maxsize=64)
def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _line(stream: BinaryIO, limit: int) -> bytes:
    """One line with its end, b"" at the end of the stream."""
    line = stream.readline(limit + 1)
    if len(line) > limit:
        raise BadRequest(f"the head of the request is longer than {MAX_HEAD} bytes", 431)
    if line and not line.endswith(b"\n"):
        raise ConnectionError("the connection ended within a line")
    return line


def _read_headers(stream: BinaryIO) -> dict[str, str]:
    headers = {}
    left = MAX_HEAD
    while (line := _line(stream, left)) not in (b"\r\n", b"\n"):
        if not line:
            raise ConnectionError("the connection ended within the head of a request")
        left -= len(line)
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip():
            raise BadRequest("not a header field")
        headers[name.decode("latin-1").lower()] = value.strip().decode("latin-1")
    return headers


def _read_body(stream: BinaryIO, headers: Mapping[str, str]) -> bytes:
    coding = headers.get("transfer-encoding")
    length = headers.get("content-length")
    if coding is None:
        return b"" if length is None else _exactly(stream, _number(length))
    # Both at once is how requests are smuggled (RFC 9112 section 6.3).
    if length is not None or coding.lower() != "chunked":
        raise BadRequest("expected either Content-Length or Transfer-Encoding: chunked")
    return _read_chunks(stream)


def _read_chunks(stream: BinaryIO) -> bytes:
    chunks: list[bytes] = []
    total = 0
    while True:
        match = _CHUNK_SIZE.fullmatch(_line(stream, MAX_HEAD))
        if match is None:
            raise BadRequest("not the size of a chunk")
        size = int(match[1], 16)
        if not size:
            _read_headers(stream)  # trailers
            return b"".join(chunks)
        total += size
        if total > MAX_BODY:
            raise BadRequest(f"the body is larger than {MAX_BODY} bytes", 413)
        chunks.append(_exactly(stream, size))
        if _line(stream, MAX_HEAD) not in (b"\r\n", b"\n"):
            raise BadRequest("a chunk does not end where its size says")


def _number(length: str) -> int:
    if _LENGTH.fullmatch(length) is None:
        raise BadRequest("Content-Length is not a number")
    if int(length) > MAX_BODY:
        raise BadRequest(f"the body is larger than {MAX_BODY} bytes", 413)
    return int(length)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise ConnectionError("the connection ended within the body of a request")
    return data
