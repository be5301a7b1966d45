"""Inputs without a row pass for success only with a sentence that says so."""

from __future__ import annotations

import gzip

import pytest


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"", "a.csv: holds no row"),
        ("a.csv", b"id,name\n", "a.csv: holds no row but its header"),
        ("a.csv", b"id,name\r\n\r\n", "a.csv: holds no row but its header"),
        ("a.jsonl", b"", "a.jsonl: holds no row"),
        ("a.jsonl", b"\n  \n", "a.jsonl: holds no row"),
        ("a.jsonl.gz", gzip.compress(b""), "a.jsonl.gz: holds no row"),
    ],
)
def test_an_input_without_a_row_is_told(loader, sink, name, data, said):
    loader.write(name, data)
    done = loader("push", name, "--to", sink().url)
    assert (done.code, done.report["read"], done.report["warnings"]) == (0, 0, [said])
    assert done.err.count(said) == 1


def test_standard_input_without_a_row_is_told(loader, sink):
    done = loader("push", "-", "--to", sink().url, stdin=b"")
    assert (done.code, done.report["read"]) == (0, 0)
    assert "standard input ended without a row" in done.err


def test_of_several_inputs_those_without_a_row_are_told(loader, sink):
    target = sink()
    loader.write("a.jsonl", '{"id": 1}\n')
    loader.write("b.csv", "id\n")
    loader.write("c.jsonl", "broken\n")
    done = loader("push", "a.jsonl", "b.csv", "c.jsonl", "--to", target.url)
    assert (done.code, done.report["read"]) == (1, 2)
    assert done.report["warnings"] == ["b.csv: holds no row but its header"]


def test_a_resume_counts_the_rows_of_the_part_before(loader, sink):
    """`a.jsonl` was settled as a whole before the run stopped."""
    target = sink()
    loader.write("a.jsonl", "".join(f'{{"id": {i}}}\n' for i in range(9000)))
    loader.write("b.jsonl", "broken\n" + '{"id": 0}\n')
    loader.write("c.csv", "")
    names = ("a.jsonl", "b.jsonl", "c.csv")
    stopped = loader("push", *names, "--to", target.url, "--fail-fast")
    assert (stopped.code, stopped.report["warnings"]) == (3, [])
    done = loader("push", *names, "--to", target.url, "--resume")
    assert (done.report["status"], done.report["warnings"]) == ("complete", ["c.csv: holds no row"])


def test_an_empty_queue_is_told(loader, sink):
    loader.write("dead.jsonl", "")
    done = loader("replay", "dead.jsonl", "--to", sink().url)
    assert done.code == 0
    assert "dead.jsonl: holds no letter" in done.err
