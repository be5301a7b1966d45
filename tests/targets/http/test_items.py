"""Answers that speak of each row, and answers that seem to."""

from __future__ import annotations

import json

import pytest

from loader.outcomes import ACCEPTED, Ending, Fault, Result
from loader.targets.http.classify import Classifier
from loader.targets.http.items import ItemReader
from loader.targets.http.request import Response
from loader.targets.http.settings.row_answers import ELASTICSEARCH, MULTI_STATUS, Items
from tests.targets.http.conftest import jsonl
from tests.targets.http.servers import answer, keep_alive, serving

RETRIED = frozenset((429, 500, 503))


def read(body, count=2, *, status=200, items=ELASTICSEARCH, headers=None, repeatable=True) -> Result:
    reader = ItemReader(items, Classifier(RETRIED, repeatable))
    document = body if isinstance(body, bytes) else json.dumps(body).encode()
    return reader.read(Response(status, headers or {}, document), count, wall=0.0)


def elastic(*statuses, errors=True, **error):
    entries = [{"index": {"_id": "x", "status": status, **error}} for status in statuses]
    return {"took": 3, "errors": errors, "items": entries}


def test_each_row_has_its_own_fate():
    reason = {"type": "mapper_parsing_exception", "reason": "failed to parse", "caused_by": {}}
    body = elastic(201, 400, 429, 503)
    body["items"][1]["index"]["error"] = reason
    result = read(body, 4)
    assert result.cause is None
    assert sorted(result.rows) == [1, 2, 3]
    refused, paced, down = (result.rows[i] for i in (1, 2, 3))
    assert (refused.error_type, refused.retryable, refused.code) == ("http_400", False, "mapper_parsing_exception")
    assert refused.message == "HTTP 400: failed to parse"
    assert (paced.retryable, paced.throttled) == (True, True)
    assert (down.retryable, down.throttled) == (True, False)
    assert {cause.ending for cause in result.rows.values()} == {Ending.REFUSED}


@pytest.mark.parametrize("status", [401, 403, 404, 407, 307])
def test_an_entry_never_speaks_of_the_target(status):
    cause = read(elastic(200, status)).rows[1]
    assert cause.fault is Fault.NONE
    assert not cause.retryable


def test_a_row_refused_for_pace_waits_as_the_answer_asks():
    assert read(elastic(200, 429), headers={"retry-after": "7"}).rows[1].retry_after == 7


def test_a_failed_row_that_may_not_be_repeated_is_in_doubt():
    assert read(elastic(200, 500), repeatable=False).rows[1].ending is Ending.AMBIGUOUS


def test_rows_of_which_the_same_is_said_share_their_cause_masked_or_not():
    said = {"type": "conflict", "reason": "hunter2 is taken"}
    body = elastic(409, 200, 409, error=said)
    del body["items"][1]["index"]["error"]
    result = read(body, 3)
    masked = result.masked(lambda text: text.replace("hunter2", "***"))
    assert masked.rows[0].message == "HTTP 409: *** is taken"
    for each in (result, masked):
        assert sorted(each.rows) == [0, 2]
        assert each.rows[0] is each.rows[2]


def test_no_errors_and_the_right_length_is_all_accepted():
    assert read(elastic(201, 201, errors=False)) == ACCEPTED


MISMATCHES = {
    "too few": elastic(201, errors=False),
    "too many": elastic(201, 201, 201, errors=False),
    "too few with errors": elastic(400),
    "no list": {"errors": False},
    "a list elsewhere": {"errors": False, "data": [{}, {}]},
    "an object for a list": {"items": {"0": {}, "1": {}}},
    "no JSON": b"<html>",
    "no body": b"",
    "broken UTF-8": b'"\xff"',
    "too deep": b"[" * 100_000,
}


