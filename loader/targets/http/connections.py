"""Connections that record how far an attempt came, and parse answers strictly."""

from __future__ import annotations

import errno
import http.client
import io
import socket
import ssl
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection

from loader.targets.http.attempt import current_attempt

_INTERIM_LIMIT = 100


class ConnectedError(Exception):
    """A probe is connected, which is all it wanted."""


class NothingSentError(Exception):
    """The connection was closed before the first byte of the request went out."""


class _HeadLines:
    """The lines before a body. A line that breaks off is an answer that broke off, not the end of the head."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream
        self._begun = False

    def readline(self, limit: int = -1) -> bytes:
        line = self._stream.readline(limit)
        if not line.endswith(b"\n") and len(line) != limit and (line or self._begun):
            raise http.client.IncompleteRead(line)
        self._begun = True
        return line

    def close(self) -> None:
        self._stream.close()


class _Response(http.client.HTTPResponse):
    """http.client takes 103 for the answer, and a head that ends in the middle for a whole one."""

    def begin(self) -> None:
        """Read up to the body of the final answer, passing over interim ones (RFC 9110, 15.2)."""
        for _ in range(_INTERIM_LIMIT):
            self._read_head()
            if not 100 <= self.status < 200 or self.status == http.HTTPStatus.SWITCHING_PROTOCOLS:
                return
            self.headers = self.msg = None  # type: ignore[assignment] # else it takes itself for read
        raise http.client.HTTPException("interim answers without end")

    def _read_head(self) -> None:
        stream: Any = self.fp
        lines: Any = _HeadLines(stream)
        self.fp = lines
        try:
            super().begin()
        finally:
            if self.fp is lines:  # it is None after a bad status line
                self.fp = stream


class _TrackedConnection(HTTPConnection):
    """What both kinds of connection add. Used only within an attempt."""

    response_class = _Response
    _established = False  # before that, what is sent is for the proxy
    _wire: socket.socket | None = None

    def connect(self) -> None:
        current_attempt().fresh = True
        try:
            super().connect()
        finally:
            if self._wire is not None:
                self._wire.close()
                self._wire = None
        self._established = True

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        try:
            # A TLS handshake takes the socket away and shows its own only when it is over; this one ends both.
            self._wire = sock.dup()
            current_attempt().hold(self._wire)
        except OSError:
            sock.close()
            raise
        return sock

    def close(self) -> None:
        self._established = False
        super().close()

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **more: Any) -> None:
        attempt = current_attempt()
        if self.is_closed:
            self.connect()
        attempt.hold(_plain(self.sock))
        if attempt.probe:
            raise ConnectedError
        self.timeout = attempt.read_timeout  # until here that of connecting, which urllib3 would send with
        super().request(method, url, body, headers, **more)

    def send(self, data: Any) -> None:
        attempt = current_attempt()
        if not self._established:
            super().send(data)
        elif attempt.sent:
            self._send_rest(data)
        else:
            count = self._send_first(data)
            attempt.sent = True
            if count < len(data):
                self._send_rest(memoryview(data)[count:])

    def _send_first(self, data: Any) -> int:
        try:
            count: int = self.sock.send(data)
        except OSError as error:
            raise NothingSentError from self._parting_word() or error
        return count

    def _send_rest(self, data: Any) -> None:
        try:
            super().send(data)
        except ssl.SSLEOFError as error:
            # What TLS sockets say for a broken pipe. The answer may be there all the same, and urllib3 looks for it
            # after this error alone.
            raise BrokenPipeError(errno.EPIPE, "closed by the target") from error

    def _parting_word(self) -> ssl.SSLError | None:
        """The alert with which the other side ended TLS, if it came."""
        try:
            self.sock.settimeout(0)
            self.sock.recv(1)
        except OSError as error:
            return error if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLWantReadError) else None
        return None


class TrackedHTTPConnection(_TrackedConnection):
    """A plain connection."""


class TrackedHTTPSConnection(_TrackedConnection, HTTPSConnection):
    """A TLS connection, which may run through a proxy's tunnel."""

    def connect(self) -> None:
        super().connect()
        # Where it is not, the user said so, and `describe` says so too: a warning, which is all that urllib3 makes of
        # it, would stand on the standard error of whatever program loads.
        self.is_verified = True


def _plain(sock: Any) -> socket.socket:
    """The socket at the bottom: TLS to a target through TLS to a proxy is not a socket itself."""
    while not isinstance(sock, socket.socket):
        sock = sock.socket
    return sock
