"""Rows that could not be read: what the load says helps, and that it does."""

from __future__ import annotations

import pytest

from loader.sink.fault_settings import Rule
from tests.cli.conftest import rows
from tests.command import law


def next_step(done) -> str:
    (line,) = [line for line in done.err.splitlines() if line.startswith("next")]
    return line


def test_a_load_with_only_unreadable_rows_names_how_to_mend_them(loader, sink):
    target = sink().url
    loader.write("a.jsonl", rows(2) + '{"id":\n[]\n')
    done = loader("push", "a.jsonl", "--to", target, "--dlq", "dead.jsonl")
    assert (done.code, done.report["unreadable"], done.report["rejected"]) == (1, 2, 2)
    mend = "next: mend `raw` in the letters of dead.jsonl (see loader dlq show), then: "
    assert next_step(done) == f"{mend}loader replay dead.jsonl --to {target}"
    again = loader("replay", "dead.jsonl", "--to", target, "--dlq", "again.jsonl")
    law(again.report)
    assert (again.code, again.report["unreadable"]) == (1, 2)
    assert next_step(again) == f"{mend}loader replay dead.jsonl --to {target}"


def test_a_load_with_other_letters_too_names_the_replay(loader, sink):
    target = sink(refuse=(Rule.parse("name=row 1"),)).url
    loader.write("a.jsonl", rows(2) + '{"id":\n')
    done = loader("push", "a.jsonl", "--to", target, "--dlq", "dead.jsonl")
    assert (done.code, done.report["unreadable"], done.report["rejected"]) == (1, 1, 2)
    assert next_step(done) == f"next: loader replay dead.jsonl --to {target}"


def test_rows_that_are_not_whole_in_their_letters_are_not_to_be_mended_there(loader, sink):
    loader.configure('[input]\nmax_row_bytes = "70 KiB"\n')
    loader.write("a.jsonl", rows(2) + f'{{"id":"{"x" * 80_000}"}}\n')
    done = loader("push", "a.jsonl", "--to", sink().url, "--dlq", "dead.jsonl")
    assert done.report["by_type"] == {"row_too_large": 1}
    assert "larger input.max_row_bytes" in next_step(done)
    assert "replay" not in next_step(done)


@pytest.mark.parametrize("part", ["killed", "ended"])
def test_unreadable_rows_are_counted_over_all_parts(loader, sink, part):
    """The first part stops at its first error; the second reads the rest."""
    target = sink().url
    loader.write("a.jsonl", '{"id":\n' + rows(2) + "[]\n")
    push = ("push", "a.jsonl", "--to", target, "--dlq", "dead.jsonl")
    first = loader(*push, "--fail-fast")
    assert (first.code, first.report["unreadable"]) == (3, 1)
    if part == "killed":  # the letter is there, the record of it is not
        (checkpoint,) = loader.folder.glob(".loader/runs/*/checkpoint")
        checkpoint.write_bytes(b"")
    done = loader(*push, "--resume")
    assert (done.code, done.report["unreadable"], done.report["rejected"]) == (1, 2, 2)
    assert len(loader.letters()) == 2
