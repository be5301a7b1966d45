"""A scratch keyspace never outlives its rehearsal for long, however that ends."""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import contextmanager

import pytest

from tests.targets.cassandra.conftest import jsonl
from tests.targets.cassandra.nodes import connected

OPTIONS = ("--to", "cassandra://127.0.0.1:1/shop.orders", "--schema", "s.cql", "--format", "jsonl")


@contextmanager
def _waiting(loader, contact, folder):
    """A rehearsal that waits for more rows, and its keyspace."""
    loader.write("s.cql", "CREATE TABLE orders (id int PRIMARY KEY)")
    local = ("--local", f"{contact.host}:{contact.port}")
    with loader.start("rehearse", "-", *OPTIONS, *local, stdin=subprocess.PIPE) as process:
        process.stdin.write(jsonl({"id": i} for i in range(10)).encode())
        process.stdin.flush()
        assert b": loading - into" in process.stderr.readline()
        (own,) = folder.iterdir()
        yield process, own.name
        process.kill()


@pytest.fixture
def started(loader, cassandra, folder):
    with _waiting(loader, cassandra, folder) as (process, keyspace):
        yield process, keyspace


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_rehearsal_drops_its_keyspace(started, keyspaces, folder, number):
    process, keyspace = started
    assert keyspace in keyspaces()
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert b"nothing was read back" in err
    assert keyspace not in keyspaces()
    assert list(folder.iterdir()) == []


def test_the_next_rehearsal_drops_what_a_killed_one_left(started, rehearse, loader, keyspaces, folder):
    process, keyspace = started
    process.kill()
    process.wait()
    assert keyspace in keyspaces()
    loader.write("orders.jsonl", jsonl([{"id": 1}]))
    assert rehearse("orders.jsonl", *OPTIONS).code == 0
    assert keyspace not in keyspaces()
    assert list(folder.iterdir()) == []


def test_a_rehearsal_that_goes_on_is_left_alone(started, rehearse, loader, keyspaces):
    process, keyspace = started
    loader.write("orders.jsonl", jsonl([{"id": 1}]))
    assert rehearse("orders.jsonl", *OPTIONS).code == 0
    assert keyspace in keyspaces()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)


@pytest.mark.parametrize(("hours", "is_dropped"), [(25, True), (23, False)])
def test_a_keyspace_without_a_known_owner_is_dropped_after_a_day(
    session, rehearse, loader, keyspaces, hours, is_dropped
):
    began = int(time.time()) - hours * 3600
    name = f"loader_rehearsal_{began:08x}00c0ffee"
    session.execute(f"CREATE KEYSPACE {name} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}")
    try:
        loader.write("s.cql", "CREATE TABLE orders (id int PRIMARY KEY)")
        loader.write("orders.jsonl", jsonl([{"id": 1}]))
        assert rehearse("orders.jsonl", *OPTIONS).code == 0
        assert (name not in keyspaces()) == is_dropped
    finally:
        session.execute(f"DROP KEYSPACE IF EXISTS {name}")


def test_a_keyspace_that_cannot_be_dropped_is_told_and_dropped_by_the_next_rehearsal(killable_node, loader, folder):
    """The local Cassandra dies in the middle, and is started again."""
    contact = killable_node.contact()
    with _waiting(loader, contact, folder) as (process, keyspace):
        killable_node[0].kill()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=100)
    assert process.returncode == 130, err
    assert f"the scratch keyspace {keyspace} is left".encode() in err
    killable_node.heal()
    loader.write("orders.jsonl", jsonl([{"id": 1}]))
    done = loader("rehearse", "orders.jsonl", *OPTIONS, "--local", f"{contact.host}:{contact.port}")
    assert done.code == 0, done.err
    with connected(contact) as session:
        assert keyspace not in {row[0] for row in session.execute("SELECT keyspace_name FROM system_schema.keyspaces")}
    assert list(folder.iterdir()) == []
