"""One request over a pooled connection: a complete answer, or a cause that says how far it came.

`requests` is the front door: certificates, proxies and the environment are resolved by it, once. The requests themselves
go through its urllib3 pool, which costs a third of the time. There are no retries here but one: a pooled connection that
proves closed before the first byte went out is replaced at once, since nothing was sent.
"""

from __future__ import annotations

import errno
import http.client
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3 import exceptions as u3
from urllib3.util import Timeout

from loader import __version__
from loader.config.sections import HttpTarget, Timeouts
from loader.outcomes import Cause, Ending, Fault
from loader.targets.http.classify import Answer
from loader.targets.http.connections import Attempt, TrackedHTTPConnection, TrackedHTTPSConnection, Watchdog

ANSWER_LIMIT = 64 * 2**20  # bytes of an answer's body, decoded
_READ = 2**16


@dataclass(frozen=True, slots=True)
class Request:
    """What goes out. `path` is the path and query of the target's URL, filled."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class TransportError(Exception):
    """An attempt without a complete answer; `cause` says how far it came."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.message)
        self.cause = cause


class Transport:
    """Sends requests to one host. Thread-safe: any number of threads may call `send`."""

    def __init__(self, settings: HttpTarget, timeouts: Timeouts, *, connections: int) -> None:
        self._method = settings.method
        self._write = timeouts.write
        self._timeout = Timeout(connect=min(timeouts.connect, timeouts.write), read=min(timeouts.read, timeouts.write))
        self._watchdog = Watchdog()
        self._session = requests.Session()
        self._adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections, max_retries=0)
        self._prefix, self._pool = self._open(settings)

    def _open(self, settings: HttpTarget) -> tuple[str, urllib3.HTTPConnectionPool]:
        """The pool for the target's host, and what a proxy wants before the path."""
        origin = "://".join(urlsplit(settings.url.partition("?")[0])[:2])
        proxies = _proxies(settings.proxy)
        verify: bool | str = settings.ca or settings.verify
        environment = self._session.merge_environment_settings(origin, proxies, True, verify, None)
        self._session.trust_env = False  # all it says was taken over; nothing is looked up for each request
        if not settings.verify:
            environment["verify"] = False
        prepared = self._session.prepare_request(requests.Request(self._method, origin + "/"))
        cert = (settings.cert, settings.key) if settings.cert else None
        found = environment["proxies"] if settings.proxy != "none" else {}
        pool = self._adapter.get_connection_with_tls_context(prepared, environment["verify"], found, cert)
        assert isinstance(pool, urllib3.HTTPConnectionPool)  # noqa: S101 - the base class that requests declares is wider
        secure = isinstance(pool, urllib3.HTTPSConnectionPool)
        pool.ConnectionCls = TrackedHTTPSConnection if secure else TrackedHTTPConnection
        seen = self._adapter.request_url(prepared, found)
        return (origin if seen.startswith("http") else ""), pool

    def send(self, request: Request) -> Answer:
        """One attempt, bounded as a whole by `timeouts.write`. Raises TransportError."""
        deadline = time.monotonic() + self._write
        attempt = Attempt(deadline)
        try:
            return self._exchange(request, attempt)
        except TransportError:
            if attempt.sent or not attempt.reused or attempt.expired:
                raise
        return self._exchange(request, Attempt(deadline))

    def connect(self) -> Cause | None:
        """Open one connection and send nothing: why that failed, or None."""
        attempt = Attempt(time.monotonic() + self._write)
        connection = self._pool._new_conn()
        try:
            with self._watchdog.watch(attempt):
                connection.connect()
        except Exception as error:
            return _cause(error, attempt)
        finally:
            connection.close()
        return None

    def close(self) -> None:
        """Close idle connections; those in use are closed when their answer came. Idempotent."""
        self._watchdog.close()
        self._adapter.close()
        self._session.close()

    def _exchange(self, request: Request, attempt: Attempt) -> Answer:
        with self._watchdog.watch(attempt):
            try:
                response = self._pool.urlopen(
                    self._method,
                    self._prefix + request.path,
                    body=request.body,
                    headers=request.headers,
                    retries=False,
                    redirect=False,
                    assert_same_host=False,
                    preload_content=False,
                    timeout=self._timeout,
                )
            except Exception as error:
                raise TransportError(_cause(error, attempt)) from error
            return self._read(response, attempt)

    @staticmethod
    def _read(response: urllib3.BaseHTTPResponse, attempt: Attempt) -> Answer:
        parts: list[bytes] = []
        size = 0
        try:
            while part := response.read(_READ, decode_content=True):
                parts.append(part)
                size += len(part)
                if size > ANSWER_LIMIT:
                    raise TransportError(_ambiguous("answer_too_large", f"the answer is over {ANSWER_LIMIT:,} bytes"))
            if attempt.expired:
                raise TimeoutError
        except TransportError:
            response.close()
            raise
        except Exception as error:
            response.close()
            raise TransportError(_cause(error, attempt)) from error
        response.release_conn()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, headers, b"".join(parts))


