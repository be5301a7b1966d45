"""The life of nodes, against the real thing."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from cassandra import ConsistencyLevel, OperationTimedOut, Unavailable, WriteTimeout
from cassandra.cluster import NoHostAvailable
from cassandra.query import SimpleStatement

from loader.local.address import answers_cql
from loader.local.errors import NodeError
from loader.local.waiting import wait_for
from tests.targets.cassandra.nodes import connected, fresh_keyspace


def _insert(session, table, ids):
    for number in ids:
        session.execute(f"INSERT INTO {table} (id) VALUES ({number})")


def _ids(session, table):
    return {row.id for row in session.execute(f"SELECT id FROM {table}")}


def _make_table(session, name):
    """A table of 100 rows, in a keyspace of its own that goes with the node."""
    session.execute(f"CREATE KEYSPACE {name} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}")
    session.execute(f"CREATE TABLE {name}.t (id int PRIMARY KEY)")
    _insert(session, f"{name}.t", range(100))


def test_a_killed_node_forgets_nothing_and_a_session_gets_over_its_death(killable_node):
    """Nothing of the driver may warn or raise in the background meanwhile, which would fail the run."""
    node = killable_node[0]
    first = node.pid
    with connected(killable_node.contact()) as session:
        _make_table(session, "killed")
        node.kill()
        assert node.pid is None
        with pytest.raises((NoHostAvailable, OperationTimedOut)):
            _ids(session, "killed.t")
        node.start()
        assert node.pid not in {None, first}
        assert wait_for(lambda: session.cluster.metadata.all_hosts()[0].is_up, 60)
        assert _ids(session, "killed.t") == set(range(100))


def test_a_stopped_node_starts_again_on_its_data(killable_node):
    node = killable_node[0]
    with connected(killable_node.contact()) as session:
        _make_table(session, "stopped")
    node.stop()
    assert not answers_cql(node.address)
    node.start()
    with connected(killable_node.contact()) as session:
        assert _ids(session, "stopped.t") == set(range(100))


def test_a_node_that_runs_is_not_started_twice(killable_node):
    with pytest.raises(NodeError, match="runs there already"):
        killable_node[0].launch()


def test_one_of_two_nodes_is_missed_at_all_and_not_at_one(two_nodes):
    with connected(two_nodes.contact()) as session, fresh_keyspace(session, replicas=2) as keyspace:
        session.execute(f"CREATE TABLE {keyspace}.t (id int PRIMARY KEY)")
        everywhere = SimpleStatement(
            f"INSERT INTO {keyspace}.t (id) VALUES (1)", consistency_level=ConsistencyLevel.ALL
        )
        session.execute(everywhere)
        two_nodes[1].stop()
        with pytest.raises((Unavailable, WriteTimeout)):
            session.execute(everywhere)
        _insert(session, f"{keyspace}.t", [2])
        two_nodes.heal()
        session.execute(everywhere)


def test_a_node_listens_on_its_address_alone(killable_node):
    settings = killable_node[0].settings
    ports = {settings.native_port, settings.storage_port}
    assert _listening(killable_node[0].pid) == {("127.0.0.1", port) for port in ports}


def _listening(pid):
    """Where a process listens, by proc(5)."""
    held = {os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir()}
    found = set()
    for family, table in ((socket.AF_INET, "tcp"), (socket.AF_INET6, "tcp6")):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == "0A" and f"socket:[{inode}]" in held:
                address, port = local.split(":")
                words = bytes.fromhex(address)
                packed = b"".join(words[at : at + 4][::-1] for at in range(0, len(words), 4))
                found.add((socket.inet_ntop(family, packed), int(port, 16)))
    return found
