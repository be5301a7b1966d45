"""The scratch copy of a table."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from loader.errors import UsageError
from loader.rehearsal.scratch import Scratch
from loader.targets.cassandra.schema import read_table

DEFINITIONS = """
CREATE TYPE {0}."Zip Code" (code int, "select" text);
CREATE TYPE {0}.address (street text, zips frozen<list<frozen<"Zip Code">>>);
CREATE TABLE {0}."Orders" (
    a int, b text, "C d" timeuuid, "größe" varint, home address, away frozen<address>, tags set<text>,
    kept frozen<list<int>>, by_day map<date, frozen<map<text, int>>>, pair tuple<int, frozen<set<text>>>,
    spot vector<float, 2>, note text static, PRIMARY KEY ((a, b), "C d")
) WITH CLUSTERING ORDER BY ("C d" DESC);
"""


@pytest.fixture
def original(session, keyspace):
    for statement in filter(str.strip, DEFINITIONS.format(keyspace).split(";")):
        session.execute(statement)
    return read_table(session, keyspace, '"Orders"')


def test_the_copy_has_the_same_columns_and_types(session, original, folder):
    """Keys, static columns, frozen and other collections, types within types."""
    with Scratch(session, folder, time.time(), print).copy_of(original) as (copy, _):
        assert copy.within(original.keyspace) == original
        assert copy.keyspace != original.keyspace
        assert {column.name for column in original.columns if column.frozen} == {"away", "kept", "pair"}


def test_what_cannot_be_made_leaves_nothing(session, original, folder, keyspaces):
    """The server refuses the name of the table."""
    before = keyspaces()
    named_badly = replace(original, name="no such-name")
    scratch = Scratch(session, folder, time.time(), print)
    with pytest.raises(UsageError, match="no such-name"), scratch.copy_of(named_badly):
        pytest.fail("the server took it")
    assert not [name for name in keyspaces() - before if name.startswith("loader_rehearsal_")]
    assert list(folder.iterdir()) == []


def test_old_folders_without_a_keyspace_are_taken_away(session, folder):
    """A rehearsal was killed before it made one, or its server is gone. Young ones may be about to make one."""
    now = time.time()
    names = [f"loader_rehearsal_{int(now) - hours * 3600:08x}00c0ffee" for hours in (25, 1)]
    for name in names:
        (folder / name).mkdir(parents=True)
    Scratch(session, folder, now, print).drop_leftovers()
    assert [each.name for each in folder.iterdir()] == names[1:]
