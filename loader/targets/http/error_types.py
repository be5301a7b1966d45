"""Error types of HTTP targets: complete answers by status, answers that fit no setting, and failed exchanges."""

from __future__ import annotations

from loader.error_types import EXHAUSTED, REFUSED, UNKNOWN, ErrorType, LetterClass

_REFUSED_OR_EXHAUSTED = (LetterClass.REFUSED, LetterClass.EXHAUSTED)
_IN_DOUBT = (LetterClass.EXHAUSTED, LetterClass.UNKNOWN)
_WELL_AGAIN = "the target failed for these rows; replay when it is well again"


def status_name(status: int) -> str:
    """The name of the error type of an answer."""
    return f"http_{status}"


def _status(status: int, classes: tuple[LetterClass, ...], meaning: str, what_to_do: str) -> ErrorType:
    return ErrorType(status_name(status), classes, meaning, what_to_do)


STATUSES = {
    400: _status(
        400,
        REFUSED,
        "Bad Request",
        "the target does not understand these rows; compare them with what the API expects",
    ),
    401: _status(
        401,
        REFUSED,
        "Unauthorized: it stops the run; a letter has it only where an answer says so of a single row",
        "check the credentials of the target (auth)",
    ),
    403: _status(
        403,
        REFUSED,
        "Forbidden; before anything was delivered it stops the run",
        "check that these credentials may write there",
    ),
    404: _status(
        404, REFUSED, "Not Found; before anything was delivered it stops the run", "check the path of the URL"
    ),
    405: _status(
        405,
        REFUSED,
        "Method Not Allowed; before anything was delivered it stops the run",
        "check target.method against what the API expects",
    ),
    407: _status(
        407,
        REFUSED,
        "Proxy Authentication Required: it stops the run; a letter has it only where an answer says so of a single row",
        "check the credentials of the proxy",
    ),
    409: _status(
        409,
        REFUSED,
        "Conflict",
        "these rows are there already, or in another version; nothing to do if that is meant",
    ),
    413: _status(
        413,
        REFUSED,
        "Content Too Large, for a request of this row alone",
        "lower batch.max_bytes; a row that is too large alone cannot be sent",
    ),
    415: _status(
        415,
        REFUSED,
        "Unsupported Media Type",
        "check target.body and the Content-Type in target.headers against what the API expects",
    ),
    422: _status(
        422, REFUSED, "Unprocessable Content", "the API refuses the content of these rows; mend them, then replay"
    ),
    429: _status(
        429,
        EXHAUSTED,
        "Too Many Requests, after all retries",
        "the API limits the rate; set [rate] or lower concurrency.max_in_flight, then replay",
    ),
    501: _status(  # RFC 9110, 15.6.2: where 405 speaks of one resource, this does of all
        501,
        REFUSED,
        "Not Implemented: the server knows no such method; before anything was delivered it stops the run",
        "check the URL and target.method: this server takes no such requests",
    ),
}
"""The statuses that have a next step of their own."""

REDIRECTED = ErrorType(
    "http_3xx",
    REFUSED,
    "a redirect; before anything was delivered it stops the run",
    "redirects are not followed: give the URL that the target redirects to",
    r"http_3\d\d",
)
CLIENT_ERROR = ErrorType(
    "http_4xx",
    _REFUSED_OR_EXHAUSTED,
    "any other status of these; exhausted where `retry.statuses` names it",
    "the API refuses these rows; mend them, then replay",
    r"http_4\d\d",
)
DOUBTFUL_ERROR = ErrorType(
    "http_500, http_502, http_504",
    (*_REFUSED_OR_EXHAUSTED, LetterClass.UNKNOWN),
    "Internal Server Error, Bad Gateway, Gateway Timeout, after all retries; unknown where rows may not be sent twice, "
    "for then they may have arrived",
    _WELL_AGAIN,
    r"http_50[024]",
)
SERVER_ERROR = ErrorType(
    "http_5xx",
    _REFUSED_OR_EXHAUSTED,
    "any other status of these; exhausted where `retry.statuses` names it",
    _WELL_AGAIN,
    r"http_5\d\d",
)
OTHER_STATUS = ErrorType(
    "http_STATUS",
    _REFUSED_OR_EXHAUSTED,
    "any other status, which is none of HTTP; exhausted where `retry.statuses` names it",
    "check the URL, and target.items where an answer says so of a single row; then replay",
    r"http_-?\d+",
)

CONNECT_REFUSED = ErrorType(
    "connect_refused",
    EXHAUSTED,
    "the connection was refused",
    "check that the target, or the proxy before it, is up, then replay",
)
CONNECT_FAILED = ErrorType(
    "connect_failed",
    EXHAUSTED,
    "no connection came about, for another reason",
    "check network and URL, then replay",
)
CONNECT_TIMEOUT = ErrorType(
    "connect_timeout",
    EXHAUSTED,
    "no connection came about within `timeouts.connect`",
    "check network and firewall, or raise timeouts.connect, then replay",
)
PROXY_REFUSED = ErrorType(
    "proxy_refused",
    EXHAUSTED,
    "the proxy does not connect to the target",
    "check the proxy: its address, and whether it lets these requests through",
)
READ_TIMEOUT = ErrorType(
    "read_timeout",
    UNKNOWN,
    "no more of an answer came within `timeouts.read`",
    "raise timeouts.read or lower batch.size; these rows may have arrived",
)
WRITE_TIMEOUT = ErrorType(
    "write_timeout",
    UNKNOWN,
    "no more of the request was taken within `timeouts.read`",
    "raise timeouts.read or lower batch.size; these rows may have arrived",
)
ATTEMPT_TIMEOUT = ErrorType(
    "attempt_timeout",
    UNKNOWN,
    "no complete answer came within `timeouts.write`",
    "raise timeouts.write or lower batch.size; these rows may have arrived",
)
RESET = ErrorType(
    "reset",
    _IN_DOUBT,
    "the connection broke before a complete answer; exhausted where nothing of the request had been sent",
    "the connection broke; these rows may have arrived, replay is safe where keys are honoured",
)
INCOMPLETE_ANSWER = ErrorType(
    "incomplete_answer",
    UNKNOWN,
    "the answer broke off",
    "the answer broke off; these rows may have arrived; look at the target's log, then replay",
)
BAD_ANSWER = ErrorType(
    "bad_answer",
    UNKNOWN,
    "the answer is not that of an HTTP server",
    "check the URL: what answers there is not the API, or a proxy is in between; these rows may have arrived",
)
ANSWER_TOO_LARGE = ErrorType(
    "answer_too_large",
    UNKNOWN,
    "the answer is longer than any bulk answer should be",
    "check the URL; these rows may have arrived",
)
ITEMS_MISMATCH = ErrorType(
    "items_mismatch",
    UNKNOWN,
    "the answer does not say of each row what `target.items` expects",
    "check target.items against what the API answers; these rows may have arrived",
)
ITEMS_MISSING = ErrorType(
    "items_missing",
    UNKNOWN,
    "the answer (207 Multi-Status) speaks of each row, and `target.items` is not set; it stops the run",
    "set target.items: the answer speaks of each row; these rows may have arrived",
)
ACCEPT_MISMATCH = ErrorType(
    "accept_mismatch",
    UNKNOWN,
    "the answer does not have what `target.accept` looks for",
    "check target.accept against what the API answers; these rows may have arrived",
)
REFUSED_IN_ANSWER = ErrorType(
    "refused_in_answer",
    REFUSED,
    "the status is that of a success, but the answer says no to the row",
    "the API refuses the content of these rows; mend them, then replay",
)
