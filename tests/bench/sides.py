"""Loader and its peers as command lines, and what their target must hold when they are done."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import peers
from tests.bench.cassandra import KEYSPACE, TABLE, Table
from tests.bench.nginx import Nginx, Received
from tests.bench.rows import COLUMNS

LOADER = (sys.executable, "-m", "loader")
DEAD_LETTERS = 1  # the exit code of a run that left some


@dataclass(frozen=True)
class Side:
    """One loader at work: `prepare` makes its target ready, `check` raises AssertionError where that lacks rows."""

    label: str
    argv: Sequence[str]
    rows: int
    prepare: Callable[[], None] = lambda: None
    check: Callable[[], None] = lambda: None
    env: Mapping[str, str] = field(default_factory=dict)
    codes: Sequence[int] = (0,)


def loader(
    label: str, path: Path, rows: int, to: str, folder: Path, settings: str = "", *more: str, **how: object
) -> Side:
    """`loader push` of `path` with `settings` as its config; every run is a new one."""
    config = folder / f"{label.replace(' ', '-')}.toml"
    config.write_text(f'{settings}\n[checkpoint]\ndir = "{folder}/runs"\n')
    argv = [*LOADER, "push", str(path), "--to", to, "-c", str(config), *more]
    return Side(label, argv, rows, **how)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Framing:
    """What bodies hold besides the bytes of their rows: so many bytes a row, and a request."""

    per_row: int
    per_request: int


ARRAY = Framing(1, 1)  # brackets, and a comma between two rows
LINES = Framing(1, -1)  # a newline between two rows
BARE = Framing(0, 0)


def holds_all(server: Nginx, path: Path, rows: int, framing: Framing) -> Callable[[], None]:
    """A check that all bytes of the JSONL file `path` came to `server`, and nothing else."""
    content = path.stat().st_size - rows

    def missing(got: Received) -> int:
        return content + framing.per_row * rows + framing.per_request * got.requests - got.bytes

    def check() -> None:
        got = server.received(lambda got: got.requests > 0 and missing(got) == 0)
        assert missing(got) == 0, (
            f"nginx got {got.bytes:,} bytes in {got.requests:,} requests: {missing(got):,} missing"
        )

    return check


def benthos(path: Path, rows: int, server: Nginx, folder: Path, batch: int) -> Side:
    """Benthos, in batches of lines, or one row a request."""
    batching = f"{{count: {batch}, processors: [{{archive: {{format: lines}}}}]}}" if batch > 1 else "{count: 1}"
    config = folder / f"benthos-{batch}.yaml"
    config.write_text(
        f"http: {{enabled: false}}\n"
        f"logger: {{level: ERROR}}\n"
        f"input: {{file: {{paths: ['{path}'], scanner: {{lines: {{}}}}}}}}\n"
        f"output: {{http_client: {{url: '{server.url}', verb: POST, max_in_flight: 64, batching: {batching}}}}}\n"
    )
    framing = LINES if batch > 1 else BARE
    check = holds_all(server, path, rows, framing)
    return Side("Benthos", [str(peers.benthos()), "-c", str(config)], rows, server.forget, check)


def in_table(table: Table, rows: int) -> Callable[[], None]:
    """A check that the table holds as many rows as were loaded."""

    def check() -> None:
        count = table.count()
        assert count == rows, f"the table holds {count:,} rows instead of {rows:,}"

    return check


def cqlsh(path: Path, rows: int, table: Table) -> Side:
    """cqlsh COPY as it comes."""
    copy = f"COPY {KEYSPACE}.{TABLE} ({', '.join(COLUMNS)}) FROM '{path}' WITH HEADER = true"
    argv = [str(peers.cqlsh()), table.host, table.port, "-e", copy]
    return Side("cqlsh COPY", argv, rows, table.empty, in_table(table, rows))


def dsbulk(path: Path, rows: int, table: Table, folder: Path) -> Side:
    """DSBulk in its replica-set mode, its best for such rows."""
    options = {
        "-h": table.host,
        "-port": table.port,
        "-k": KEYSPACE,
        "-t": TABLE,
        "-url": str(path),
        "-c": "csv" if path.suffix == ".csv" else "json",
        "--batch.mode": "REPLICA_SET",
        "-logDir": str(folder / "dsbulk"),
    }
    main = ["java", "-cp", peers.dsbulk(), "com.datastax.oss.dsbulk.runner.DataStaxBulkLoader", "load"]
    argv = [*main, *(word for option in options.items() for word in option)]
    return Side("DSBulk", argv, rows, table.empty, in_table(table, rows))


def pattern(path: Path, rows: int, table: Table) -> Side:
    """The driver's `execute_concurrent_with_args`."""
    argv = [sys.executable, "-m", "tests.bench.pattern", table.host, table.port, str(path)]
    return Side("execute_concurrent", argv, rows, table.empty, in_table(table, rows), {"PYTHONPATH": os.getcwd()})
