"""Elements of lists that are not frozen are there twice after a repetition, and a load into them says so."""

from __future__ import annotations

import json


def test_lists_that_are_not_frozen_are_told_unless_nothing_is_repeated(cassandra, session, keyspace, loader):
    session.execute(f"CREATE TABLE {keyspace}.t (id int PRIMARY KEY, a list<int>, b frozen<list<int>>, c set<int>)")
    url = cassandra.url(f"{keyspace}.t")
    loader.write("rows.jsonl", json.dumps({"id": 1, "a": [1], "b": [1], "c": [1]}) + "\n")
    told = loader("push", "rows.jsonl", "--to", url)
    assert told.code == 0
    assert "lists that are not frozen: a; a row that is sent twice leaves their elements there twice" in told.err
    loader.write("loader.toml", f'[target.t]\nurl = "{url}"\nrepeatable = false\n')
    assert "not frozen" not in loader("push", "rows.jsonl", "--to", "t").err
