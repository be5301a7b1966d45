from __future__ import annotations

import re
from pathlib import Path

import pytest

from loader.report.hints import hint_for
from loader.targets import cassandra

KNOWN = re.findall(
    r"\w+",
    """
bad_json not_an_object bad_encoding lone_surrogate nesting_too_deep wrong_field_count bad_csv unclosed_quote nul_byte
text_after_quote stray_quote repeated_header
row_too_large bad_value missing_field damaged_letter http_301 http_400 http_401 http_403 http_404 http_405 http_407
http_409 http_413 http_415 http_418 http_422 http_429 http_500 http_502 http_503 http_504 http_599 connect_refused
connect_failed connect_timeout dns tls proxy_refused read_timeout write_timeout attempt_timeout reset incomplete_answer
bad_answer answer_too_large items_mismatch interrupted defect other
""",
)


CASSANDRA = Path(cassandra.__file__).parent
KNOWN += sorted({name for path in CASSANDRA.glob("*.py") for name in re.findall(r'"(cql_\w+)"', path.read_text())})


@pytest.mark.parametrize("error_type", KNOWN)
def test_every_known_type_has_a_hint_of_its_own(error_type):
    hint = hint_for(error_type)
    assert hint != hint_for("never_heard_of")
    assert "\n" not in hint


def test_an_unknown_type_has_a_hint_too():
    assert "loader dlq" in hint_for("never_heard_of")


def test_what_may_have_arrived_says_so():
    http = ("read_timeout", "write_timeout", "attempt_timeout", "reset", "incomplete_answer")
    for error_type in (*http, "cql_write_timeout", "cql_write_failure", "cql_connection_lost", "cql_client_timeout"):
        assert "may have arrived" in hint_for(error_type)


def test_a_status_is_matched_whole():
    assert hint_for("http_4220") == hint_for("never_heard_of")


def test_the_encoding_that_is_named_is_the_one_of_windows():
    """In latin1 the bytes of its dashes and of the euro sign are controls, and would arrive as such."""
    assert "iconv -f cp1252 -t utf-8" in hint_for("bad_encoding")
