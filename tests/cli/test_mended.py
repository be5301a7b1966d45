"""Rows that are delivered without values that do not fit: beside each a letter, once, whatever ends the load."""

from __future__ import annotations

import json
import signal

import pytest

from loader.keys import row_key
from loader.sink import Outage, RetryAfter, Rule
from tests.cli.test_push import wait_for_request
from tests.command import law

MENDING = """
[mapping]
on_bad_value = "null"
types = {id = "integer", n = "integer", at = "boolean"}
"""
SMALL = "[batch]\nsize = 50\n[checkpoint]\nevery = 0.02\n"
ROWS = 9_000


def table() -> list[str]:
    """Every tenth row has a number that is none, every thirtieth a flag that is none too."""
    return [f"{i},{'x' if i % 10 == 0 else i},{'maybe' if i % 30 == 0 else 'yes'}\n" for i in range(ROWS)]


def expected(i: int) -> dict:
    return {"id": i, "n": None if i % 10 == 0 else i, "at": None if i % 30 == 0 else True}


def write_table(loader) -> list[int]:
    """`d.csv`; returns the offsets of its rows."""
    lines, offset, offsets = table(), len("id,n,at\n"), []
    for line in lines:
        offsets.append(offset)
        offset += len(line)
    loader.write("d.csv", "id,n,at\n" + "".join(lines))
    return offsets


def parking(*after: int) -> dict:
    outages = tuple(Outage.parse(f"after={each},requests=1,answer=429") for each in after)
    return {"outages": outages, "retry_after": RetryAfter.parse("1000")}


def check_letters(loader, name: str = "dead.jsonl") -> None:
    """One for each row that was mended, whole, and none else."""
    letters = loader.letters(name)
    assert sorted(int(letter["row"]["id"]) for letter in letters) == list(range(0, ROWS, 10))
    assert {letter["class"] for letter in letters} == {"mended"}
    first = next(letter for letter in letters if letter["line"] == 2)
    assert (first["row"], first["error_type"]) == ({"id": "0", "n": "x", "at": "maybe"}, "bad_value")
    assert [each["column"] for each in first["columns"]] == ["n", "at"]


def check_rows(store, *, once: bool = True) -> None:
    rows = sorted((row for row in store.rows()), key=lambda row: row["id"])
    found = {row["id"]: row for row in rows}
    assert list(found.values()) == [expected(i) for i in range(ROWS)]
    assert not once or len(rows) == ROWS


@pytest.mark.parametrize("workers", ["1", "3"])
def test_a_row_goes_without_the_bad_value_and_is_no_error(loader, sink, workers):
    loader.configure(MENDING + "[errors]\nmax_errors = 1\n")
    write_table(loader)
    target = sink()
    done = loader("push", "d.csv", "--to", target.url, "--dlq", "dead.jsonl", "--workers", workers)
    law(done.report)
    facts = {name: done.report[name] for name in ("read", "delivered", "rejected", "mended", "by_type", "dlq")}
    assert facts == {
        "read": ROWS, "delivered": ROWS, "rejected": 0, "mended": 900, "by_type": {}, "dlq": "dead.jsonl"
    }  # fmt: skip
    assert (done.code, "mended: 900 rows were delivered without values that do not fit" in done.err) == (0, True)
    assert "next:" not in done.err
    check_rows(target.store)
    check_letters(loader)


@pytest.mark.parametrize("workers", ["1", "3"])
def test_over_three_parts_of_a_load_each_letter_is_written_once(loader, sink, workers):
    loader.configure(MENDING + SMALL)
    write_table(loader)
    target = sink(**parking(40, 110))
    command = ("push", "d.csv", "--to", target.url, "--dlq", "dead.jsonl", "--workers", workers, "--resume")
    assert [loader(*command).code for _ in range(2)] == [4, 4]
    done = loader(*command)
    assert (done.code, done.report["delivered"], done.report["mended"]) == (0, ROWS, 900)
    check_rows(target.store)
    check_letters(loader)


@pytest.mark.parametrize("workers", ["1", "3"])
@pytest.mark.parametrize("requests", [3, 60])
def test_after_a_kill_each_letter_is_written_once(loader, sink, workers, requests):
    loader.configure(MENDING + SMALL)
    write_table(loader)
    target = sink()
    command = ("push", "d.csv", "--to", target.url, "--dlq", "dead.jsonl", "--workers", workers, "--resume")
    with loader.start(*command) as process:
        wait_for_request(target, requests)
        process.send_signal(signal.SIGKILL)
    done = loader(*command)
    assert (done.code, done.report["delivered"], done.report["mended"]) == (0, ROWS, 900)
    check_rows(target.store, once=False)
    check_letters(loader)


@pytest.mark.parametrize("fails", [False, True])
def test_a_letter_that_no_record_covers_is_counted_with_the_fate_of_its_row(loader, sink, fails):
    """A process that dies behind the letter and before the record leaves it, and two more parts come to the row."""
    loader.configure(MENDING + SMALL + "[concurrency]\nmax_in_flight = 1\n")
    offsets = write_table(loader)
    rules = {"refuse": (Rule.parse("id=8000"),)} if fails else {}
    target = sink(**parking(40, 80), **rules)
    command = ("push", "d.csv", "--to", target.url, "--dlq", "dead.jsonl", "--resume")
    assert loader(*command).code == 4
    [run] = (loader.folder / ".loader/runs").iterdir()
    letter = loader.letters()[0] | {"row": {"id": "8000", "n": "x", "at": "yes"}, "line": 8002, "offset": offsets[8000]}
    letter["idempotency_key"] = row_key(run.name, 0, "d.csv", offsets[8000])
    with (loader.folder / "dead.jsonl").open("a") as queue:
        queue.write(json.dumps(letter) + "\n")
    assert loader(*command).code == 4
    done = loader(*command)
    assert (done.code, done.report["mended"], done.report["rejected"]) == (int(fails), 900, int(fails))
    mended = [letter for letter in loader.letters() if letter["class"] == "mended"]
    assert sorted(int(letter["row"]["id"]) for letter in mended) == list(range(0, ROWS, 10))
    assert len(loader.letters()) == 900 + fails


