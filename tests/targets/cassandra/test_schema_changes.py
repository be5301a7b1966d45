"""The table changes while a load runs."""

from __future__ import annotations

import subprocess

import pytest

from tests.command import wait_for
from tests.targets.cassandra.conftest import jsonl

_ROWS = 2000


def _change_in_mid_run(loader, table, change: str, *options: str) -> subprocess.CompletedProcess:
    """Push `a.jsonl` slowly, change the table once a third of it is there, and wait for the end."""
    loader.write("a.jsonl", jsonl({"id": i, "name": f"row {i}", "note": "x"} for i in range(_ROWS)))
    with loader.start("push", "a.jsonl", "--to", table.url, "--dlq", "dead.jsonl", *options) as process:
        wait_for(lambda: table.session.execute(f"SELECT id FROM {table.path} WHERE id = {_ROWS // 3}").one())
        table.session.execute(change)
        out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess((), process.returncode, out.decode(), err.decode())


@pytest.fixture
def people(loader, table):
    loader.configure('[rate]\nrows = 1500\n[mapping]\nextra = "ignore"\n')
    return table("id int PRIMARY KEY, name text, note text")


def test_a_column_that_is_added_changes_nothing(loader, people):
    done = _change_in_mid_run(loader, people, f"ALTER TABLE {people.path} ADD more int")
    assert done.returncode == 0, done.stderr
    assert people.rows("id, name, note, more") == [(i, f"row {i}", "x", None) for i in range(_ROWS)]


def test_a_column_that_is_dropped_stops_the_run_and_a_resume_maps_anew(loader, people):
    done = _change_in_mid_run(loader, people, f"ALTER TABLE {people.path} DROP note")
    assert done.returncode == 3, done.stderr
    assert "the statement is not taken any more" in done.stderr
    assert "note" in done.stderr
    assert "resume" in done.stderr
    assert loader.letters() == []
    again = loader("push", "a.jsonl", "--to", people.url, "--dlq", "dead.jsonl", "--resume")
    assert again.code == 0, again.err
    assert (again.report["read"], again.report["delivered"]) == (_ROWS, _ROWS)
    assert people.rows() == [(i, f"row {i}") for i in range(_ROWS)]


def test_a_table_that_is_dropped_stops_the_run_and_blames_no_row(loader, people):
    done = _change_in_mid_run(loader, people, f"DROP TABLE {people.path}")
    assert done.returncode == 3, done.stderr
    assert loader.letters() == []
    again = loader("push", "a.jsonl", "--to", people.url, "--dlq", "dead.jsonl", "--resume")
    assert again.code == 2
    assert "has no table" in again.err
    people.session.execute(f"CREATE TABLE {people.path} (id int PRIMARY KEY, name text, note text)")
    again = loader("push", "a.jsonl", "--to", people.url, "--dlq", "dead.jsonl", "--resume")
    assert again.code == 0, again.err
    assert again.report["delivered"] == _ROWS
