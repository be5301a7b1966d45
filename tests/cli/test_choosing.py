"""Rows that are chosen by flags: the same ones with any number of workers, and over all parts of a load."""

from __future__ import annotations

import json
import random
import signal

import pytest

from loader.sink import Outage, RetryAfter
from tests.cli.conftest import rows
from tests.cli.test_push import wait_for_request
from tests.command import law

IN_ORDER = "[concurrency]\nmax_in_flight = 1\nworkers = 1\n"
COUNTS = ("read", "delivered", "rejected", "unknown", "skipped", "skipped_because", "untouched")


def counts(report: dict) -> dict:
    law(report)
    return {name: report[name] for name in COUNTS}


def ids(store) -> list[int]:
    return sorted(int(row["id"]) for row in store.rows())


def write_inputs(loader) -> list[str]:
    """JSON Lines and CSV of several chunks, with bad rows among them; every third row is paid."""
    lines = [json.dumps({"id": i, "status": "paid" if i % 3 == 0 else "open"}) for i in range(20_000)]
    for at in random.Random(3).sample(range(20_000), 40):
        lines[at] = "bad"
    loader.write("a.jsonl", "\n".join(lines) + "\n")
    table = "".join(f"{i},{'paid' if i % 3 == 0 else 'open'}\n" for i in range(20_000, 30_000))
    loader.write("b.csv", "id,status\n" + table)
    return ["a.jsonl", "b.csv"]


@pytest.mark.parametrize(
    "flags",
    [
        ("--limit", "12345"),
        ("--skip", "9000", "--limit", "9000"),
        ("--sample", "5%", "--seed", "4", "--limit", "700"),
        ("--where", "status = 'paid'"),
        ("--where", "status = 'paid' and id >= 100", "--skip", "50", "--limit", "8000"),
    ],
    ids=" ".join,
)
def test_three_workers_load_the_rows_that_one_does(loader, sink, flags):
    inputs = write_inputs(loader)
    loader.configure("[mapping]\ntypes = {id = 'integer'}\n")
    found = []
    for workers in ("1", "3"):
        target = sink()
        done = loader("push", *inputs, "--to", target.url, "--workers", workers, *flags)
        assert done.code in (0, 1), done.err
        found.append((counts(done.report), ids(target.store), sorted(done.report["samples"])))
    assert found[0] == found[1]
    assert found[0][0]["untouched"] == 0


@pytest.mark.parametrize("where", ["", "group = 1"])
def test_rows_are_counted_by_why_they_are_left_out(loader, sink, where):
    loader.write("d.jsonl", "".join(f'{{"id":{i},"group":{i % 2}}}\n' for i in range(20_000)))
    target = sink()
    flags = ("--skip", "100", "--limit", "5", *(("--where", where) if where else ()))
    done = loader("push", "d.jsonl", "--to", target.url, *flags)
    because = {"skip": 100} | ({"where": 5} if where else {})
    assert (done.code, done.report["read"], done.report["skipped_because"]) == (0, 5, because)
    assert done.report["skipped"] == sum(because.values())
    assert ids(target.store) == (list(range(101, 111, 2)) if where else list(range(100, 105)))
    assert "skipped" in done.err
    assert "100 at the beginning (--skip)" in done.err


def test_nothing_is_read_behind_the_limit(loader, sink):
    """The second file could not be read, and standard input does not end."""
    loader.write("a.jsonl", rows(10))
    loader.write("b.jsonl", "bad\n")
    target = sink()
    done = loader("push", "a.jsonl", "b.jsonl", "--to", target.url, "--limit", "10")
    assert (done.code, done.report["read"], done.report["warnings"]) == (0, 10, [])
    with loader.start("push", "-", "--to", target.url, "--limit", "3", stdin=-1) as process:
        process.stdin.write(rows(5, start=10).encode())
        process.stdin.flush()
        assert process.wait(60) == 0
        process.stdin.close()
    assert ids(target.store) == list(range(13))


