"""Nodes go away and come back while a load runs: afterwards every row is in the table or in the queue."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from cassandra import ConsistencyLevel, OperationTimedOut, RequestExecutionException
from cassandra.cluster import NoHostAvailable, Session
from cassandra.query import SimpleStatement

from tests.command import law, wait_for
from tests.targets.cassandra.conftest import jsonl
from tests.targets.cassandra.nodes import connected, fresh_keyspace

_ROWS = 12_000
_ENOUGH = 1000  # rows after which a node goes away


@contextmanager
def _table(nodes, replicas: int) -> Iterator[tuple[Session, str, str]]:
    """A session, the name of a table, and its URL by the first node."""
    contact = nodes.contact()
    with connected(contact) as session, fresh_keyspace(session, replicas) as keyspace:
        session.execute(f"CREATE TABLE {keyspace}.t (id int PRIMARY KEY, name text)")
        yield session, f"{keyspace}.t", contact.url(quote(f"{keyspace}.t"))


def _has(session: Session, table: str, key: int) -> bool:
    statement = SimpleStatement(f"SELECT id FROM {table} WHERE id = {key}", consistency_level=ConsistencyLevel.ONE)
    try:
        return session.execute(statement).one() is not None
    except (NoHostAvailable, OperationTimedOut, RequestExecutionException):
        return False  # the node that was asked is on its way out or in


def _all_rows(session: Session, table: str, consistency: int) -> dict[int, str]:
    return dict(session.execute(SimpleStatement(f"SELECT id, name FROM {table}", consistency_level=consistency)))


def _finish(loader, process: subprocess.Popen, url: str) -> None:
    """Wait for the end, and go on for as long as the run stops because the target is away."""
    _, err = process.communicate(timeout=90)
    code, said = process.returncode, err.decode()
    for _ in range(10):
        if code != 3:
            break
        done = loader("push", "a.jsonl", "--to", url, "--dlq", "dead.jsonl", "--resume")
        code, said = done.code, done.err
    assert code in (0, 1), said


def _start(loader, url: str, consistency: str, rate: int) -> subprocess.Popen:
    loader.configure(f"""
[rate]
rows = {rate}
[timeouts]
write = "5s"
[target.table]
url = "{url}"
consistency = "{consistency}"
""")
    loader.write("a.jsonl", jsonl({"id": i, "name": f"row {i}"} for i in range(_ROWS)))
    return loader.start("push", "a.jsonl", "--to", "table", "--dlq", "dead.jsonl")


def _assert_none_is_lost(loader, found: dict[int, str]) -> None:
    """Every row of the file, one by one: as it is in the file, or in the queue."""
    dead = [letter["row"]["id"] for letter in loader.letters()]
    assert len(dead) == len(set(dead))
    lost = [i for i in range(_ROWS) if found.get(i) != f"row {i}" and i not in dead]
    assert lost == []
    assert set(found) <= set(range(_ROWS))


@pytest.mark.parametrize("consistency", ["LOCAL_QUORUM", "ONE"])
def test_a_node_of_two_stops_and_starts_in_mid_run(loader, two_nodes, consistency):
    with _table(two_nodes, replicas=2) as (session, table, url):
        with _start(loader, url, consistency, rate=1500) as process:
            wait_for(lambda: _has(session, table, _ENOUGH))
            two_nodes[1].stop()
            assert process.poll() is None, "the run ended before the node was gone"
            two_nodes[1].start()
            _finish(loader, process, "table")
        two_nodes.heal()
        _assert_none_is_lost(loader, _all_rows(session, table, ConsistencyLevel.ALL))


def test_the_only_node_is_killed_and_started_again_in_mid_run(loader, killable_node):
    node = killable_node[0]
    with _table(killable_node, replicas=1) as (session, table, url):
        with _start(loader, url, "LOCAL_QUORUM", rate=4000) as process:
            wait_for(lambda: _has(session, table, _ENOUGH))
            node.kill()
            assert process.poll() is None, "the run ended before the node was gone"
            node.start()
            _finish(loader, process, "table")
        wait_for(lambda: _has(session, table, 0))
        _assert_none_is_lost(loader, _all_rows(session, table, ConsistencyLevel.ONE))


def test_a_run_that_gave_up_on_the_only_node_goes_on_with_resume(loader, killable_node):
    node = killable_node[0]
    with _table(killable_node, replicas=1) as (session, table, url):
        loader.write("a.jsonl", jsonl({"id": i, "name": f"row {i}"} for i in range(_ROWS)))
        loader.write(
            "loader.toml",
            "[rate]\nrows = 4000\n[retry]\ninitial_backoff = 0.01\n"
            "[breaker]\ntimeout = 0.1\ngive_up_after = 1\n[timeouts]\nconnect = 1\nwrite = 2\n",
        )
        with loader.start("push", "a.jsonl", "--to", url, "--dlq", "dead.jsonl") as process:
            wait_for(lambda: _has(session, table, _ENOUGH))
            node.kill()
            _, err = process.communicate(timeout=60)
        assert process.returncode == 3, err.decode()
        assert b"see that the target is up, then resume" in err
        assert loader.letters() == []  # no row is blamed for it
        node.start()
        done = loader("push", "a.jsonl", "--to", url, "--dlq", "dead.jsonl", "--resume")
        assert done.code == 0, done.err
        law(done.report)
        assert (done.report["read"], done.report["delivered"]) == (_ROWS, _ROWS)
        wait_for(lambda: _has(session, table, 0))
        _assert_none_is_lost(loader, _all_rows(session, table, ConsistencyLevel.ONE))
