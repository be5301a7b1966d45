"""The life of a node, against the real thing."""

from __future__ import annotations

import pytest

from tests.cassandra.nodes import connected

pytestmark = pytest.mark.timeout(180)


def _insert(session, rows):
    session.execute(
        "CREATE KEYSPACE IF NOT EXISTS k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}"
    )
    session.execute("CREATE TABLE IF NOT EXISTS k.t (id int PRIMARY KEY)")
    for row in rows:
        session.execute("INSERT INTO k.t (id) VALUES (%s)", (row,))


def _ids(session):
    return {row.id for row in session.execute("SELECT id FROM k.t")}


def test_a_killed_node_starts_again_with_all_that_it_acknowledged(killable_node):
    node = killable_node[0]
    with connected(killable_node.contact) as session:
        _insert(session, range(100))
    node.kill()
    assert node.process.pid is None
    node.start()
    with connected(killable_node.contact) as session:
        assert _ids(session) == set(range(100))


def test_two_nodes_are_one_cluster(two_nodes):
    with connected(two_nodes.contact) as session:
        hosts = {host.address: host.is_up for host in session.cluster.metadata.all_hosts()}
    assert set(hosts) == {"127.0.0.1", "127.0.0.2"}
