"""Real Cassandra nodes for tests: where one comes from, and clusters of nodes to stop, start and kill."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, Session
from cassandra.policies import WhiteListRoundRobinPolicy

from loader.local.jars import install
from loader.local.jvm import NodeSettings
from loader.local.node import Node
from loader.local.ports import free_ports

# One collector thread and the quick compiler only: a node is ready after 3 to 4 s instead of 5, with half the CPU.
_QUICK = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


@dataclass(frozen=True)
class Contact:
    """A Cassandra that answers CQL at host and port; `node` is None where it is not ours."""

    host: str
    port: int
    node: Node | None = None

    def url(self, table: str) -> str:
        """What `--to` takes; `table` is "keyspace.table", percent-encoded where need be."""
        return f"cassandra://{self.host}:{self.port}/{table}"


class Nodes:
    """Nodes of one cluster at 127.0.0.1, 127.0.0.2, ..., all with one native port. Those that run may be killed."""

    def __init__(self, nodes: list[Node]) -> None:
        self._nodes = nodes

    def __getitem__(self, index: int) -> Node:
        return self._nodes[index]

    def __len__(self) -> int:
        return len(self._nodes)

    @property
    def contact(self) -> Contact:
        """The first node, and the way to the others."""
        first = self._nodes[0]
        return Contact(first.settings.address, first.settings.native_port, first)


@contextmanager
def running_nodes(count: int, *, commitlog_sync: str = "batch", heap: str = "512m") -> Iterator[Nodes]:
    """`count` nodes, ready; killed in the end with their data. With "batch" a killed node forgets nothing."""
    installation = install()
    addresses = [f"127.0.0.{number}" for number in range(1, count + 1)]
    native, storage = free_ports(2, addresses)
    base = Path(tempfile.mkdtemp(prefix="loader-cassandra-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, base)
        nodes = [
            Node(
                NodeSettings(
                    base / address,
                    native,
                    storage,
                    address,
                    commitlog_sync,
                    heap,
                    seeds=(f"{addresses[0]}:{storage}",),
                    jvm_flags=_QUICK,
                ),
                installation,
            )
            for address in addresses
        ]
        for node in nodes:
            stack.callback(node.kill)
            node.start()
        yield Nodes(nodes)


@contextmanager
def connected(contact: Contact) -> Iterator[Session]:
    """A driver session that talks to this one node, and is closed in the end."""
    only_it = ExecutionProfile(load_balancing_policy=WhiteListRoundRobinPolicy([contact.host]), request_timeout=30)
    cluster = Cluster([contact.host], contact.port, execution_profiles={EXEC_PROFILE_DEFAULT: only_it})
    try:
        yield cluster.connect()
    finally:
        cluster.shutdown()