def standard_headers(content_type: str) -> dict[str, str]:
    """What every request says of itself."""
    return {
        "User-Agent": f"loader/{__version__}",
        "Accept": "application/json, */*",
        "Accept-Encoding": "gzip, deflate",
        "Content-Type": content_type,
    }


def _proxies(proxy: str) -> dict[str, str]:
    return {} if proxy in ("", "none") else {"http": proxy, "https": proxy}


def _cause(error: Exception, attempt: Attempt) -> Cause:
    """The one place where foreign exceptions get their meaning."""
    if attempt.expired:
        return _late("attempt_timeout", "no complete answer within timeouts.write", attempt)
    if not attempt.sent:
        return _unsent(error)
    match error:
        case u3.ReadTimeoutError() | TimeoutError():
            return _late("read_timeout", "no answer within timeouts.read", attempt)
        case u3.DecodeError():
            return _ambiguous("bad_answer", f"the answer cannot be decoded: {error}")
        case u3.IncompleteRead() | u3.InvalidChunkLength():
            return _ambiguous("incomplete_answer", f"the answer ended too early: {error}")
        case u3.ProtocolError():
            return _broken(error)
        case _:
            return _ambiguous("reset", f"the connection failed before a complete answer: {_text(error)}")


def _broken(error: u3.ProtocolError) -> Cause:
    inner = next((arg for arg in error.args[::-1] if isinstance(arg, BaseException)), error)
    if isinstance(inner, http.client.IncompleteRead | u3.IncompleteRead | u3.InvalidChunkLength):
        return _ambiguous("incomplete_answer", f"the answer ended too early: {_text(inner)}")
    if isinstance(inner, http.client.HTTPException) and not isinstance(inner, ConnectionError):
        return _ambiguous("bad_answer", f"the answer is no HTTP: {_text(inner)}")
    return _ambiguous("reset", f"the connection was closed before a complete answer: {_text(inner)}")


def _unsent(error: Exception) -> Cause:
    """Nothing went out: why."""
    root = _root(error)
    if "407" in str(root) and "Tunnel" in str(root):
        hint = "check the credentials of the proxy"
        return Cause(
            "http_407", f"the proxy refused: {root}", Ending.UNSENT, fault=Fault.CERTAIN, status=407, hint=hint
        )
    if isinstance(error, u3.NameResolutionError) or isinstance(root, u3.NameResolutionError):
        return _not_sent(
            "dns", f"the name does not resolve: {_text(root)}", Fault.AT_START, "check the host in the URL"
        )
    if isinstance(root, u3.ConnectTimeoutError | TimeoutError):
        return _not_sent("connect_timeout", "no connection within timeouts.connect")
    if isinstance(root, ssl.SSLCertVerificationError | ssl.CertificateError) or "certificate" in str(root).lower():
        hint = "give the CA of the target as target.ca; do not turn verify off"
        return _not_sent("tls", f"the certificate does not verify: {_text(root)}", Fault.AT_START, hint)
    if isinstance(root, ssl.SSLError | u3.SSLError):
        return _not_sent("tls", f"no TLS connection: {_text(root)}")
    if getattr(root, "errno", None) == errno.ECONNREFUSED or "refused" in str(root):
        return _not_sent("connect_refused", f"connection refused: {_text(root)}", hint="check that the target is up")
    return _not_sent("connect_failed", f"no connection: {_text(root)}")


def _root(error: BaseException) -> BaseException:
    """The exception at the bottom: proxies and pools wrap what they pass on."""
    match error:
        case u3.NameResolutionError() | u3.ConnectTimeoutError():
            return error
        case u3.MaxRetryError() if error.reason is not None:
            return _root(error.reason)
        case u3.ProxyError():
            return _root(error.original_error)
    inner = next((arg for arg in error.args if isinstance(arg, BaseException)), None) or error.__cause__
    return error if inner is None else _root(inner)


def _not_sent(error_type: str, message: str, fault: Fault = Fault.NONE, hint: str | None = None) -> Cause:
    return Cause(error_type, message, Ending.UNSENT, retryable=True, fault=fault, hint=hint)


def _ambiguous(error_type: str, message: str) -> Cause:
    return Cause(error_type, message, Ending.AMBIGUOUS, retryable=True)


def _late(error_type: str, message: str, attempt: Attempt) -> Cause:
    if not attempt.sent:
        return Cause("connect_timeout", message, Ending.UNSENT, retryable=True, timeout=True)
    return Cause(error_type, message, Ending.AMBIGUOUS, retryable=True, timeout=True)


def _text(error: BaseException) -> str:
    return str(error) or type(error).__name__
