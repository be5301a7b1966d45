"""Error types that targets of several kinds share."""

from loader.error_types import EXHAUSTED, ErrorType

DNS = ErrorType(
    "dns",
    EXHAUSTED,
    "the name of the host, or of the proxy, does not resolve; at the start it stops the run",
    "check the host in the URL",
)
TLS = ErrorType(
    "tls",
    EXHAUSTED,
    "no TLS connection came about: a certificate was not accepted, or one side speaks no TLS; "
    "where a certificate is at fault at the start, it stops the run",
    "check certificates: that of the target, and target.ca, target.cert; each letter says what is wrong",
)
