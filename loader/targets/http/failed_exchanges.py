"""Classification of failed exchanges: foreign exceptions as causes.

Whether anything went out is known from the attempt alone; the exceptions only say what to call it.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from urllib3 import exceptions as urllib3
from urllib3.util.ssl_match_hostname import CertificateError

from loader.error_types import ErrorType
from loader.outcomes import Cause, Ending, Fault
from loader.shortage import no_more, shortage
from loader.targets import error_types as shared
from loader.targets.http import error_types
from loader.targets.http.attempt import Attempt
from loader.targets.http.connections import NothingSentError

# The alerts of TLS that speak of the certificate we showed (RFC 8446, 6.2). A server that sends one has not finished
# the handshake on its side, so it has looked at nothing of the request, even where a first part of it is on the wire.
_CERTIFICATE_ALERT = re.compile(r"ALERT_\w*CERTIFICATE|ALERT_UNKNOWN_CA|ALERT_ACCESS_DENIED")
_OUT_OF_DATE = (9, 10)  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
_WRONG_NAME = (62, 63, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, _EMAIL_MISMATCH, _IP_ADDRESS_MISMATCH
_PROXY_HINT = (
    "check that the proxy is up, and its address: target.proxy, or HTTP_PROXY, HTTPS_PROXY and ALL_PROXY in the "
    'environment; target.proxy = "none" goes without one'
)
_TUNNEL_STATUS = re.compile(r"Tunnel connection failed: (\d{3})")


@dataclass(frozen=True, slots=True)
class UnsentRule:
    """What an attempt that sent nothing is called."""

    error_type: ErrorType
    message: str
    hint: str | None = None
    fault: Fault = Fault.NONE


DNS = UnsentRule(shared.DNS, "the name does not resolve", "check the host in the URL", Fault.AT_START)
LATE = UnsentRule(error_types.CONNECT_TIMEOUT, "no connection in time", "check host, port and firewalls")
CONNECT_REFUSED = UnsentRule(error_types.CONNECT_REFUSED, "the connection was refused", "check that the target is up")
UNTRUSTED = UnsentRule(
    shared.TLS,
    "the certificate does not verify",
    "give the certificate authority of the target as target.ca",
    Fault.AT_START,
)
WRONG_NAME = UnsentRule(
    shared.TLS,
    "the certificate is not for this host",
    "write the URL with a host that the certificate names in its subjectAltName, or have one issued that names this "
    "host there; a common name alone is not looked at",
    Fault.AT_START,
)
OUT_OF_DATE = UnsentRule(
    shared.TLS,
    "the certificate is not valid at this time",
    "have the certificate of the target renewed, or set the clock of this machine",
    Fault.AT_START,
)
NOTHING_SENT = UnsentRule(error_types.RESET, "the connection was closed before anything was sent")
TLS = UnsentRule(shared.TLS, "no TLS connection", "check scheme and port of the URL")
CONNECT_FAILED = UnsentRule(error_types.CONNECT_FAILED, "no connection")

# The first that fits counts: what is special stands before what it is made from.
_UNSENT: tuple[tuple[tuple[type[BaseException], ...], UnsentRule], ...] = (
    ((urllib3.NameResolutionError, urllib3.LocationParseError, socket.gaierror), DNS),
    ((TimeoutError,), LATE),
    ((ConnectionRefusedError,), CONNECT_REFUSED),
    ((CertificateError,), WRONG_NAME),
    ((ssl.SSLCertVerificationError,), UNTRUSTED),
    ((NothingSentError,), NOTHING_SENT),
    ((ssl.SSLError,), TLS),
    ((Exception,), CONNECT_FAILED),
)


class AnswerTooLargeError(Exception):
    """The body of an answer is longer than what is read."""


def cause_of(error: Exception, attempt: Attempt) -> Cause:
    """Why `attempt` ended without a complete answer."""
    chain = tuple(_chain(error))
    if _alert(chain):
        return client_certificate(_text(chain))
    if not attempt.sent:
        return _unsent(chain, attempt)
    if attempt.expired:
        return ambiguous(error_types.ATTEMPT_TIMEOUT, "no complete answer within timeouts.write", timeout=True)
    return _broken_off(chain)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and all it was made from, the outermost first."""
    yield error
    inner = [arg for arg in (getattr(error, "original_error", None), *error.args) if isinstance(arg, BaseException)]
    for each in inner or filter(None, (error.__cause__ or error.__context__,)):
        yield from _chain(each)


