"""Classification of Cassandra errors: what a failed attempt means for its rows.

The endings are those of native protocol v4, section 9, read by the law: Overloaded, Unavailable and IsBootstrapping
said no before anything was written; after a timeout or a failure of a write some replica may have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cassandra import AuthenticationFailed, DriverException, WriteType
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionException

from loader.error_types import ErrorType
from loader.outcomes import Cause, Ending, Fault
from loader.shortage import no_more, shortage
from loader.targets import error_types as shared
from loader.targets.cassandra import error_types
from loader.targets.cassandra.protocol.wire import Answered, Lost, Reply, TimedOut, Unprepared, Unsent


@dataclass(frozen=True, slots=True)
class _Rule:
    """What an error code of the server means for the rows of the request."""

    error_type: ErrorType
    ending: Ending = Ending.REFUSED
    retryable: bool = False
    throttled: bool = False
    timeout: bool = False
    fault: Fault = Fault.NONE
    special_hint: str | None = None

    @property
    def hint(self) -> str:
        """What to do, which mostly depends on the type alone."""
        return self.special_hint or self.error_type.what_to_do


def _later(error_type: ErrorType, *, throttled: bool = False) -> _Rule:
    """The server said no for now."""
    return _Rule(error_type, retryable=True, throttled=throttled)


def _doubt(error_type: ErrorType, *, timeout: bool = False) -> _Rule:
    """The server does not know itself."""
    return _Rule(error_type, Ending.AMBIGUOUS, retryable=True, timeout=timeout)


_RULES = {
    0x0000: _doubt(error_types.SERVER_ERROR),
    0x0100: _Rule(error_types.BAD_CREDENTIALS, fault=Fault.CERTAIN),
    0x1000: _later(error_types.UNAVAILABLE),
    0x1001: _later(error_types.OVERLOADED, throttled=True),
    0x1002: _later(error_types.BOOTSTRAPPING),
    0x1003: _later(error_types.TRUNCATE_ERROR),
    0x1100: _doubt(error_types.WRITE_TIMEOUT, timeout=True),
    0x1200: _doubt(error_types.READ_TIMEOUT, timeout=True),  # of the condition of a transaction
    0x1300: _doubt(error_types.READ_FAILURE),
    0x1400: _Rule(error_types.FUNCTION_FAILURE),
    0x1500: _doubt(error_types.WRITE_FAILURE),
    0x1600: _later(error_types.CDC_FULL, throttled=True),
    0x1700: _doubt(error_types.WRITE_UNKNOWN),  # of a transaction
    0x2000: _Rule(error_types.SYNTAX, fault=Fault.CERTAIN),
    0x2100: _Rule(error_types.UNAUTHORIZED, fault=Fault.SUSPECTED),
    0x2200: _Rule(error_types.INVALID),
    0x2300: _Rule(error_types.INVALID, special_hint="the server refuses the statement as it is configured"),
    0x2500: _later(error_types.UNPREPARED),
}
_BAD_CREDENTIALS = 0x0100
_INVALID_REQUEST = 0x2200
_WRITE_TYPES = {value: name for name, value in WriteType.name_to_value.items()}
_UNKNOWN = _doubt(error_types.ERROR)  # of a later version: it may have been done

# InvalidRequest is the server's word for many things; only its text tells them apart. The first that fits counts.
_INVALID = (
    (
        re.compile(r"batch too large|mutation of \d", re.IGNORECASE),
        _Rule(error_types.TOO_LARGE),
    ),
    (
        re.compile(r"guardrail", re.IGNORECASE),
        _Rule(error_types.GUARDRAIL),
    ),
    (
        re.compile(r"unconfigured table|keyspace .* does not exist", re.IGNORECASE),
        _Rule(error_types.TABLE_CHANGED, fault=Fault.CERTAIN),
    ),
)


def cause_of(reply: Reply) -> Cause:
    """Why an attempt that ended with `reply` was not accepted."""
    match reply:
        case Answered(message):
            return _refused(message)
        case Unprepared(message):
            text = f"the statement is not taken any more: {message.message}"
            kind = error_types.TABLE_CHANGED
            return Cause(kind.name, text, Ending.REFUSED, fault=Fault.CERTAIN, hint=kind.what_to_do)
        case Unsent(errors):
            tried = "; ".join(f"{host}: {error}" for host, error in errors.items())
            hint = "check that the nodes of the local data centre are up"
            return Cause(
                error_types.NO_HOST.name, f"no host takes requests: {tried}", Ending.UNSENT, retryable=True, hint=hint
            )
        case _:
            return _unanswered(reply)


def _unanswered(reply: Lost | TimedOut) -> Cause:
    if isinstance(reply, Lost):
        kind = error_types.CONNECTION_LOST
        message = f"the connection broke before an answer came: {reply.error}"
        return Cause(kind.name, message, Ending.AMBIGUOUS, retryable=True, hint=kind.what_to_do)
    if reply.sent:
        message, kind = "no answer within timeouts.write", error_types.CLIENT_TIMEOUT
        return Cause(kind.name, message, Ending.AMBIGUOUS, retryable=True, timeout=True, hint=kind.what_to_do)
    message = "the connection took nothing within timeouts.write"
    return Cause(error_types.BUSY.name, message, Ending.UNSENT, retryable=True, timeout=True)


def _refused(error: Any) -> Cause:
    """The meaning of an error that the server sent."""
    rule = _RULES.get(error.code, _UNKNOWN)
    if error.code == _INVALID_REQUEST:
        rule = next((special for pattern, special in _INVALID if pattern.search(error.message)), rule)
    return Cause(
        rule.error_type.name,
        f"{error.message}{_detail(error.info)}",
        rule.ending,
        retryable=rule.retryable,
        fault=rule.fault,
        code=f"{error.code:#06x}",
        throttled=rule.throttled,
        timeout=rule.timeout,
        too_large=rule.error_type is error_types.TOO_LARGE,
        hint=rule.hint,
    )


def _detail(info: Any) -> str:
    """What the server tells of replicas, where it does."""
    if not isinstance(info, dict):
        return ""
    if "alive_replicas" in info:
        return f" ({info['alive_replicas']} of {info['required_replicas']} replicas are up)"
    if "received_responses" not in info:
        return ""
    kind = f"{_WRITE_TYPES.get(info['write_type'], '?')}: " if "write_type" in info else ""
    return f" ({kind}{info['received_responses']} of {info['required_responses']} replicas answered)"


_UNVERIFIED = "CERTIFICATE_VERIFY_FAILED"  # OpenSSL's word, of which the driver keeps no more than the text

# What the driver raises where a cluster cannot be asked; anything else is a defect.
DOWN = (DriverException, NoHostAvailable, ConnectionException, OSError)


def unresolved(names: Iterable[str]) -> Cause:
    """None of the hosts has an address."""
    text = f"the name does not resolve: {', '.join(names)}"
    return Cause(shared.DNS.name, text, Ending.UNSENT, fault=Fault.AT_START, hint="check the hosts in the URL")


def connect_cause(error: Exception) -> Cause:
    """Why no session could be opened."""
    reasons = error.errors if isinstance(error, NoHostAvailable) else {}
    if not isinstance(reasons, dict):  # the driver names hosts alone where it did not even try one
        reasons = dict.fromkeys(reasons, "not connected")
    for reason in (error, *reasons.values()):
        if isinstance(reason, AuthenticationFailed):
            rule = _RULES[_BAD_CREDENTIALS]
            return Cause(rule.error_type.name, str(reason), rule.ending, fault=rule.fault, hint=rule.hint)
        if _UNVERIFIED in str(reason):
            hint = "give the certificate authority of the cluster as target.tls"
            text = f"the certificate does not verify: {reason}"
            return Cause(shared.TLS.name, text, Ending.UNSENT, fault=Fault.AT_START, hint=hint)
        if (missing := shortage(reason)) is not None:
            return no_more(missing)
    tried = "; ".join(f"{host}: {reason}" for host, reason in reasons.items()) or str(error)
    hint = "check that the cluster is up, hosts and port in the URL, and whether it asks for TLS (target.tls)"
    return Cause(error_types.NO_HOST.name, f"no connection: {tried}", Ending.UNSENT, retryable=True, hint=hint)
