"""Loader and its peers as command lines, and what their target must hold when they are done."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import peers
from tests.bench import rows as files
from tests.bench.cassandra import KEYSPACE, TABLE, Table
from tests.bench.item_server import Came, ItemServer
from tests.bench.nginx import Nginx, Received
from tests.bench.rows import COLUMNS, JSON_BYTES, ROW_BYTES

LOADER = (sys.executable, "-m", "loader")
WITHOUT_FAST = {"PYTHONPATH": str(Path(__file__).with_name("without_fast"))}
"""The environment of a loader that does not find the extra `fast`."""

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
    label: str,
    path: Path,
    rows: int,
    to: str,
    folder: Path,
    settings: str = "",
    *,
    prepare: Callable[[], None] = lambda: None,
    check: Callable[[], None] = lambda: None,
    bad: int = 0,
    env: Mapping[str, str] = WITHOUT_FAST,
) -> Side:
    """`loader push` of `path` with `settings` as its config; each run is a new one and leaves `bad` dead letters."""
    name = label.replace(" ", "-")
    runs = folder / f"{name}.runs"
    config = folder / f"{name}.toml"
    config.write_text(f'{settings}\n[checkpoint]\ndir = "{runs}"\n')

    def anew() -> None:
        shutil.rmtree(runs, ignore_errors=True)
        prepare()

    def all_settled() -> None:
        letters = _lines(runs.glob("*/dlq.jsonl"))
        assert letters == bad, f"{label} left {letters:,} dead letters instead of {bad:,}"
        check()

    argv = [*LOADER, "push", str(path), "--to", to, "-c", str(config)]
    return Side(label, argv, rows, anew, all_settled, env, codes=(DEAD_LETTERS,) if bad else (0,))


def _lines(paths: Iterable[Path]) -> int:
    count = 0
    for path in paths:
        with path.open("rb") as lines:
            count += sum(1 for _ in lines)
    return count


@dataclass(frozen=True)
class Framing:
    """What bodies hold besides the bytes of their rows: so many bytes a row, and a request."""

    per_row: int
    per_request: int


ARRAY = Framing(1, 1)  # brackets, and a comma between two rows
LINES = Framing(1, -1)  # a newline between two rows
BARE = Framing(0, 0)


def holds_all(server: Nginx, rows: int, framing: Framing, row_bytes: int = JSON_BYTES) -> Callable[[], None]:
    """A check that all bytes of `rows` rows of `row_bytes` each came to `server`, and nothing else."""

    def missing(got: Received) -> int:
        return (row_bytes + framing.per_row) * rows + framing.per_request * got.requests - got.bytes

    def check() -> None:
        got = server.received(lambda got: got.requests > 0 and missing(got) == 0)
        assert missing(got) == 0, (
            f"nginx got {got.bytes:,} bytes in {got.requests:,} requests: {missing(got):,} missing"
        )

    return check


def answered_by_item(server: ItemServer, rows: int) -> Callable[[], None]:
    """A check that all bytes of `rows` lines came to `server`, and nothing else."""

    def check() -> None:
        came, expected = server.take(), Came(rows, rows * ROW_BYTES)
        assert came == expected, f"the server got {came} instead of {expected}"

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
    check = holds_all(server, rows, framing)
    return Side("Benthos", [str(peers.benthos()), "-c", str(config)], rows, server.forget, check)


def in_table(table: Table, rows: int, *, spoiled: bool = False) -> Callable[[], None]:
    """A check that the table holds all rows of a file, or of a spoiled one all but those that are bad."""
    bad = files.bad(rows)
    expected = Counter({False: rows - bad, True: 0 if spoiled else bad})

    def check() -> None:
        held = Counter(map(files.is_bad, table.ids()))
        assert held == expected, f"rows by whether a spoiled file has them bad: {held} instead of {expected}"

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
