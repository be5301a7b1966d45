"""Loading nothing is told, and is a failure where rows are required; what a replay leaves out it says why."""

from __future__ import annotations

import json
import shlex

import pytest

from loader.sink import Rule
from tests.cli.conftest import rows

SHARED = {"timestamp": "2026-11-24T10:15:00+00:00", "error": "no"}


def letters(*kinds: str, **more: object) -> str:
    made = ({"error_type": kind, "row": {"id": i}, "idempotency_key": f"key-{i}"} for i, kind in enumerate(kinds))
    return "".join(json.dumps(SHARED | letter | more) + "\n" for letter in made)


@pytest.mark.parametrize(("flag", "code"), [([], 0), (["--require-rows"], 1)])
@pytest.mark.parametrize("how", [[], ["--dry-run"]])
def test_an_input_without_a_row_is_a_failure_where_rows_are_required(loader, sink, flag, code, how):
    loader.write("a.csv", "id,name\n")
    done = loader("push", "a.csv", "--to", sink().url, *flag, *how)
    assert (done.code, done.report["exit_code"], done.report["read"]) == (code, code, 0)
    assert ("--require-rows asks for some" in done.err) is bool(flag)


def test_an_empty_stream_is_a_failure_where_rows_are_required(loader, sink):
    done = loader("push", "-", "--to", sink().url, "--require-rows", stdin=b"")
    assert (done.code, done.report["status"]) == (1, "complete")


def test_rows_that_are_required_and_there_make_no_difference(loader, sink):
    loader.write("a.jsonl", rows(1))
    assert loader("push", "a.jsonl", "--to", sink().url, "--require-rows").code == 0


def test_a_finished_run_of_no_rows_fails_again_where_rows_are_required(loader, sink):
    loader.write("a.csv", "id,name\n")
    target = sink()
    command = ("push", "a.csv", "--to", target.url, "--resume")
    codes = [loader(*command, *flag).code for flag in ([], ["--require-rows"], [])]
    assert codes == [0, 1, 0]


def test_a_replay_whose_filters_match_nothing_says_so(loader, sink):
    loader.write("dead.jsonl", letters("http_422", "http_503", "http_503"))
    command = ("replay", "dead.jsonl", "--to", sink().url, "--status", "500")
    done = loader(*command)
    assert (done.code, done.report["read"], done.report["skipped_because"]) == (0, 0, {"filtered": 3})
    assert "nothing was replayed: of 3 letters none is to be sent" in done.err
    assert "skipped 3 letters: 3 that the filters of this replay leave out" in done.err
    assert loader(*command, "--require-rows").code == 1


def test_a_replay_says_why_it_left_letters_out(loader, sink):
    target = sink()
    loader.configure(f'[target.once]\nurl = "{target.url}"\nrepeatable = false\n')
    unknown = letters("reset", **{"class": "unknown", "target": "once"})
    loader.write("dead.jsonl", letters("http_503", "http_422", target="once") + unknown)
    loader("replay", "dead.jsonl", "--error-type", "http_503")
    done = loader("replay", "dead.jsonl", "--error-type", "http_503", "--error-type", "reset")
    assert done.report["skipped_because"] == {"filtered": 1, "settled": 1, "may_have_arrived": 1}
    assert "1 that the filters of this replay leave out; 1 that an earlier replay settled (--all takes" in done.err
    assert "1 of rows that may have arrived where no row may be sent twice (look there first" in done.err


def test_reasons_are_counted_over_all_parts_of_a_replay(loader, sink):
    """They stand in the checkpoint, and a resume does not read what lies before its place."""
    loader.configure("[concurrency]\nmax_in_flight = 1\n[timeouts]\nrun = 0.000001\n")
    loader.write("dead.jsonl", letters(*["http_503", "http_422"] * 3))
    target = sink()
    command = ("replay", "dead.jsonl", "--to", target.url, "--error-type", "http_503", "--resume")
    assert loader(*command).code == 3
    loader.configure("")
    done = loader(*command)
    assert (done.code, done.report["read"], done.report["skipped_because"]) == (0, 3, {"filtered": 3})


ONCE = '[batch]\nsize = 1\n[errors]\nmax_error_ratio = 1.0\n[target.once]\nurl = "{url}"\nrepeatable = {repeatable}\n'


def test_unknown_rows_that_may_not_be_repeated_are_to_be_looked_at_first(loader, sink):
    target = sink(reset_after=1.0)
    loader.configure(ONCE.format(url=target.url, repeatable="false"))
    loader.write("a.jsonl", rows(3))
    done = loader("push", "a.jsonl", "--to", "once", "--dlq", "dead.jsonl")
    assert (done.code, done.report["unknown"], done.report["not_repeatable"]) == (1, 3, ["once"])
    last = done.err.splitlines()[-1]
    assert last.startswith("next: look at once which of the 3 unknown rows arrived (loader dlq show dead.jsonl")
    command = shlex.split(last.rpartition("then: loader ")[2])
    assert command == ["replay", "dead.jsonl", "--to", "once", "--class", "unknown"]


def test_refused_rows_beside_unknown_ones_need_not_wait_for_the_look(loader, sink):
    target = sink(reset_after=0.5, refuse=(Rule.parse("name~row"),), seed=3)
    loader.configure(ONCE.format(url=target.url, repeatable="false"))
    loader.write("a.jsonl", rows(20))
    done = loader("push", "a.jsonl", "--to", "once", "--dlq", "dead.jsonl")
    assert done.report["unknown"] > 0
    assert done.report["rejected"] > 0
    assert ", while loader replay dead.jsonl --to once delivers the others, then: loader replay" in done.err
