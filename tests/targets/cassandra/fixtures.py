"""Fixtures for tests that need a real Cassandra; a plugin, so that one node serves the whole run.

It is the one at `LOADER_TEST_CASSANDRA=host[:port]`, else a node of our own, else one in a container engine. Without
any the tests fail. With `LOADER_TEST_CASSANDRA=skip` they are skipped, which the last lines of the run say.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import NoReturn

import pytest
from cassandra.cluster import Session

from loader.local.address import HOST
from loader.local.engine import EngineRunner
from loader.local.errors import MissingError
from loader.local.jars import Installation, install
from loader.local.ports import free_ports
from tests.targets.cassandra.nodes import Contact, Nodes, connected, fresh_keyspace, running_nodes

_VARIABLE = "LOADER_TEST_CASSANDRA"
_REAL = {"cassandra", "installation"}
_SECONDS = 300  # for a test with the start of the nodes that it needs, on a busy machine


def _asked_for() -> str:
    asked = os.environ.get(_VARIABLE, "")
    if asked == "skip":
        pytest.skip(f"{_VARIABLE}=skip")
    return asked


def _fail(faults: Sequence[str]) -> NoReturn:
    ways = f"install Java 17 and Maven, or set {_VARIABLE} to the host[:port] of one; {_VARIABLE}=skip leaves it out"
    pytest.fail("\n".join([f"this test needs a real Cassandra: {ways}", *faults]), pytrace=False)


@pytest.fixture(scope="session")
def installation() -> Installation:
    """What nodes of our own run from."""
    _asked_for()
    faults = []
    try:
        return install(print)
    except MissingError as error:
        faults.append(str(error))
    _fail(faults)


@pytest.fixture(scope="session")
def cassandra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contact]:
    """A Cassandra that answers, one for the whole run: keep to keyspaces of your own, see `keyspace`."""
    with _one_of_three(_asked_for(), tmp_path_factory.mktemp("cassandra")) as contact:
        yield contact


def _one_of_three(asked: str, folder: Path) -> AbstractContextManager[Contact]:
    if asked:
        host, _, port = asked.partition(":")
        return nullcontext(Contact(host, int(port or 9042)))
    faults = []
    try:
        return _own_node(folder, install(print))
    except MissingError as error:
        faults.append(str(error))
    for how in ("docker", "podman"):
        runner = EngineRunner(how, f"loader-test-{os.getpid()}")
        try:
            runner.prepare()
        except MissingError as error:
            faults.append(str(error))
        else:
            return _in_container(runner)
    _fail(faults)


@contextmanager
def _own_node(folder: Path, installation: Installation) -> Iterator[Contact]:
    with running_nodes(1, folder, installation) as nodes:
        yield nodes.contact()


@contextmanager
def _in_container(runner: EngineRunner) -> Iterator[Contact]:
    (port,) = free_ports(1)
    try:
        runner.up(port)
        yield Contact(HOST, port)
    finally:
        runner.down(purge=True)


@pytest.fixture(scope="session")
def session(cassandra: Contact) -> Iterator[Session]:
    """A driver session to it, one for the whole run: name tables in full, and set nothing on it."""
    with connected(cassandra) as opened:
        yield opened


@pytest.fixture
def keyspace(session: Session) -> Iterator[str]:
    """The name of a fresh keyspace of one replica there, dropped after the test."""
    with fresh_keyspace(session) as name:
        yield name


@pytest.fixture
def server_log(cassandra: Contact) -> Callable[[], str]:
    """What the server logged since the test began; skips the test where the server is not one of ours."""
    node = cassandra.node
    if node is None:
        pytest.skip(f"{_VARIABLE}: the log of this server is not at hand")
    before = len(node.log_since_start())
    return lambda: node.log_since_start()[before:]


@pytest.fixture(scope="module")
def _node_of_module(tmp_path_factory: pytest.TempPathFactory, installation: Installation) -> Iterator[Nodes]:
    with running_nodes(1, tmp_path_factory.mktemp("node"), installation) as nodes:
        yield nodes


@pytest.fixture(scope="module")
def _two_nodes_of_module(tmp_path_factory: pytest.TempPathFactory, installation: Installation) -> Iterator[Nodes]:
    with running_nodes(2, tmp_path_factory.mktemp("nodes"), installation) as nodes:
        yield nodes


@pytest.fixture
def killable_node(_node_of_module: Nodes) -> Nodes:
    """A node to stop, start and kill: `killable_node[0]`. The tests of a module share it, and find it running."""
    _node_of_module.heal()
    return _node_of_module


@pytest.fixture
def two_nodes(_two_nodes_of_module: Nodes) -> Nodes:
    """A cluster of two such nodes, at 127.0.0.1 and 127.0.0.2; `fresh_keyspace` makes keyspaces of two replicas."""
    _two_nodes_of_module.heal()
    return _two_nodes_of_module


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that starts nodes may take longer than others."""
    for item in items:
        if _REAL & set(getattr(item, "fixturenames", ())) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(_SECONDS))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None]:
    """Say last how many tests were left out for want of a Cassandra."""
    yield
    skipped = [report for report in terminalreporter.stats.get("skipped", ()) if _VARIABLE in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(
            f"{len(skipped)} tests did not run, as they need a real Cassandra and {_VARIABLE} is"
            f" {os.environ.get(_VARIABLE)!r}: what is said of Cassandra was not tested in full",
            yellow=True,
        )