def _unsent(chain: tuple[BaseException, ...], attempt: Attempt) -> Cause:
    if status := next(filter(None, (_TUNNEL_STATUS.search(str(each)) for each in chain)), None):
        return _tunnel_refused(int(status[1]), _text(chain))
    if missing := next(filter(None, map(shortage, chain)), None):
        return no_more(missing)
    rule = LATE if attempt.expired else _rule(chain)
    if not _has(chain, urllib3.ProxyError):
        return not_sent(rule.error_type, f"{rule.message}: {_text(chain)}", rule.hint, rule.fault)
    hint = rule.hint if rule.error_type is shared.TLS else _PROXY_HINT
    return not_sent(rule.error_type, f"the proxy: {rule.message}: {_text(chain)}", hint, rule.fault)


def _rule(chain: tuple[BaseException, ...]) -> UnsentRule:
    codes = {getattr(each, "verify_code", None) for each in chain}
    if codes.intersection(_WRONG_NAME):
        return WRONG_NAME
    if codes.intersection(_OUT_OF_DATE):
        return OUT_OF_DATE
    return next(rule for kinds, rule in _UNSENT if _has(chain, *kinds))


def _tunnel_refused(status: int, text: str) -> Cause:
    if status == http.HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return Cause(
            error_types.STATUSES[status].name,
            f"the proxy: {text}",
            Ending.REFUSED,
            fault=Fault.CERTAIN,
            status=status,
            hint=error_types.STATUSES[status].what_to_do,
        )
    return not_sent(error_types.PROXY_REFUSED, f"the proxy: {text}", "check that the proxy may connect to the target")


def _broken_off(chain: tuple[BaseException, ...]) -> Cause:
    if _has(chain, AnswerTooLargeError):
        return too_large(chain[-1])
    if _has(chain, urllib3.ReadTimeoutError):
        return ambiguous(error_types.READ_TIMEOUT, "no more of an answer within timeouts.read", timeout=True)
    if _has(chain, TimeoutError):
        return ambiguous(
            error_types.WRITE_TIMEOUT, "no more of the request was taken within timeouts.read", timeout=True
        )
    if _has(chain, http.client.IncompleteRead) or any(str(each) == "Response ended prematurely" for each in chain):
        return ambiguous(error_types.INCOMPLETE_ANSWER, f"the answer broke off: {_text(chain)}")
    if _has(chain, OSError):  # http.client.RemoteDisconnected too
        return ambiguous(error_types.RESET, f"the connection broke before a complete answer: {_text(chain)}")
    return ambiguous(error_types.BAD_ANSWER, f"the answer cannot be read: {_text(chain)}")


def _alert(chain: tuple[BaseException, ...]) -> bool:
    return any(isinstance(each, ssl.SSLError) and _CERTIFICATE_ALERT.search(each.reason or "") for each in chain)


def client_certificate(text: str) -> Cause:
    """An alert of TLS speaks of the certificate we showed, or did not show."""
    hint = "check target.cert and target.key"
    return not_sent(shared.TLS, f"the target does not accept our certificate: {text}", hint, Fault.AT_START)


def _has(chain: tuple[BaseException, ...], *kinds: type[BaseException]) -> bool:
    return any(isinstance(each, kinds) for each in chain)


def _text(chain: tuple[BaseException, ...]) -> str:
    """What the innermost exception says."""
    return str(chain[-1]) or type(chain[-1]).__name__


def not_sent(error_type: ErrorType, message: str, hint: str | None = None, fault: Fault = Fault.NONE) -> Cause:
    """Surely nothing of the request reached the target."""
    return Cause(error_type.name, message, Ending.UNSENT, retryable=True, fault=fault, hint=hint)


def too_large(error: BaseException) -> Cause:
    """The body of the answer is longer than what is read."""
    return ambiguous(error_types.ANSWER_TOO_LARGE, str(error))


def ambiguous(error_type: ErrorType, message: str, *, timeout: bool = False) -> Cause:
    """The request was sent, and no complete answer came."""
    return Cause(error_type.name, message, Ending.AMBIGUOUS, retryable=True, timeout=timeout)
