"""Commands that read queues: what is no queue is refused, and a filter that matches nothing is told."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.cli.conftest import rows

LOOKING = (("show",), ("stats",), ("export",))


def letters(*sources: str, status: int = 422) -> str:
    shared = {"timestamp": "2026-11-24T10:15:00+00:00", "error": "no", "error_type": f"http_{status}"}
    where = {"class": "refused", "status": status}
    return "".join(
        json.dumps(shared | {"row": {"id": i}} | where | {"source": source, "line": i + 1}, separators=(",", ":"))
        + "\n"
        for i, source in enumerate(sources)
    )


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("orders.jsonl", rows(150)),
        ("one.jsonl", rows(1)),
        ("people.csv", "id,name\n1,Anna\n"),
        ("note.txt", "one line of text\n"),
        ("orders.jsonl.gz", gzip.compress(rows(2).encode())),
    ],
)
def test_a_file_without_a_letter_is_no_queue(loader, sink, name, data):
    target = sink()
    loader.write(name, data)
    commands = [("replay", name, "--to", target.url), *(("dlq", *each, name) for each in LOOKING)]
    for command in commands:
        done = loader(*command)
        assert (done.code, done.out) == (2, ""), command
        assert done.err == (
            f"Error: {name}: is no dead letter queue, as no line of it is a letter; loader push loads its rows\n"
        )
    assert sorted(path.name for path in loader.folder.iterdir()) == sorted([name, "loader.toml"])


def test_the_marks_of_a_queue_are_no_queue(loader, sink):
    loader.write("dead.jsonl", letters("a.jsonl"))
    assert loader("replay", "dead.jsonl", "--to", sink().url).code == 0
    done = loader("dlq", "show", "dead.jsonl.replayed")
    assert (done.code, "it tells what was replayed of dead.jsonl\n" in done.err) == (2, True)


@pytest.mark.parametrize(
    "data",
    [
        "damaged\n" * 200 + letters("a.jsonl"),
        letters("a.jsonl").replace('"row"', "row"),
        letters("a.jsonl")[:40],
        letters("a.jsonl") + "damaged\n",
    ],
)
def test_a_queue_with_damaged_lines_stays_one(loader, sink, data):
    loader.write("dead.jsonl", data)
    assert "damaged letter" in loader("dlq", "show", "dead.jsonl", "--limit", "0").out
    done = loader("replay", "dead.jsonl", "--to", sink().url)
    assert "damaged_letter" in done.report["by_type"]


def test_an_empty_queue_is_one(loader, sink):
    loader.write("dead.jsonl", "")
    assert loader("replay", "dead.jsonl", "--to", sink().url).code == 0
    assert [loader("dlq", *each, "dead.jsonl").code for each in LOOKING] == [0, 0, 0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--source", "order.jsonl"), 'is of the source "order.jsonl"; did you mean "samples/orders.jsonl"?'),
        (("--source", "x"), 'is of the source "x"; there are samples/customers.csv, samples/orders.jsonl'),
        (("--status", "503"), 'has the status "503"; there are 422'),
        (("--class", "unknown"), 'is of the class "unknown"; there are refused'),
        (("--error-type", "http_442"), 'has the error type "http_442"; did you mean "http_422"?'),
        (("--since", "2026-11-25"), "is from 2026-11-25T00:00:00+00:00 on; the newest is of 2026-11-24T10:15:00+00:00"),
    ],
)
def test_a_filter_that_matches_nothing_is_told_with_what_is_there(loader, sink, options, said):
    target = sink()
    loader.write("dead.jsonl", letters("samples/orders.jsonl", "samples/customers.csv"))
    for command in (("replay", "--to", target.url), *(("dlq", *each) for each in LOOKING)):
        done = loader(*command, "dead.jsonl", *options)
        assert (done.code, f"warning: no letter {said}\n" in done.err) == (0, True), (command, done.err)
    assert list(target.store.rows()) == []


def test_filters_that_match_are_not_spoken_of(loader):
    loader.write("dead.jsonl", letters("samples/orders.jsonl"))
    filters = ("--source", "orders.jsonl", "--status", "422", "--class", "refused", "--error-type", "http_422")
    done = loader("dlq", "show", "dead.jsonl", *filters, "--since", "2026-11-24")
    assert (done.code, done.err) == (0, "")
    assert "samples/orders.jsonl:1  http_422" in done.out


def test_the_end_of_a_path_chooses_a_source(loader, sink):
    target = sink()
    loader.write("dead.jsonl", letters("b/orders.jsonl", "orders.jsonl", "reorders.jsonl", "./b/orders.jsonl"))
    for source, ids in (("orders.jsonl", [0, 1, 3]), ("./orders.jsonl", [1]), ("b/orders.jsonl", [0, 3])):
        done = loader("dlq", "export", "dead.jsonl", "--source", source)
        assert [json.loads(line)["id"] for line in done.out.splitlines()] == ids
    assert loader("replay", "dead.jsonl", "--to", target.url, "--source", "b/orders.jsonl").code == 0
    assert sorted(row["id"] for row in target.store.rows()) == [0, 3]


def test_a_queue_of_settled_letters_says_so(loader, sink):
    loader.write("dead.jsonl", letters("a.jsonl", "b.jsonl"))
    assert loader("replay", "dead.jsonl", "--to", sink().url).code == 0
    settled = "all 2 letters that match are settled by a replay; --all shows what is settled, too"
    assert loader("dlq", "show", "dead.jsonl").err == f"{settled}\n"
    assert loader("dlq", "export", "dead.jsonl").err == f"{settled}: nothing was written\n"
    assert loader("dlq", "show", "dead.jsonl", "--all").out.count("replayed") == 2
    assert loader("dlq", "show", "dead.jsonl", "--source", "a.jsonl").err.startswith("the one letter that matches is")
    done = loader("dlq", "show", "dead.jsonl", "--source", "a.jsonl", "--status", "503")
    assert done.err.splitlines()[-1] == "no letter matches"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("dlq", "show", "dead.jsonl", "--limit", "-1"), "'--limit': -1 is not in the range"),
        (("dlq", "show", "dead.jsonl", "--limit", "9" * 30), "is not in the range"),
        (("dlq", "show", "dead.jsonl", "--status", "0"), "'--status': 0 is not in the range"),
        (("dlq", "show", "dead.jsonl", "--since", "0001-01-01T00:00+23:00"), "expected a time in ISO 8601"),
        (("dlq", "show", "dead.jsonl", "--since", "9999-12-31T23:59-23:59"), "expected a time in ISO 8601"),
        (("sink", "--port", "99999"), "'--port': 99999 is not in the range"),
        (("sink", "--port", "-1"), "'--port': -1 is not in the range"),
        (("push", "dead.jsonl", "--to", "http://127.0.0.1:1/", "--workers", "\u00b2"), '--workers: expected "auto"'),
        (("push", "dead.jsonl", "--to", "http://127.0.0.1:1/", "--workers", "9" * 5000), '--workers: expected "auto"'),
        (
            ("push", "dead.jsonl", "--to", "http://127.0.0.1:1/", "--max-memory", "\u00b2"),
            "--max-memory: expected a size",
        ),
    ],
)
def test_a_number_out_of_its_range_is_a_sentence(loader, arguments, said):
    loader.write("dead.jsonl", letters("a.jsonl"))
    done = loader(*arguments)
    assert (done.code, said in done.err, "Traceback" in done.err) == (2, True, False), done.err