@pytest.mark.parametrize("workers", ["1", "3"])
def test_a_load_that_was_stopped_goes_on_with_the_same_rows(loader, sink, workers):
    """Over three parts of a load, by a limit that counts what matches, with rows counted once."""
    loader.configure((IN_ORDER if workers == "1" else "") + "[batch]\nsize = 100\n")
    inputs = write_inputs(loader)
    flags = ("--where", "status = 'paid'", "--skip", "10", "--limit", "7000", "--workers", workers)
    whole = sink()
    expected = loader("push", *inputs, "--to", whole.url, *flags, "--dlq", "whole.jsonl")
    assert expected.report["read"] == 7000
    outages = tuple(Outage.parse(f"after={after},requests=1,answer=429") for after in (25, 55))
    target = sink(outages=outages, retry_after=RetryAfter.parse("1000"))
    command = ("push", *inputs, "--to", target.url, *flags, "--dlq", "dead.jsonl")
    codes = []
    for _ in range(3):
        done = loader(*command, "--resume")
        codes.append(done.code)
        assert done.report["read"] + done.report["untouched"] == 7000
    assert codes == [4, 4, 1]
    assert counts(done.report) == counts(expected.report)
    assert ids(target.store) == ids(whole.store)
    letters, others = loader.letters(), loader.letters("whole.jsonl")
    assert sorted(each["line"] for each in letters) == sorted(each["line"] for each in others)


@pytest.mark.parametrize("workers", ["1", "3"])
def test_a_killed_load_goes_on_with_the_same_rows(loader, sink, workers):
    loader.configure("[batch]\nsize = 10\n[checkpoint]\nevery = 0.02\n")
    inputs = write_inputs(loader)
    flags = ("--sample", "30%", "--limit", "6000", "--workers", workers)
    whole, target = sink(), sink()
    expected = loader("push", *inputs, "--to", whole.url, *flags)
    with loader.start("push", *inputs, "--to", target.url, *flags) as process:
        wait_for_request(target, 20)
        process.send_signal(signal.SIGKILL)
    done = loader("push", *inputs, "--to", target.url, *flags, "--resume")
    assert done.code == 1
    assert counts(done.report) == counts(expected.report)
    assert set(ids(target.store)) == set(ids(whole.store))


def test_another_choice_is_not_resumed(loader, sink):
    loader.configure(IN_ORDER)
    loader.write("d.jsonl", rows(20_000))
    target = sink(outages=(Outage.parse("after=3,requests=1,answer=429"),), retry_after=RetryAfter.parse("1000"))
    assert loader("push", "d.jsonl", "--to", target.url, "--sample", "50%").code == 4
    done = loader("push", "d.jsonl", "--to", target.url, "--sample", "50%", "--seed", "1", "--resume")
    assert done.code == 2
    assert "input.seed was 0 and is 1 now" in done.err
    run = next((loader.folder / ".loader" / "runs").iterdir()).name
    done = loader("resume", run)
    assert done.code == 0
    assert "that are not in the sample (--sample)" in done.err


def test_check_shows_the_first_rows_that_are_chosen(loader, sink):
    loader.write("d.jsonl", "".join(f'{{"id":{i},"group":{i % 7}}}\n' for i in range(50)))
    done = loader("check", "d.jsonl", "--to", sink().url, "--where", "group = 6")
    assert (done.code, "line 7: id = 6, group = 6\n" in done.out) == (0, True)
    assert "line 1:" not in done.out


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--where", "a = 1 or b"), 'Error: --where: expected "and", as nothing else joins two tests'),
        (("--where", "nmae = 1"), "Error: input.where: no input has a field nmae; did you mean name?"),
        (("--sample", "200%"), 'Error: --sample: expected a share of more than 0 and at most all, like "1%" or 0.01'),
        (("--limit", "0"), "Invalid value for '--limit': 0 is not in the range x>=1"),
        (("--skip", "x"), "Error: --skip: expected a whole number of at least 0"),
    ],
)
def test_a_choice_that_cannot_be_meant_is_refused(loader, flags, told):
    loader.write("d.csv", "id,name\n1,a\n")
    done = loader("push", "d.csv", "--to", "http://127.0.0.1:1/x", *flags)
    assert (done.code, told in done.err) == (2, True), done.err


def test_where_nothing_is_chosen_it_is_told(loader, sink):
    loader.write("d.jsonl", rows(20))
    done = loader("push", "d.jsonl", "--to", sink().url, "--where", "name = 1", "--require-rows")
    assert (done.code, done.report["read"], done.report["skipped"]) == (1, 0, 20)
    assert "nothing was loaded: of 20 rows none is to be sent" in done.err
