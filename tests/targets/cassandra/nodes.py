"""Real Cassandra nodes for tests: clusters to stop, start and kill, sessions, and keyspaces that are dropped again."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

from cassandra import ConsistencyLevel, RequestExecutionException
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, Session
from cassandra.policies import ConstantReconnectionPolicy, FallthroughRetryPolicy, WhiteListRoundRobinPolicy
from cassandra.query import SimpleStatement

from loader.local.jars import Installation
from loader.local.jvm import NodeSettings
from loader.local.node import Node
from loader.local.ports import free_ports
from loader.local.waiting import wait_for

# One thread for the garbage and the quick compiler only: a node starts in two thirds of the time, with half the CPU.
_QUICK = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
# system_traces has two replicas: at ALL this needs two live nodes, where there are two.
_NEEDS_BOTH = SimpleStatement(
    "SELECT session_id FROM system_traces.sessions WHERE session_id = 00000000-0000-1000-8000-000000000000",
    consistency_level=ConsistencyLevel.ALL,
)
_NOTHING: Mapping[str, object] = MappingProxyType({})
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Contact:
    """A Cassandra that answers CQL at host and port; `node` is None where it is not one of ours."""

    host: str
    port: int
    node: Node | None = None

    def url(self, table: str) -> str:
        """What `--to` takes, for a table named as in a URL: "keyspace.table"."""
        return f"cassandra://{self.host}:{self.port}/{table}"


class Nodes:
    """One or two nodes of one cluster, at 127.0.0.1 and 127.0.0.2, with one native port."""

    def __init__(self, nodes: list[Node]) -> None:
        self._nodes = nodes

    def __getitem__(self, index: int) -> Node:
        return self._nodes[index]

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes)

    def contact(self, index: int = 0) -> Contact:
        node = self._nodes[index]
        return Contact(node.address.host, node.address.port, node)

    def heal(self) -> None:
        """Start the nodes that do not run, and wait until each takes the other for alive."""
        for node in self._nodes:
            if node.pid is None:
                node.start()
        if len(self._nodes) == 2:
            for index in range(2):
                with connected(self.contact(index)) as session:
                    assert wait_for(partial(_sees_both, session), 60), self[index].last_lines()


def _sees_both(session: Session) -> bool:
    try:
        session.execute(_NEEDS_BOTH)
    except RequestExecutionException:
        return False
    return True


@contextmanager
def running_nodes(
    count: int, base: Path, installation: Installation, yaml: Mapping[str, object] = _NOTHING
) -> Iterator[Nodes]:
    """`count` nodes (1 or 2) in `base`, ready; killed in the end, their folders removed.

    They forget nothing that they acknowledged (`commitlog_sync: batch`). `yaml` are further keys of cassandra.yaml.
    """
    addresses = [f"127.0.0.{number}" for number in range(1, count + 1)]
    native, storage = free_ports(2, addresses)
    seeds = (f"{addresses[0]}:{storage}",)
    nodes = [
        Node(
            NodeSettings(base / address, native, storage, address, "batch", "512m", seeds, _QUICK, yaml),
            installation,
        )
        for address in addresses
    ]
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, base)
        for node in nodes:
            stack.callback(node.kill)
        cluster = Nodes(nodes)
        cluster.heal()
        yield cluster


@contextmanager
def connected(contact: Contact, **options: object) -> Iterator[Session]:
    """A driver session that talks to this one node, and is closed in the end; `options` are those of `Cluster`."""
    only_it = ExecutionProfile(
        WhiteListRoundRobinPolicy([contact.host]), retry_policy=FallthroughRetryPolicy(), request_timeout=30
    )
    with Cluster(
        [contact.host],
        contact.port,
        protocol_version=5,
        execution_profiles={EXEC_PROFILE_DEFAULT: only_it},
        reconnection_policy=ConstantReconnectionPolicy(0.2, max_attempts=None),
        **options,
    ) as cluster:
        yield cluster.connect()


@contextmanager
def fresh_keyspace(session: Session, replicas: int = 1) -> Iterator[str]:
    """The name of a new keyspace, dropped in the end."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    replication = f"{{'class': 'SimpleStrategy', 'replication_factor': {replicas}}}"
    session.execute(f"CREATE KEYSPACE {name} WITH replication = {replication}")
    yield name
    session.execute(f"DROP KEYSPACE {name}")
