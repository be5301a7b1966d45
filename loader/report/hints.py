"""Hints: what to do about each error type, in one sentence."""

from __future__ import annotations

import re

_HINTS = {
    "bad_json": "mend these lines; each must be one JSON object",
    "not_an_object": "each line must be a JSON object, {...}; jq -c '.[]' makes lines of an array's objects",
    "bad_encoding": "save the file as UTF-8; one from Windows is mostly cp1252: iconv -f cp1252 -t utf-8",
    "lone_surrogate": "these texts hold half a character; write them again from their source",
    "nesting_too_deep": "flatten these rows, or load them as text",
    "wrong_field_count": "check delimiter and quotes of these lines (input.delimiter, input.quote)",
    "bad_csv": "check delimiter and quotes of these lines (input.delimiter, input.quote)",
    "unclosed_quote": "close or double the quote on these lines; those behind them were read as rows of their own",
    "text_after_quote": "double the quotes within these fields, or name what escapes them (input.escape); "
    'where quotes are text and enclose nothing: input.quote = ""',
    "stray_quote": "put these fields in quotes and double those within, or take them as text: input.strict = false",
    "repeated_header": "these are headers of files that were put one behind the other; there is nothing to mend",
    "byte_order_mark": "take the byte order mark (the bytes EF BB BF) off the beginning of these lines",
    "nul_byte": "take the NUL bytes out of these lines",
    "row_too_large": "raise input.max_row_bytes, or split these rows",
    "bad_value": "mend the columns named, or change mapping.types or input.null_words",
    "missing_field": "give these rows the field that the template, or the primary key of the table, needs",
    "extra_field": 'say where these fields go in mapping.fields, or set mapping.extra = "ignore"',
    "damaged_letter": "these lines of the dead letter queue are damaged; mend them by hand",
    "http_400": "the target does not understand these rows; compare them with what the API expects",
    "http_401": "check the credentials of the target (auth)",
    "http_403": "check that these credentials may write there",
    "http_404": "check the path of the URL",
    "http_405": "check target.method against what the API expects",
    "http_407": "check the credentials of the proxy",
    "http_409": "these rows are there already, or in another version",
    "http_413": "lower batch.max_bytes; a row that is too large alone cannot be sent",
    "http_415": "check target.body and the Content-Type in target.headers against what the API expects",
    "http_422": "the API refuses the content of these rows; mend them, then replay",
    "http_429": "the API limits the rate; set [rate] or lower concurrency.max_in_flight, then replay",
    "connect_refused": "check that the target, or the proxy before it, is up, then replay",
    "connect_failed": "check network and URL, then replay",
    "connect_timeout": "check network and firewall, or raise timeouts.connect, then replay",
    "dns": "check the host in the URL",
    "tls": "check certificates: that of the target, and target.ca, target.cert; each letter says what is wrong",
    "proxy_refused": "check the proxy: its address, and whether it lets these requests through",
    "read_timeout": "raise timeouts.read or lower batch.size; these rows may have arrived",
    "attempt_timeout": "raise timeouts.write or lower batch.size; these rows may have arrived",
    "write_timeout": "raise timeouts.write or lower batch.size; these rows may have arrived",
    "reset": "the connection broke; these rows may have arrived, replay is safe where keys are honoured",
    "incomplete_answer": "the answer broke off; these rows may have arrived",
    "bad_answer": "what answers there is not the API, or a proxy is in between",
    "answer_too_large": "the answer is larger than any bulk answer should be; check the URL",
    "items_mismatch": "check target.items against what the API answers; these rows may have arrived",
    "items_missing": "set target.items: the answer speaks of each row; these rows may have arrived",
    "accept_mismatch": "check target.accept against what the API answers; these rows may have arrived",
    "refused_in_answer": "the API refuses the content of these rows; mend them, then replay",
    "cql_invalid": "the server refuses the content of these rows; mend them, then replay",
    "cql_guardrail": "a guardrail of the server forbids these rows; mend them, or have it changed, then replay",
    "cql_too_large": "these rows are larger than the server takes (max_mutation_size, batch_size_fail_threshold)",
    "cql_not_applied": "the condition of your query does not hold for what stands there, which each letter shows",
    "cql_unauthorized": "grant MODIFY on the table (and SELECT, for conditions) to this user, then replay",
    "cql_bad_credentials": "check user and password of the target (auth)",
    "cql_syntax": "check target.query",
    "cql_table_changed": "the table was changed or dropped meanwhile; resume, so that the rows are mapped anew",
    "cql_function_failure": "a function in your query failed for these rows; mend them, then replay",
    "cql_unavailable": "too few replicas are up for target.consistency; replay when they are",
    "cql_overloaded": "the cluster has too much to do; lower concurrency.max_in_flight or set [rate], then replay",
    "cql_bootstrapping": "a node is still joining; replay when it has",
    "cql_truncate_error": "the table is being truncated; replay when that is over",
    "cql_cdc_full": "the server's space for change data capture is used up; replay when it was read",
    "cql_unprepared": "the server forgets statements as fast as they are prepared; replay later",
    "cql_no_host": "check that the nodes of the local data centre are up, then replay",
    "cql_busy": "the connections took nothing within timeouts.write; lower concurrency.max_in_flight, then replay",
    "cql_write_timeout": "too few replicas answered in time; these rows may have arrived, replay is safe for INSERT",
    "cql_write_failure": "replicas failed at these rows, see the server's log; they may have arrived on some",
    "cql_write_unknown": "a transaction was left undecided; these rows may have arrived",
    "cql_read_timeout": "the condition could not be read in time; these rows may have arrived",
    "cql_read_failure": "replicas failed to read the condition, see the server's log; these rows may have arrived",
    "cql_server_error": "the server met an error of its own, see its log; these rows may have arrived",
    "cql_connection_lost": "the connection broke; these rows may have arrived, replay is safe for INSERT",
    "cql_client_timeout": "raise timeouts.write or lower concurrency.max_in_flight; these rows may have arrived",
    "cql_error": "the server's answer is of a kind that this version does not know; look at it: loader dlq show",
    "interrupted": "these rows were sent and not answered; replay them with --class unknown",
    "defect": "please report it with the run.log of this run; these rows may have arrived",
    "other": "errors of too many kinds to count each: loader dlq stats",
}

_CLASSES = (
    (re.compile(r"http_3\d\d"), "redirects are not followed: give the URL that the target redirects to"),
    (re.compile(r"http_4\d\d"), "the API refuses these rows; mend them, then replay"),
    (re.compile(r"http_5\d\d"), "the target failed for these rows; replay when it is well again"),
)


def hint_for(error_type: str) -> str:
    """What to do about errors of this type."""
    if error_type in _HINTS:
        return _HINTS[error_type]
    fitting = (hint for pattern, hint in _CLASSES if pattern.fullmatch(error_type))
    return next(fitting, "look at them: loader dlq show")
