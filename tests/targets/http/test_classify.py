"""What complete answers mean."""

from __future__ import annotations

import pytest

from loader.config.sections import Retry
from loader.outcomes import Ending, Fault
from loader.targets.http.classify import Classifier
from loader.targets.http.request import Response
from tests.targets.http.conftest import jsonl
from tests.targets.http.servers import answer, keep_alive, serving

RETRIED = Retry().statuses


def cause(status, headers=None, body=b"", *, statuses=RETRIED, repeatable=True):
    return Classifier(frozenset(statuses), repeatable).cause(Response(status, headers or {}, body), wall=1000.0)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 299])
def test_every_2xx_is_accepted(status):
    assert cause(status) is None


@pytest.mark.parametrize("status", Retry().statuses)
def test_configured_statuses_are_retried(status):
    assert cause(status).retryable
    assert cause(status).fault is Fault.NONE


@pytest.mark.parametrize("status", [101, 400, 402, 409, 413, 415, 422, 451, 505, 599])
def test_every_other_answer_is_refused(status):
    refused = cause(status)
    assert (refused.error_type, refused.ending, refused.status) == (f"http_{status}", Ending.REFUSED, status)
    assert (refused.retryable, refused.fault, refused.throttled) == (False, Fault.NONE, False)


@pytest.mark.parametrize("status", [401, 407])
def test_missing_credentials_are_a_certain_fault_of_the_target(status):
    assert (cause(status).fault, cause(status).retryable) == (Fault.CERTAIN, False)


@pytest.mark.parametrize("status", [301, 302, 304, 308, 403, 404, 405, 501])
def test_some_answers_may_be_a_fault_of_the_target(status):
    assert (cause(status).fault, cause(status).retryable) == (Fault.SUSPECTED, False)
    configured = cause(status, statuses=(status,))
    assert (configured.fault, configured.retryable) == (Fault.NONE, True)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_some_5xx_leave_rows_in_doubt_that_may_not_be_repeated(status):
    assert cause(status).ending is Ending.REFUSED
    assert cause(status, repeatable=False).ending is Ending.AMBIGUOUS


@pytest.mark.parametrize("status", [429, 503, 501, 400])
def test_other_answers_leave_none(status):
    assert cause(status, repeatable=False).ending is Ending.REFUSED


@pytest.mark.parametrize(
    ("status", "value", "wait", "throttled"),
    [
        (429, None, None, True),
        (429, "12", 12, True),
        (429, "soon", None, True),
        (503, "12", 12, True),
        (503, None, None, False),
        (503, "-1", None, False),
        (503, "0", None, False),
        (503, "Fri, 31 Dec 1999 23:59:59 GMT", None, False),
        (429, "0", None, True),
        (429, "2.0", 2, True),
        (403, "12", 12, True),
        (403, "0", None, True),
        (422, "12", None, False),
    ],
)
def test_a_server_that_asks_for_a_wait_speaks_of_pace(status, value, wait, throttled):
    headers = {} if value is None else {"retry-after": value}
    assert (cause(status, headers).retry_after, cause(status, headers).throttled) == (wait, throttled)


@pytest.mark.parametrize("headers", [{"retry-after": "7"}, {"retry-after": "0"}, {"x-ratelimit-remaining": "0"}])
def test_403_that_speaks_of_pace_is_tried_again_and_no_fault(headers):
    """GitHub answers so where a rate limit is used up."""
    paced = cause(403, headers)
    assert (paced.retryable, paced.throttled, paced.fault) == (True, True, Fault.NONE)
    assert "rate" in paced.hint


@pytest.mark.parametrize("headers", [{"retry-after": "soon"}, {"x-ratelimit-remaining": "12"}])
def test_any_other_403_is_a_suspected_fault(headers):
    assert (cause(403, headers).retryable, cause(403, headers).fault) == (False, Fault.SUSPECTED)


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1090"}, 90),
        (429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1090"}, 90),
        (429, {"ratelimit-remaining": "0", "ratelimit-reset": "90"}, 90),
        (403, {"x-rate-limit-remaining": "0", "x-rate-limit-reset": "1090"}, 90),
        (429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1090", "retry-after": "5"}, 5),
        (429, {"x-ratelimit-remaining": "1", "x-ratelimit-reset": "1090"}, None),
        (503, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1090"}, None),
    ],
)
def test_an_empty_rate_limit_is_waited_for(status, headers, wait):
    in_2001 = 1_000_000_000
    headers = {name: str(in_2001 + int(text) - 1000) if text == "1090" else text for name, text in headers.items()}
    found = Classifier(frozenset(RETRIED), repeatable=True).cause(Response(status, headers, b""), wall=in_2001)
    assert found.retry_after == wait


def test_dates_are_measured_by_the_clock_of_the_server():
    headers = {"retry-after": "Fri, 31 Dec 1999 23:59:59 GMT", "date": "Fri, 31 Dec 1999 23:59:29 GMT"}
    assert cause(429, headers).retry_after == 30


def test_a_message_holds_status_and_the_start_of_the_body_on_one_line():
    assert cause(422, {}, b" not\n\n a \t number ").message == "HTTP 422 Unprocessable Entity: not a number"
    assert cause(499, {}, b"").message == "HTTP 499"
    long = cause(400, {}, b"x" * 10_000).message
    assert long == f"HTTP 400 Bad Request: {'x' * 500}"
    assert "\ufffd" in cause(400, {}, b"\xff").message


def test_a_redirect_tells_where_to():
    assert "to http://elsewhere/" in cause(301, {"location": "http://elsewhere/"}).message


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 407, 413, 415, 422, 429])
def test_common_statuses_come_with_a_hint(status):
    assert cause(status).hint


def test_answers_that_repeat_a_secret_are_masked(sending):
    with serving(keep_alive(lambda seen: answer(401, b"unknown key s3cret", reason="s3cret"))) as server:
        result = sending(server.url, jsonl(b"{}"))
    assert result.cause.fault is Fault.CERTAIN
    assert "s3cret" not in str(result)
