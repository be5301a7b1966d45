"""Failures of libcurl: its error codes in the terms of `failures`.

Whether anything went out is known from the count of bytes alone; the code only says what to call it.
"""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass

import pycurl

from loader.outcomes import Cause
from loader.shortage import no_descriptor, no_more
from loader.targets.http import error_types
from loader.targets.http.failed_exchanges import (
    CONNECT_FAILED,
    CONNECT_REFUSED,
    DNS,
    LATE,
    NOTHING_SENT,
    OUT_OF_DATE,
    TLS,
    UNTRUSTED,
    WRONG_NAME,
    UnsentRule,
    ambiguous,
    client_certificate,
    not_sent,
)

# The alerts of TLS that speak of the certificate we showed (RFC 8446, 6.2), as OpenSSL words them.
_CERTIFICATE_ALERT = re.compile(r"alert ([\w ]*certificate|unknown ca|access denied)")
BROKEN = (pycurl.E_SEND_ERROR, pycurl.E_RECV_ERROR, pycurl.E_SEND_FAIL_REWIND, pycurl.E_GOT_NOTHING)
"""The codes of a connection that broke."""

# How libcurl and OpenSSL word what else is wrong with a certificate than who issued it.
_WRONG_NAME = re.compile(r"subject name")
_OUT_OF_DATE = re.compile(r"has expired|not yet valid")

_UNSENT = {
    pycurl.E_COULDNT_RESOLVE_HOST: DNS,
    pycurl.E_OPERATION_TIMEDOUT: LATE,
    pycurl.E_PEER_FAILED_VERIFICATION: UNTRUSTED,
    pycurl.E_SSL_CONNECT_ERROR: TLS,
    pycurl.E_ABORTED_BY_CALLBACK: WRONG_NAME,  # by the look at a certificate, which alone ends a transfer so
    **dict.fromkeys(BROKEN, NOTHING_SENT),
}


NO_NAMES = "it has a common name alone"
"""What is said of a certificate without a subjectAltName that names a host."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How libcurl ended a transfer: its code and words, the last error of the system, and whether a byte went out."""

    code: int
    message: str
    errno: int
    sent: bool


def cause_of(failure: Failure) -> Cause:
    """Why an attempt ended without a complete answer."""
    if _CERTIFICATE_ALERT.search(failure.message):
        return client_certificate(failure.message)
    if not failure.sent:
        return _unsent(failure)
    if failure.code == pycurl.E_OPERATION_TIMEDOUT:
        return ambiguous(error_types.ATTEMPT_TIMEOUT, "no complete answer within timeouts.write", timeout=True)
    if failure.code == pycurl.E_PARTIAL_FILE:
        return ambiguous(error_types.INCOMPLETE_ANSWER, f"the answer broke off: {failure.message}")
    if failure.code in BROKEN and not _is_bad_answer(failure):
        return ambiguous(error_types.RESET, f"the connection broke before a complete answer: {failure.message}")
    return ambiguous(error_types.BAD_ANSWER, f"the answer cannot be read: {failure.message}")


def _unsent(failure: Failure) -> Cause:
    rule = _rule(failure)
    # libcurl does not tell why it could make no socket.
    if rule in (DNS, CONNECT_FAILED) and (missing := no_descriptor()) is not None:
        return no_more(missing)
    words = NO_NAMES if failure.code == pycurl.E_ABORTED_BY_CALLBACK else failure.message
    return not_sent(rule.error_type, f"{rule.message}: {words}", rule.hint, rule.fault)


def _is_bad_answer(failure: Failure) -> bool:
    """What cannot be read is an error in receiving, too, but its words are not those of sockets or of OpenSSL."""
    words = failure.message
    return failure.code == pycurl.E_RECV_ERROR and "Recv failure" not in words and "SSL" not in words


def _rule(failure: Failure) -> UnsentRule:
    if failure.code == pycurl.E_PEER_FAILED_VERIFICATION and _WRONG_NAME.search(failure.message):
        return WRONG_NAME
    if failure.code == pycurl.E_PEER_FAILED_VERIFICATION and _OUT_OF_DATE.search(failure.message):
        return OUT_OF_DATE
    if failure.code == pycurl.E_COULDNT_CONNECT and failure.errno == errno.ECONNREFUSED:
        return CONNECT_REFUSED
    if failure.code == pycurl.E_COULDNT_CONNECT and failure.errno == errno.ETIMEDOUT:
        return LATE
    return _UNSENT.get(failure.code, CONNECT_FAILED)