@pytest.mark.parametrize("body", MISMATCHES.values(), ids=MISMATCHES)
def test_a_success_that_cannot_be_matched_to_its_rows_is_ambiguous_for_all(body):
    result = read(body)
    assert not result.rows
    assert (result.cause.error_type, result.cause.ending) == ("items_mismatch", Ending.AMBIGUOUS)
    assert result.cause.retryable
    assert result.cause.fault is Fault.AT_START


SAYS_NOTHING = [7, None, "ok", [], {}, {"index": {}}, {"index": {"_id": "x"}}, {"index": {"status": "created"}}]


@pytest.mark.parametrize("errors", [True, None])
@pytest.mark.parametrize("entry", SAYS_NOTHING)
def test_an_entry_that_says_nothing_leaves_its_row_in_doubt(entry, errors):
    result = read({"errors": errors, "items": [{"index": {"status": 201}}, entry]})
    assert result.cause is None
    assert list(result.rows) == [1]
    assert (result.rows[1].error_type, result.rows[1].ending) == ("items_mismatch", Ending.AMBIGUOUS)
    assert result.rows[1].fault is Fault.NONE


@pytest.mark.parametrize("entry", SAYS_NOTHING)
def test_an_answer_of_which_no_entry_says_anything_fits_no_mapping(entry):
    result = read({"errors": True, "items": [entry, entry]})
    assert not result.rows
    assert (result.cause.error_type, result.cause.fault) == ("items_mismatch", Fault.AT_START)
    assert json.dumps(entry, separators=(",", ":")) in result.cause.message


def test_a_status_that_stands_nowhere_is_no_success():
    """A path that is misspelt once counted refused rows as delivered."""
    results = [{"state": 201}, {"state": 409, "problem": "there"}]
    cause = read({"results": results}, items=Items(("results",), "status", "error")).cause
    assert cause.fault is Fault.AT_START
    assert cause.message == (
        'HTTP 200, but an entry of the answer has neither a status at "status" nor an error at "error": {"state":201}'
    )


@pytest.mark.parametrize(("body", "reason"), [
    (b"<html>login</html>", "HTTP 200, but the answer is no JSON, and target.items is set: <html>login</html>"),
    (b"", "HTTP 200, but the answer is no JSON, and target.items is set; it is empty"),
    (b'{"data":[1]}', 'HTTP 200, but target.items finds no list in the answer at "items": {"data":[1]}'),
    (b'{"items":[1]}', 'HTTP 200, but the answer has entries for 1 rows, not for the 2 that were sent: {"items":[1]}'),
])  # fmt: skip
def test_what_does_not_fit_is_told_with_the_start_of_the_answer(body, reason):
    assert read(body).cause.message == reason


OWN = Items(("results",), "ok", "why")


def test_true_and_false_are_statuses():
    results = [{"ok": True}, {"ok": False, "why": "no such key"}, {"ok": False, "id": 3}, {"ok": False, "id": 4}]
    result = read({"results": results}, 4, items=OWN)
    assert result.cause is None
    assert {i: (cause.error_type, cause.message) for i, cause in result.rows.items()} == {
        1: ("refused_in_answer", "HTTP 200, refused in the answer: no such key"),
        2: ("refused_in_answer", 'HTTP 200, refused in the answer: {"ok":false,"id":3}'),
        3: ("refused_in_answer", 'HTTP 200, refused in the answer: {"ok":false,"id":4}'),
    }
    assert {(cause.ending, cause.status) for cause in result.rows.values()} == {(Ending.REFUSED, 200)}


@pytest.mark.parametrize("number", [0, 1, 2, -1, 99, 600, 200.5, 10**30])
@pytest.mark.parametrize("status", [200, 207])
def test_a_number_that_is_no_status_of_http_fits_no_mapping(number, status):
    """Each row was once refused as `http_1` and the like, where 1 or 0 was the word for "fine"."""
    result = read({"results": [{"ok": number}, {"ok": number}]}, items=OWN, status=status)
    assert (result.cause.error_type, result.cause.fault) == ("items_mismatch", Fault.AT_START)
    assert result.cause.ending is Ending.AMBIGUOUS
    assert f'at "ok" the number {number}, which is no status of HTTP (100 to 599)' in result.cause.message
    assert "leave status out" in result.cause.hint


