"""Answers that are no success although their status is: the real command against servers that answer so."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import rows
from tests.command import law
from tests.targets.http.servers import answer, keep_alive, serving


def section(server, text: str) -> str:
    return f'[target.api]\nurl = "{server.url}/x"\n{text}\n'


def always(status: int, body: object):
    return serving(keep_alive(lambda seen: answer(status, json.dumps(body).encode())))


def stopped_by_settings(done, *words: str) -> None:
    """Nothing was delivered, no row is blamed, and the end says why and what to do."""
    assert done.code == 3
    law(done.report)
    assert (done.report["delivered"], done.report["rejected"], done.report["unknown"]) == (0, 0, 0)
    assert done.report["untouched"] == 500
    assert done.report["dlq"] is None
    for word in words:
        assert word in done.err
    assert "settings of the target are at fault" in done.report["reason"]


def test_a_multi_status_without_items_stops_the_run_at_once(loader):
    """It once counted as success, whatever stood in it."""
    loader.write("a.jsonl", rows(500))
    with always(207, [{"status": 422, "error": "no such column"}]) as server:
        loader.configure(section(server, "") + "[batch]\nsize = 10\n")
        done = loader("push", "a.jsonl", "--to", "api")
        assert len(server.requests) <= 8
    stopped_by_settings(done, "no such column", "items =")
    assert done.report["handed_back_in_doubt"] == 10 * len(server.requests)


def test_a_multi_status_after_deliveries_stops_the_run_too(loader):
    def respond(seen):
        return answer(207, b'[{"status":409}]') if b'"id": 7}' in seen.body or b'"id": 7,' in seen.body else answer(200)

    loader.write("a.jsonl", rows(20))
    with serving(keep_alive(respond)) as server:
        loader.configure(section(server, "") + "[batch]\nsize = 1\n[concurrency]\nmax_in_flight = 1\n")
        done = loader("push", "a.jsonl", "--to", "api")
    assert done.code == 3
    assert (done.report["delivered"], done.report["rejected"], done.report["handed_back_in_doubt"]) == (7, 0, 1)
    assert "items" in done.report["hint"]


def test_what_may_not_be_repeated_is_unknown_after_a_multi_status_and_the_run_stops(loader):
    loader.write("a.jsonl", rows(500))
    with always(207, [{"status": 422}]) as server:
        loader.configure(section(server, "repeatable = false") + "[batch]\nsize = 10\n")
        done = loader("push", "a.jsonl", "--to", "api")
    assert done.code == 3
    law(done.report)
    assert done.report["unknown"] == 10 * len(server.requests) < 500
    assert done.report["by_type"] == {"items_missing": done.report["unknown"]}


@pytest.mark.parametrize(
    ("mapping", "body", "reason", "body_start"),
    [
        (
            '{list = "result", status = "status", error = "error"}',
            {"results": []},
            'no list in the answer at "result"',
            '{"results": []}',
        ),
        (
            '{list = "", status = "state", error = "e"}',
            [{"status": 201}] * 10,
            'neither a status at "state"',
            '{"status":201}',
        ),
        ('{list = "", status = "s", error = "e"}', [{"s": "created"}] * 10, 'has at "s" no number', '{"s":"created"}'),
        (
            '{list = "", status = "ok", error = "e"}',
            [{"ok": 1}] * 10,
            'has at "ok" the number 1, which is no status of HTTP',
            '{"ok":1}',
        ),
        (
            '{list = "", status = "ok", error = "message"}',
            [{"ok": True, "message": "created"}] * 10,
            'has an error at "message"',
            '"message":"created"',
        ),
        (
            '"elasticsearch"',
            {"errors": True, "items": [{"index": {}}] * 10},
            'neither a status at "*.status"',
            '{"index":{}}',
        ),
    ],
)
def test_a_mapping_that_fits_no_answer_stops_the_run_at_once(loader, mapping, body, reason, body_start):
    """Every row was once sent eight to ten times, and then the target was said to be down."""
    loader.write("a.jsonl", rows(500))
    with always(200, body) as server:
        loader.configure(section(server, f"items = {mapping}") + "[batch]\nsize = 10\n")
        done = loader("push", "a.jsonl", "--to", "api")
        assert len(server.requests) <= 8
    stopped_by_settings(done, "target.items")
    assert reason in done.report["reason"]
    assert body_start in done.report["reason"]


def test_an_answer_that_does_not_fit_after_deliveries_leaves_its_rows_unknown(loader):
    def respond(seen):
        said = [{"ok": True}] if b'"id": 3,' not in seen.body else {"message": "try later"}
        return answer(200, json.dumps(said).encode())

    loader.write("a.jsonl", rows(10))
    with serving(keep_alive(respond)) as server:
        settings = 'items = {list = "", status = "ok", error = "e"}\n[batch]\nsize = 1\n[retry]\nmax_retries = 1\n'
        text = section(server, settings) + "[concurrency]\nmax_in_flight = 1\n"
        loader.write("loader.toml", text)
        done = loader("push", "a.jsonl", "--to", "api", "--dlq", "dead.jsonl")
    assert done.code == 1
    assert (done.report["delivered"], done.report["unknown"]) == (9, 1)
    assert [letter["error_type"] for letter in loader.letters()] == ["items_mismatch"]


def test_one_entry_that_says_nothing_is_unknown_and_its_neighbours_are_delivered(loader):
    def respond(seen):
        entries = [{"index": {} if b'"id": 1,' in row else {"status": 201}} for row in seen.body.split(b"\n")[1::2]]
        return answer(200, json.dumps({"errors": True, "items": entries}).encode())

    loader.write("a.jsonl", rows(4))
    with serving(keep_alive(respond)) as server:
        loader.write("loader.toml", section(server, 'items = "elasticsearch"') + "[retry]\nmax_retries = 0\n")
        done = loader("push", "a.jsonl", "--to", "api", "--dlq", "dead.jsonl")
    assert (done.report["delivered"], done.report["unknown"]) == (3, 1)
    assert [letter["row"]["id"] for letter in loader.letters()] == [1]


def test_accept_finds_the_rows_that_are_refused_with_status_200(loader):
    """Doris, StarRocks, GraphQL and others say no so."""

    def respond(seen):
        bad = [row["id"] for row in json.loads(seen.body) if row["id"] in (3, 8)]
        said = {"Status": "Fail", "Message": f"bad rows {bad}"} if bad else {"Status": "Success"}
        return answer(200, json.dumps(said).encode())

    loader.write("a.jsonl", rows(10))
    with serving(keep_alive(respond)) as server:
        loader.configure(section(server, 'accept = {path = "Status", equals = ["Success"]}'))
        done = loader("push", "a.jsonl", "--to", "api", "--dlq", "dead.jsonl")
    assert done.code == 1
    assert (done.report["delivered"], done.report["rejected"]) == (8, 2)
    assert done.report["by_type"] == {"refused_in_answer": 2}
    assert sorted((each["row"]["id"], each["class"]) for each in loader.letters()) == [(3, "refused"), (8, "refused")]
    assert all("bad rows [" in each["error"] for each in loader.letters())


def test_accept_that_fits_no_answer_stops_the_run_at_once(loader):
    loader.write("a.jsonl", rows(500))
    with always(200, {"status": "Success"}) as server:
        loader.configure(section(server, 'accept = {path = "Status", equals = ["Success"]}') + "[batch]\nsize = 10\n")
        done = loader("push", "a.jsonl", "--to", "api")
    stopped_by_settings(done, "check target.accept", 'finds no "Status"')


def test_a_bulk_url_without_items_is_refused_before_anything_is_sent(loader):
    loader.write("a.jsonl", rows(1))
    with always(200, {"errors": True, "items": [{"index": {"status": 400}}]}) as server:
        done = loader("push", "a.jsonl", "--to", f"{server.url}/orders/_bulk")
        assert not server.requests
    assert done.code == 2
    assert 'items = "elasticsearch"' in done.err
