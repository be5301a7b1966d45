"""The table that is loaded, on the local Cassandra."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

from tests.bench.rows import COLUMNS

KEYSPACE, TABLE = "loader_bench", "orders"
INSERT = f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
_DEFINITION = (
    f"CREATE TABLE IF NOT EXISTS {TABLE} (id int PRIMARY KEY, customer text, email text, amount double, quantity int, "
    "created date, status text, note text)"
)
_ADDRESS = "LOADER_BENCH_CASSANDRA"


class Table:
    """The table of the benchmark. Holds one connection, which is idle while loaders are measured."""

    def __init__(self, address: str) -> None:
        from cassandra.cluster import Cluster

        self.host, _, port = address.partition(":")
        self.port = port or "9042"
        self._cluster = Cluster([self.host], port=int(self.port))
        self._session = self._cluster.connect()
        replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}"
        self._session.execute(f"CREATE KEYSPACE IF NOT EXISTS {KEYSPACE} WITH replication = {replication}")
        self._session.set_keyspace(KEYSPACE)
        self._session.execute(_DEFINITION)

    @property
    def url(self) -> str:
        """What `--to` takes."""
        return f"cassandra://{self.host}:{self.port}/{KEYSPACE}.{TABLE}"

    def empty(self) -> None:
        """Remove all rows."""
        self._session.execute(f"TRUNCATE {TABLE}", timeout=120)

    def ids(self) -> Iterator[int]:
        """The ids of all rows it holds, read page by page: a count on the server runs out of time."""
        self._session.default_fetch_size = 5000
        return (row.id for row in self._session.execute(f"SELECT id FROM {TABLE}", timeout=120))

    def close(self) -> None:
        self._cluster.shutdown()


@contextlib.contextmanager
def table() -> Iterator[Table]:
    """The table at the address in LOADER_BENCH_CASSANDRA, else on the Cassandra that `loader local up` starts."""
    address = os.environ.get(_ADDRESS) or _local()
    opened = Table(address)
    try:
        yield opened
    finally:
        opened.close()


def _local() -> str:
    up = [sys.executable, "-m", "loader", "local", "up"]
    url = subprocess.run(up, check=True, stdout=subprocess.PIPE, text=True).stdout
    return url.removeprefix("cassandra://").partition("/")[0]