def test_a_number_that_is_no_status_beside_others_leaves_its_row_in_doubt():
    result = read({"results": [{"ok": 201}, {"ok": 0}]}, items=OWN)
    assert [(i, cause.error_type, cause.ending) for i, cause in result.rows.items()] == [
        (1, "items_mismatch", Ending.AMBIGUOUS)
    ]


def test_a_number_that_is_no_status_does_not_speak_against_a_failed_request():
    assert read({"results": [{"ok": 0}, {"ok": 0}]}, items=OWN, status=400).cause.error_type == "http_400"


def test_a_whole_number_is_a_status_however_json_writes_it():
    body = b'{"results":[{"ok":200.0},{"ok":4.09e2,"why":"there"}]}'
    result = read(body, items=OWN)
    assert [(i, cause.error_type, cause.message) for i, cause in result.rows.items()] == [
        (1, "http_409", "HTTP 409: there")
    ]


@pytest.mark.parametrize("status", [True, 200, 201.0])
@pytest.mark.parametrize("error", ["duplicate", {"reason": "bad"}, ["x"], 7, True])
def test_an_accepted_entry_with_an_error_is_in_doubt(status, error):
    result = read({"results": [{"ok": status, "why": error}, {"ok": status}]}, items=OWN)
    assert [(i, cause.error_type, cause.ending) for i, cause in result.rows.items()] == [
        (0, "items_mismatch", Ending.AMBIGUOUS)
    ]
    assert 'says at "ok" that its row was accepted, and has an error at "why"' in result.rows[0].message


@pytest.mark.parametrize("status", [True, 200])
@pytest.mark.parametrize("error", ["", None, [], {}, False, 0])
def test_an_empty_error_is_none(status, error):
    assert read({"results": [{"ok": status, "why": error}, {"ok": status}]}, items=OWN) == ACCEPTED


def test_an_error_that_every_accepted_entry_has_fits_no_mapping():
    """As where `error` names the field of a message that says "created", too."""
    cause = read([{"status": 201, "error": "created"}] * 2, items=MULTI_STATUS).cause
    assert (cause.error_type, cause.fault) == ("items_mismatch", Fault.AT_START)
    assert "target.items.error" in cause.hint


def test_the_whole_entry_as_its_error_does_not_speak_against_its_status():
    result = read([{"status": 201}, {"status": 409}], items=Items(("",), "status", ""))
    assert {i: cause.message for i, cause in result.rows.items()} == {1: 'HTTP 409: {"status":409}'}


@pytest.mark.parametrize("errors", [True, False])
def test_what_elasticsearch_sums_up_does_not_cover_an_entry_that_says_otherwise(errors):
    body = elastic(201, 400, 201, errors=errors)
    body["items"][1]["index"]["error"] = {"type": "t", "reason": "no"}
    body["items"][2]["index"]["error"] = "strange"
    result = read(body, 3)
    assert {i: (cause.error_type, cause.ending) for i, cause in result.rows.items()} == {
        1: ("http_400", Ending.REFUSED),
        2: ("items_mismatch", Ending.AMBIGUOUS),
    }


def test_no_errors_in_sum_speak_for_entries_without_a_status():
    assert read({"errors": False, "items": [{"index": {}}, {"index": {"_id": "x"}}]}) == ACCEPTED


def test_a_sum_is_not_looked_for_where_entries_speak_in_other_fields():
    items = Items(("items",), "*.code", "*.why")
    body = {"errors": False, "items": [{"index": {"code": 201}}, {"index": {"code": 409, "why": "there"}}]}
    assert list(read(body, items=items).rows) == [1]


def test_a_list_may_hold_nothing_but_statuses():
    assert list(read([True, False, 201, 409], 4, items=Items(("",), "", "error")).rows) == [1, 3]


