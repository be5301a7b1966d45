"""What the nodes of a cluster rule out is said at the start, with what there can be."""

from __future__ import annotations

import pytest

from loader.targets.cassandra.replicas import Replication
from tests.targets.cassandra.conftest import jsonl

TWO_CENTRES = Replication("shop", {"dc1": 3, "dc2": 2}, {"dc1": 3, "dc2": 1})
NOT_HERE = Replication("shop", {"dc2": 3}, {"dc1": 3, "dc2": 3})
SIMPLE = Replication("shop", {"": 3}, {"": 1})


@pytest.mark.parametrize(
    ("replication", "possible"),
    [
        (TWO_CENTRES, ["QUORUM", "LOCAL_QUORUM", "THREE", "TWO", "ONE", "LOCAL_ONE"]),
        (NOT_HERE, ["ALL", "EACH_QUORUM", "QUORUM", "THREE", "TWO", "ONE"]),
        (SIMPLE, ["ONE", "LOCAL_ONE"]),
        (
            Replication("shop", {"": 1}, {"": 1}),
            ["ALL", "EACH_QUORUM", "QUORUM", "LOCAL_QUORUM", "ONE", "LOCAL_ONE"],
        ),
        (Replication("shop", {"dc1": 1, "dc2": 1}, {"dc1": 0, "dc2": 2}), ["ONE"]),
    ],
)
def test_consistencies_are_those_that_the_nodes_can_give(replication, possible):
    assert replication.possible("dc1") == possible
    assert replication.shortage("ANY", "dc1") is None


@pytest.mark.parametrize(("consistency", "is_short"), [("SERIAL", False), ("LOCAL_SERIAL", True)])
def test_conditions_need_a_majority_too(consistency, is_short):
    replication = Replication("shop", {"dc1": 2, "dc2": 3}, {"dc1": 1, "dc2": 3})
    assert (replication.shortage(consistency, "dc1") is not None) == is_short


def test_the_shortage_says_where_and_how_many():
    assert TWO_CENTRES.shortage("EACH_QUORUM", "dc1") == (
        "EACH_QUORUM asks for 2 replicas of each row in data centre dc2; keyspace shop keeps 2 there, and it has 1 node"
    )
    assert SIMPLE.shortage("QUORUM", "dc1") == (
        "QUORUM asks for 2 replicas of each row in the cluster; keyspace shop keeps 3 there, and it has 1 node"
    )


def test_a_consistency_that_no_node_can_ever_give_stops_the_load_before_it_begins(loader, table):
    made = table("id int PRIMARY KEY, name text")
    loader.write("a.jsonl", jsonl([{"id": 1, "name": "a"}]))
    loader.configure(f'[target.a]\nurl = "{made.url}"\nconsistency = "TWO"\n')
    done = loader("push", "a.jsonl", "--to", "a")
    assert (done.code, done.report) == (2, None), done.err
    assert "target a: consistency: TWO asks for 2 replicas of each row" in done.err
    assert "with these nodes there can be ALL, EACH_QUORUM, QUORUM, LOCAL_QUORUM, ONE, LOCAL_ONE" in done.err
    assert made.rows() == []


def test_a_data_centre_that_is_not_there_is_named_with_those_that_are(loader, table, session):
    made = table("id int PRIMARY KEY")
    (centre,) = {host.datacenter for host in session.cluster.metadata.all_hosts()}
    loader.write("a.jsonl", jsonl([{"id": 1}]))
    loader.configure(f'[target.a]\nurl = "{made.url}"\nlocal_dc = "dc9"\n')
    for command in ("push", "check"):
        done = loader(command, "a.jsonl", "--to", "a")
        assert (done.code, done.report) == (2, None), done.err
        assert f'target a: local_dc: the cluster has no data centre "dc9"; there is {centre}' in done.err
