"""Error types of Cassandra: what the server answers, and what it means that no answer came."""

from loader.error_types import EXHAUSTED, NEVER, REFUSED, UNKNOWN, ErrorType

INVALID = ErrorType(
    "cql_invalid",
    REFUSED,
    "the server refuses the content of the row",
    "the server refuses the content of these rows; mend them, then replay",
)
GUARDRAIL = ErrorType(
    "cql_guardrail",
    REFUSED,
    "a guardrail of the server forbids the row",
    "a guardrail of the server forbids these rows; mend them, or have it changed, then replay",
)
TOO_LARGE = ErrorType(
    "cql_too_large",
    REFUSED,
    "the row is larger than the server takes",
    "these rows are larger than the server takes (max_mutation_size, batch_size_fail_threshold); "
    "split them, or have the limit raised, then replay",
)
NOT_APPLIED = ErrorType(
    "cql_not_applied",
    REFUSED,
    "the condition of a transaction does not hold",
    "the condition of your query does not hold for what stands there, which each letter shows; "
    "where that is right, there is nothing to do",
)
FUNCTION_FAILURE = ErrorType(
    "cql_function_failure",
    REFUSED,
    "a function in your query failed",
    "a function in your query failed for these rows; mend them, then replay",
)
UNAVAILABLE = ErrorType(
    "cql_unavailable",
    EXHAUSTED,
    "too few replicas are up",
    "too few replicas are up for target.consistency; replay when they are",
)
BOOTSTRAPPING = ErrorType(
    "cql_bootstrapping", EXHAUSTED, "the node is still joining", "a node is still joining; replay when it has"
)
OVERLOADED = ErrorType(
    "cql_overloaded",
    EXHAUSTED,
    "the cluster has too much to do; it counts as a matter of pace, not of health",
    "the cluster has too much to do; lower concurrency.max_in_flight or set [rate], then replay",
)
CDC_FULL = ErrorType(
    "cql_cdc_full",
    EXHAUSTED,
    "the server's space for change data capture is used up; it counts as a matter of pace, not of health",
    "the server's space for change data capture is used up; replay when it was read",
)
TRUNCATE_ERROR = ErrorType(
    "cql_truncate_error",
    EXHAUSTED,
    "the server could not truncate the table",
    "the table is being truncated; replay when that is over",
)
UNPREPARED = ErrorType(
    "cql_unprepared",
    EXHAUSTED,
    "the server does not know the statement, however often it is prepared",
    "the server forgets statements as fast as they are prepared; replay later",
)
NO_HOST = ErrorType(
    "cql_no_host",
    EXHAUSTED,
    "no node took the request",
    "check that the nodes of the local data centre are up, then replay",
)
BUSY = ErrorType(
    "cql_busy",
    EXHAUSTED,
    "the connections took nothing within `timeouts.write`",
    "the connections took nothing within timeouts.write; lower concurrency.max_in_flight, then replay",
)
WRITE_TIMEOUT = ErrorType(
    "cql_write_timeout",
    UNKNOWN,
    "too few replicas answered the server in time",
    "too few replicas answered in time; these rows may have arrived, replay is safe for INSERT",
)
WRITE_FAILURE = ErrorType(
    "cql_write_failure",
    UNKNOWN,
    "replicas failed at the row",
    "replicas failed at these rows, see the server's log; they may have arrived on some",
)
WRITE_UNKNOWN = ErrorType(
    "cql_write_unknown",
    UNKNOWN,
    "a transaction was left undecided",
    "a transaction was left undecided; these rows may have arrived; look which did, then replay",
)
READ_TIMEOUT = ErrorType(
    "cql_read_timeout",
    UNKNOWN,
    "the condition of a transaction could not be read in time",
    "the condition could not be read in time; these rows may have arrived; look which did, then replay",
)
READ_FAILURE = ErrorType(
    "cql_read_failure",
    UNKNOWN,
    "replicas failed to read the condition of a transaction",
    "replicas failed to read the condition, see the server's log; these rows may have arrived",
)
SERVER_ERROR = ErrorType(
    "cql_server_error",
    UNKNOWN,
    "the server met an error of its own",
    "the server met an error of its own, see its log; these rows may have arrived",
)
CONNECTION_LOST = ErrorType(
    "cql_connection_lost",
    UNKNOWN,
    "the connection broke before an answer came",
    "the connection broke; these rows may have arrived, replay is safe for INSERT",
)
CLIENT_TIMEOUT = ErrorType(
    "cql_client_timeout",
    UNKNOWN,
    "no answer came within `timeouts.write`",
    "raise timeouts.write or lower concurrency.max_in_flight; these rows may have arrived",
)
ERROR = ErrorType(
    "cql_error",
    UNKNOWN,
    "the server's answer is of a kind that this version does not know",
    "the server's answer is of a kind that this version does not know; look at it: loader dlq show; "
    "these rows may have arrived",
)
BAD_CREDENTIALS = ErrorType(
    "cql_bad_credentials",
    NEVER,
    "the server does not take user or password; it stops the run",
    "check user and password of the target (auth)",
)
SYNTAX = ErrorType("cql_syntax", NEVER, "your query is no CQL for this server; it stops the run", "check target.query")
TABLE_CHANGED = ErrorType(
    "cql_table_changed",
    NEVER,
    "the table was changed or dropped while the load ran; it stops the run",
    "the table was changed or dropped meanwhile; resume, so that the rows are mapped anew",
)
UNAUTHORIZED = ErrorType(
    "cql_unauthorized",
    REFUSED,
    "the user may not write there; before anything was delivered it stops the run",
    "grant MODIFY on the table (and SELECT, for conditions) to this user",
)
