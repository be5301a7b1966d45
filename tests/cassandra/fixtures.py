"""Fixtures for tests that need a real Cassandra; a plugin, so that one node serves the whole run.

It is the one at `LOADER_TEST_CASSANDRA=host[:port]`, else a node of our own. With `LOADER_TEST_CASSANDRA=skip` the
tests that need one are skipped, which the last lines of the run say.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest
from cassandra.cluster import Session

from loader.local.errors import MissingError
from tests.cassandra.nodes import Contact, Nodes, connected, running_nodes

_VARIABLE = "LOADER_TEST_CASSANDRA"
_SKIPPED = f"{_VARIABLE}=skip"
_numbers = itertools.count(1)


def _asked_for() -> str:
    asked = os.environ.get(_VARIABLE, "")
    if asked == "skip":
        pytest.skip(_SKIPPED)
    return asked


def _nodes(count: int) -> Iterator[Nodes]:
    _asked_for()
    try:
        with running_nodes(count) as nodes:
            yield nodes
    except MissingError as error:
        pytest.fail(f"a test needs Cassandra nodes of its own, and {error}; {_SKIPPED} skips it", pytrace=False)


@pytest.fixture(scope="session")
def cassandra() -> Iterator[Contact]:
    """A Cassandra that answers; one for the whole run, with keyspaces for each test."""
    if asked := _asked_for():
        host, _, port = asked.partition(":")
        yield Contact(host, int(port or 9042))
        return
    for nodes in _nodes(1):
        yield nodes.contact


@pytest.fixture(scope="session")
def session(cassandra: Contact) -> Iterator[Session]:
    """A driver session to it, one for the whole run: leave its keyspace alone, name tables in full."""
    with connected(cassandra) as opened:
        yield opened


@pytest.fixture
def keyspace(session: Session) -> Iterator[str]:
    """The name of a fresh keyspace with one replica, dropped after the test."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    session.execute(f"CREATE KEYSPACE {name} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}")
    yield name
    session.execute(f"DROP KEYSPACE {name}")


@pytest.fixture
def killable_node() -> Iterator[Nodes]:
    """One node to stop, start and kill: `[0]`; it forgets nothing that it acknowledged."""
    yield from _nodes(1)


@pytest.fixture
def two_nodes() -> Iterator[Nodes]:
    """A cluster of two such nodes, at 127.0.0.1 and 127.0.0.2."""
    yield from _nodes(2)
