"""What each error of server and driver means for the rows of its request."""

from __future__ import annotations

import errno

import pytest
from cassandra import AuthenticationFailed, OperationTimedOut, WriteType
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionShutdown
from cassandra.protocol import ErrorMessage

from loader.outcomes import Ending, Fault
from loader.targets.cassandra.classify import cause_of, connect_cause
from loader.targets.cassandra.protocol.wire import Answered, Lost, TimedOut, Unprepared, Unsent

REFUSED, UNSENT, AMBIGUOUS = Ending


def error(code: int, text: str = "why", info: object = None) -> Answered:
    return Answered(ErrorMessage(code, text, info))


@pytest.mark.parametrize(
    ("code", "error_type", "ending", "retryable"),
    [
        (0x0000, "cql_server_error", AMBIGUOUS, True),
        (0x1000, "cql_unavailable", REFUSED, True),
        (0x1001, "cql_overloaded", REFUSED, True),
        (0x1002, "cql_bootstrapping", REFUSED, True),
        (0x1100, "cql_write_timeout", AMBIGUOUS, True),
        (0x1500, "cql_write_failure", AMBIGUOUS, True),
        (0x1700, "cql_write_unknown", AMBIGUOUS, True),
        (0x1400, "cql_function_failure", REFUSED, False),
        (0x2200, "cql_invalid", REFUSED, False),
        (0x2300, "cql_invalid", REFUSED, False),
        (0x7777, "cql_error", AMBIGUOUS, True),
    ],
)
def test_errors_of_the_server(code, error_type, ending, retryable):
    cause = cause_of(error(code))
    assert (cause.error_type, cause.ending, cause.retryable, cause.fault) == (error_type, ending, retryable, Fault.NONE)
    assert cause.code == f"{code:#06x}"


def test_overload_speaks_of_pace_and_a_write_timeout_of_time():
    assert cause_of(error(0x1001)).throttled
    assert cause_of(error(0x1100)).timeout


def test_replicas_and_write_type_are_told():
    info = {"consistency": 6, "received_responses": 1, "required_responses": 2, "write_type": WriteType.UNLOGGED_BATCH}
    assert cause_of(error(0x1100, info=info)).message == "why (UNLOGGED_BATCH: 1 of 2 replicas answered)"
    info = {"consistency": 6, "required_replicas": 2, "alive_replicas": 1}
    assert cause_of(error(0x1000, info=info)).message == "why (1 of 2 replicas are up)"


@pytest.mark.parametrize(
    ("text", "error_type", "too_large", "fault"),
    [
        ("Batch too large", "cql_too_large", True, Fault.NONE),
        ("Guardrail column_value_size violated: Value of 2.000MiB", "cql_guardrail", False, Fault.NONE),
        ("unconfigured table orders", "cql_table_changed", False, Fault.CERTAIN),
        ("Keyspace 'shop' does not exist", "cql_table_changed", False, Fault.CERTAIN),
        ("Key may not be empty", "cql_invalid", False, Fault.NONE),
    ],
)
def test_what_is_invalid_is_told_apart_by_its_text(text, error_type, too_large, fault):
    cause = cause_of(error(0x2200, text))
    assert (cause.error_type, cause.too_large, cause.fault) == (error_type, too_large, fault)


@pytest.mark.parametrize(
    ("code", "fault"), [(0x0100, Fault.CERTAIN), (0x2000, Fault.CERTAIN), (0x2100, Fault.SUSPECTED)]
)
def test_faults_of_the_target_blame_no_row(code, fault):
    assert cause_of(error(code)).fault is fault


def test_a_statement_that_cannot_be_prepared_again_is_a_fault_of_the_target():
    cause = cause_of(Unprepared(ErrorMessage(0x2200, "Undefined column name note", None)))
    assert (cause.error_type, cause.fault) == ("cql_table_changed", Fault.CERTAIN)
    assert "Undefined column name note" in cause.message


@pytest.mark.parametrize(
    ("reply", "error_type", "ending"),
    [
        (Lost(ConnectionShutdown("reset")), "cql_connection_lost", AMBIGUOUS),
        (TimedOut(sent=True), "cql_client_timeout", AMBIGUOUS),
        (TimedOut(sent=False), "cql_busy", UNSENT),
        (Unsent({"127.0.0.1:9042": "not connected"}), "cql_no_host", UNSENT),
    ],
)
def test_attempts_without_an_answer(reply, error_type, ending):
    cause = cause_of(reply)
    assert (cause.error_type, cause.ending, cause.retryable) == (error_type, ending, True)


_UNVERIFIED = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:1006)"


@pytest.mark.parametrize(
    ("raised", "error_type", "fault"),
    [
        (NoHostAvailable("none", {"h": AuthenticationFailed("bad password")}), "cql_bad_credentials", Fault.CERTAIN),
        (NoHostAvailable("none", {"h": OSError(errno.EMFILE, "Too many open files")}), "no_resources", Fault.OURS),
        (NoHostAvailable("none", {"h": OSError(1, f"Last error: {_UNVERIFIED}")}), "tls", Fault.AT_START),
        (NoHostAvailable("none", {"h": ConnectionRefusedError(111, "refused")}), "cql_no_host", Fault.NONE),
        (OperationTimedOut(), "cql_no_host", Fault.NONE),
    ],
)
def test_why_no_session_could_be_opened(raised, error_type, fault):
    cause = connect_cause(raised)
    assert (cause.error_type, cause.fault) == (error_type, fault)


def test_hosts_that_the_driver_did_not_even_try_are_named():
    cause = connect_cause(NoHostAvailable("Unable to connect to any servers", ["10.0.0.1", "10.0.0.2"]))
    assert (cause.error_type, cause.retryable) == ("cql_no_host", True)
    assert cause.message == "no connection: 10.0.0.1: not connected; 10.0.0.2: not connected"
