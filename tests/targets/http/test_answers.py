"""Answers that speak for a request as a whole: the status, and what `accept` looks into."""

from __future__ import annotations

import json

import pytest

from loader.outcomes import ACCEPTED, Ending, Fault
from loader.targets.http.answers import reader_of
from loader.targets.http.classify import Classifier
from loader.targets.http.request import Response
from loader.targets.http.settings.accept import Accept
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.settings.row_answers import MULTI_STATUS
from loader.targets.http.target import HttpEndpoint
from tests.targets.http.conftest import context, jsonl
from tests.targets.http.servers import answer, keep_alive, serving

DORIS = Accept("Status", ("Success", "Publish Timeout"))
GRAPHQL = Accept(absent="errors")


def read(body, *, status=200, **target):
    reader = reader_of(HttpTarget("", "https://h/x", **target), Classifier(frozenset((503,)), repeatable=True))
    return reader.read(
        Response(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode()), 2, wall=0.0
    )


def test_a_multi_status_that_nothing_looks_into_is_a_certain_fault_of_the_settings():
    cause = read([{"status": 422}], status=207).cause
    assert (cause.error_type, cause.fault, cause.ending) == ("items_missing", Fault.CERTAIN, Ending.AMBIGUOUS)
    assert '[{"status": 422}]' in cause.message
    assert "items" in cause.hint


def test_a_multi_status_may_be_looked_into_as_a_whole():
    assert read({"errors": []}, status=207, accept=GRAPHQL) == ACCEPTED


NOTHING: tuple[object, ...] = (None, False, 0, "", [], {})


@pytest.mark.parametrize(
    ("accept", "body"),
    [
        (DORIS, {"Status": "Success", "Message": "OK"}),
        (DORIS, {"Status": "Publish Timeout"}),
        (GRAPHQL, {"data": {}}),
        (GRAPHQL, {}),
        *((GRAPHQL, {"errors": empty}) for empty in NOTHING),
        (Accept("data.insert.ok", (True,)), {"data": {"insert": {"ok": True}}}),
        (Accept("*.code", (0,)), {"result": {"code": 0.0}}),
        (Accept("ok", (1, True)), {"ok": True}),
        (Accept("code", (0,), "error"), {"code": 0, "error": None}),
    ],
)
def test_an_answer_that_says_what_is_asked_for_is_accepted(accept, body):
    assert read(body, accept=accept) == ACCEPTED


@pytest.mark.parametrize(
    ("accept", "body", "message"),
    [
        (
            DORIS,
            {"Status": "Fail", "Message": "too many filtered rows"},
            'HTTP 200, but Status is Fail: {"Status":"Fail","Message":"too many filtered rows"}',
        ),
        (DORIS, {"Status": "success"}, 'HTTP 200, but Status is success: {"Status":"success"}'),
        (DORIS, {"Status": None}, 'HTTP 200, but Status is null: {"Status":null}'),
        (GRAPHQL, {"errors": [{"message": "no"}]}, 'HTTP 200, but errors is there: [{"message":"no"}]'),
        (Accept("ok", (True,)), {"ok": 1}, 'HTTP 200, but ok is 1: {"ok":1}'),
        (Accept("ok", (1,)), {"ok": True}, 'HTTP 200, but ok is true: {"ok":true}'),
        (Accept("code", (0,), "error"), {"code": 0, "error": "x"}, "HTTP 200, but error is there: x"),
    ],
)
def test_an_answer_that_says_otherwise_refuses_the_request_in_its_own_words(accept, body, message):
    cause = read(body, accept=accept).cause
    assert (cause.error_type, cause.ending, cause.status) == ("refused_in_answer", Ending.REFUSED, 200)
    assert (cause.retryable, cause.fault) == (False, Fault.NONE)
    assert cause.message == message


@pytest.mark.parametrize(
    ("accept", "body", "message"),
    [
        (DORIS, b"OK", "HTTP 200, but the answer is no JSON object, and target.accept is set: OK"),
        (GRAPHQL, b"", "HTTP 200, but the answer is no JSON object, and target.accept is set; it is empty"),
        (GRAPHQL, b"[]", "HTTP 200, but the answer is no JSON object, and target.accept is set: []"),
        (DORIS, b'{"status":1}', 'HTTP 200, but target.accept finds no "Status" in the answer: {"status":1}'),
    ],
)
def test_an_answer_that_does_not_fit_leaves_the_rows_in_doubt_and_speaks_of_the_settings(accept, body, message):
    cause = read(body, accept=accept).cause
    assert (cause.error_type, cause.ending) == ("accept_mismatch", Ending.AMBIGUOUS)
    assert (cause.retryable, cause.fault) == (True, Fault.AT_START)
    assert cause.message == message


@pytest.mark.parametrize(
    "settings", [{}, {"accept": DORIS}, {"items": MULTI_STATUS}], ids=["status", "accept", "items"]
)
def test_the_start_of_an_answer_is_told_without_secrets(sending, settings):
    body = b'{"told":"Bearer s3cret"}'
    with serving(keep_alive(lambda seen: answer(207, body))) as server:
        cause = sending(server.url, jsonl(b"{}", b"{}"), settings).cause
    assert cause.message.endswith(': {"told":"Bearer ***"}')


def test_the_plan_says_what_of_an_answer_counts():
    found = []
    for settings in ({}, {"accept": DORIS}, {"items": MULTI_STATUS}):
        endpoint = HttpEndpoint(HttpTarget("", "http://localhost/", **settings), context())
        found.append(endpoint.preview.describe()["answers"])
        endpoint.close()
    assert found == ["by status", "by status and what a whole answer says (accept)", "row by row"]


@pytest.mark.parametrize(("status", "error_type"), [(422, "http_422"), (503, "http_503")])
def test_what_is_no_2xx_is_judged_by_its_status(status, error_type):
    assert read({"Status": "Success"}, status=status, accept=DORIS).cause.error_type == error_type
