"""What does not stand there as it was sent is found."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from io import StringIO

import pytest

from loader.config import Config
from loader.local import Address
from loader.mapping.cql.ddl import read_schema
from loader.rehearsal import rehearse as rehearsal
from loader.report.breakdown import show_breakdown
from loader.run.load import run_load
from loader.run.planning import push_plan
from tests.targets.cassandra.conftest import jsonl

SCHEMA = "CREATE TABLE shop.orders (id int, line int, name text, tags set<text>, s text static, PRIMARY KEY (id, line))"


def _run_and_spoil(change, session, plan, wrap):
    """The real load, and a change to the scratch table behind its back."""
    report = run_load(plan, wrap=wrap)
    address = plan.targets[""].url.rpartition("/")[2]
    session.execute(change.format(address))
    return report


@pytest.fixture
def spoiled(tmp_path, folder, session, cassandra):
    """The report of a rehearsal whose table was changed before it was read back."""

    def run(change: str):
        path = tmp_path / "orders.jsonl"
        path.write_text(jsonl({"id": i, "line": 1, "name": f"n{i}", "tags": ["b", "a"], "s": "x"} for i in range(30)))
        plan = push_plan([str(path)], "cassandra://127.0.0.1:1/shop.orders", Config(), dry_run=False)
        local = Address(cassandra.host, cassandra.port)
        return rehearsal.rehearse(
            plan, read_schema(SCHEMA, None), local, folder, partial(_run_and_spoil, change, session), print
        )

    return run


@pytest.mark.parametrize(
    ("change", "column", "sent", "found"),
    [
        ("UPDATE {} SET name = 'other' WHERE id = 7 AND line = 1", "name", "n7", "other"),
        ("DELETE name FROM {} WHERE id = 7 AND line = 1", "name", "n7", "null"),
        (
            "UPDATE {} SET tags = tags - {{'a'}} WHERE id = 7 AND line = 1",
            "tags",
            "SortedSet(['a', 'b'])",
            "SortedSet(['b'])",
        ),
        ("UPDATE {} SET s = 'y' WHERE id = 7", "s", "x", "y"),
    ],
)
def test_a_changed_value_is_found(spoiled, change, column, sent, found):
    report = spoiled(change)
    comparison = report.comparison
    assert (report.exit_code, comparison.differing, comparison.rows) == (1, 1, 30)
    (difference,) = comparison.differences
    assert (difference.column, difference.sent, difference.found) == (column, sent, found)
    assert difference.place.endswith("orders.jsonl:8")
    assert difference.key.startswith("7")
    told = StringIO()
    show_breakdown(replace(report, by_type={}), None, told, rich=False)
    assert f"{column}: sent {sent}, found {found}" in told.getvalue()


def test_a_partition_that_is_gone_is_found(spoiled):
    """By the key of its row, by its own, and by the count of rows."""
    report = spoiled("DELETE FROM {} WHERE id = 7")
    comparison = report.comparison
    assert (report.exit_code, comparison.differing, comparison.rows, comparison.keys) == (1, 2, 29, 30)
    assert [each.column for each in comparison.differences] == ["", ""]


def test_a_row_that_was_never_sent_is_found_by_the_count(spoiled):
    report = spoiled("INSERT INTO {} (id, line) VALUES (99, 1)")
    comparison = report.comparison
    assert (report.exit_code, comparison.differing, comparison.rows, comparison.keys) == (1, 0, 31, 30)
