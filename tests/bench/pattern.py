"""The pattern people write: `python -m tests.bench.pattern HOST PORT FILE` loads JSONL with the driver's own help."""

from __future__ import annotations

import json
import sys
from datetime import date
from itertools import islice

from cassandra.cluster import Cluster
from cassandra.concurrent import execute_concurrent_with_args

from tests.bench.cassandra import INSERT, KEYSPACE


def main(host: str, port: str, path: str) -> None:
    """Batches of 1,000 rows at a concurrency of 100, each row a prepared INSERT."""
    cluster = Cluster([host], port=int(port))
    session = cluster.connect(KEYSPACE)
    insert = session.prepare(INSERT)
    with open(path, encoding="utf-8") as lines:
        rows = (_arguments(json.loads(line)) for line in lines)
        while batch := list(islice(rows, 1000)):
            execute_concurrent_with_args(session, insert, batch, concurrency=100)
    cluster.shutdown()


def _arguments(row: dict[str, object]) -> list[object]:
    return [date.fromisoformat(str(value)) if name == "created" else value for name, value in row.items()]


if __name__ == "__main__":
    main(*sys.argv[1:])