def test_a_row_that_is_refused_has_the_letter_of_that_alone(loader, sink):
    loader.configure(MENDING)
    write_table(loader)
    done = loader("push", "d.csv", "--to", sink(refuse=(Rule.parse("id=30"),)).url, "--dlq", "dead.jsonl")
    assert (done.code, done.report["rejected"], done.report["mended"]) == (1, 1, 899)
    assert [letter["class"] for letter in loader.letters() if letter["line"] == 32] == ["refused"]


def test_a_replay_takes_mended_letters_when_they_are_asked_for(loader, sink):
    loader.configure(MENDING)
    write_table(loader)
    target = sink()
    assert loader("push", "d.csv", "--to", target.url, "--dlq", "dead.jsonl").code == 0
    healthy = sink()
    done = loader("replay", "dead.jsonl", "--to", healthy.url)
    assert (done.code, done.report["read"], done.report["skipped_because"]) == (0, 0, {"mended": 900})
    assert "900 of rows that were delivered without some of their values (--class mended takes them)" in done.err
    loader.configure(MENDING.replace('n = "integer"', 'n = "string"').replace('at = "boolean"', 'at = "string"'))
    done = loader("replay", "dead.jsonl", "--to", healthy.url, "--class", "mended")
    assert (done.code, done.report["delivered"], done.report["mended"]) == (0, 900, 0)
    assert sorted(row["id"] for row in healthy.store.rows()) == list(range(0, ROWS, 10))
    assert {row["n"] for row in healthy.store.rows()} == {"x"}


def test_letters_are_looked_at_without_being_asked_for(loader, sink):
    loader.configure(MENDING)
    write_table(loader)
    assert loader("push", "d.csv", "--to", sink().url, "--dlq", "dead.jsonl").code == 0
    assert json.loads(loader("dlq", "stats", "dead.jsonl").out)["by_class"] == {"mended": 900}


def test_a_value_that_a_function_cannot_make_is_mended_too(loader, sink):
    loader.configure(MENDING + "[mapping.set]\nlow = 'lower(n)'\n")
    loader.write("d.jsonl", '{"id":1,"n":"A"}\n{"id":2,"n":5}\n')
    target = sink()
    done = loader("push", "d.jsonl", "--to", target.url, "--dlq", "dead.jsonl")
    assert (done.code, done.report["mended"]) == (0, 1)
    assert sorted(target.store.rows(), key=lambda row: row["id"]) == [
        {"id": 1, "n": "A", "low": "a"},
        {"id": 2, "n": 5},
    ]


def test_check_tells_what_a_row_would_go_without(loader, sink):
    loader.configure(MENDING)
    loader.write("d.csv", "id,n,at\n1,x,yes\n2,2,no\n")
    done = loader("check", "d.csv", "--to", sink().url)
    told = "line 2: mended, goes without what does not fit: n: expected a whole number"
    assert (done.code, told in done.out, "line 3: mended" in done.out) == (0, True, False), done.out


def test_a_dry_run_tells_how_many_rows_would_be_mended(loader, sink):
    loader.configure(MENDING)
    write_table(loader)
    target = sink()
    done = loader("push", "d.csv", "--to", target.url, "--dry-run")
    facts = [done.report[name] for name in ("would_deliver", "mended", "rejected", "dlq")]
    assert (done.code, facts, list(target.store.rows())) == (0, [ROWS, 900, 0, None], [])


@pytest.mark.parametrize("workers", ["1", "3"])
def test_rows_that_go_to_a_fallback_have_one_letter_that_names_it(loader, sink, workers):
    up, down = sink(), sink(outages=(Outage.parse("after=40,requests=100000,answer=503"),))
    targets = f'[target.a]\nurl = "{down.url}"\nfallback = "b"\n[target.b]\nurl = "{up.url}"\n'
    policies = '[retry]\ninitial_backoff = "10ms"\n[breaker]\nthreshold = 2\nfirst_timeout = "20ms"\n'
    loader.write("loader.toml", MENDING + SMALL + targets + policies)
    write_table(loader)
    done = loader("push", "d.csv", "--to", "a", "--dlq", "dead.jsonl", "--workers", workers)
    assert (done.code, done.report["mended"]) == (0, 900), done.err
    assert done.report["by_target"]["b"] > 0
    check_letters(loader)
    assert {letter["target"] for letter in loader.letters()} <= {"a", "b"}
    found = {row["id"]: row for row in (*up.store.rows(), *down.store.rows())}
    assert [found[i] for i in range(ROWS)] == [expected(i) for i in range(ROWS)]
    to_b = {row["id"] for row in up.store.rows()}
    for letter in loader.letters():
        assert int(letter["row"]["id"]) in to_b or letter["target"] == "a"