@pytest.mark.parametrize("status", [400, 422])
def test_true_and_false_decide_in_a_failed_request_too(status):
    assert list(read({"results": [{"ok": True}, {"ok": False}]}, status=status, items=OWN).rows) == [1]


@pytest.mark.parametrize(("status", "error_type"), [(400, "http_400"), (429, "http_429"), (503, "http_503")])
@pytest.mark.parametrize("body", [b"no", {"items": []}, {"items": [{}, {}]}, {"items": [{"a": {"status": 200}}, {}]}])
def test_without_a_full_list_another_status_speaks_for_the_request(status, error_type, body):
    """An entry that says nothing is no proof that a row was taken by a request that failed."""
    result = read(body, status=status)
    assert not result.rows
    assert result.cause.error_type == error_type


def test_a_failed_request_may_have_taken_some_rows():
    result = read([{"status": 200}, {"status": 422, "error": "no such key"}], status=400, items=MULTI_STATUS)
    assert result.cause is None
    assert [(i, cause.message) for i, cause in result.rows.items()] == [(1, "HTTP 422: no such key")]


@pytest.mark.parametrize("wrap", [lambda entries: entries, lambda entries: {"responses": entries}])
def test_multi_status_finds_its_list(wrap):
    result = read(
        wrap([{"status": 200}, {"status": 409, "error": {"message": "there"}}]), status=207, items=MULTI_STATUS
    )
    assert {i: cause.error_type for i, cause in result.rows.items()} == {1: "http_409"}


KINESIS = Items(("Records",), None, "ErrorMessage")


@pytest.mark.parametrize("error", [None, "", False])
def test_where_entries_have_no_status_one_is_accepted_if_it_has_no_error(error):
    assert read({"Records": [{"ErrorMessage": error}, {}]}, items=KINESIS) == ACCEPTED


@pytest.mark.parametrize("items", [KINESIS, Items(("Records",), "Status", "ErrorMessage")])
def test_an_entry_without_a_status_is_refused_if_it_has_an_error(items):
    cause = read({"Records": [{"ErrorMessage": "no"}, {"Status": 200}]}, items=items).rows[0]
    assert (cause.error_type, cause.ending) == ("refused_in_answer", Ending.REFUSED)
    assert cause.message == "HTTP 200, refused in the answer: no"


def test_where_entries_have_no_status_what_is_no_object_says_nothing():
    assert read({"Records": ["ok", {}]}, items=KINESIS).rows[0].ending is Ending.AMBIGUOUS


@pytest.mark.parametrize(
    ("error", "message", "code"),
    [
        ("plain", "plain", None),
        ({"type": "t", "reason": "r"}, "r", "t"),
        ({"code": 17, "message": "m"}, "m", "17"),
        ({"detail": ["a"]}, '["a"]', None),
        (["x"], '["x"]', None),
        ({"other": 1}, '{"other":1}', None),
        ("x" * 1000, "x" * 500, None),
    ],
)
def test_the_reason_of_an_entry_is_taken_from_where_it_stands(error, message, code):
    cause = read([{"status": 400, "error": error}], 1, items=MULTI_STATUS).rows[0]
    assert (cause.message, cause.code) == (f"HTTP 400: {message}", code)


def test_rows_of_a_real_answer_keep_their_places_and_secrets_are_masked(sending):
    def respond(seen):
        failed = {"index": {"status": 400, "error": {"type": "bad", "reason": "key s3cret is wrong"}}}
        return answer(200, json.dumps({"errors": True, "items": [failed, {"index": {"status": 201}}]}).encode())

    with serving(keep_alive(respond)) as server:
        result = sending(server.url, jsonl(b"{}", b"{}"), {"items": ELASTICSEARCH})
    assert {i: cause.message for i, cause in result.rows.items()} == {0: "HTTP 400: key *** is wrong"}
