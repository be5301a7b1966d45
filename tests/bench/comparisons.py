"""The named comparisons, each with the bars it is held to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import rows as files
from tests.bench import sides
from tests.bench.cassandra import Table, table
from tests.bench.item_server import ItemServer, item_server
from tests.bench.nginx import Nginx, nginx
from tests.bench.sides import ARRAY, BARE, Side, answered_by_item, holds_all, in_table

BATCHES = "[batch]\nsize = 500\n"
ONE_ROW = "[batch]\nsize = 1\n"
TYPES = "[mapping.types]\n" + "".join(f'{name} = "{kind}"\n' for name, kind in files.TYPES.items())
ONE_WORKER, TWO_WORKERS = (f"[concurrency]\nworkers = {number}\n" for number in (1, 2))


@dataclass(frozen=True)
class Bar:
    """What a figure, or its ratio to that of the other side, must come to."""

    metric: str
    at_least: float | None = None
    at_most: float | None = None
    absolute: bool = False

    def is_met(self, value: float) -> bool:
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        bounds = {"at least": self.at_least, "at most": self.at_most}
        bound = " and ".join(f"{name} {value:g}" for name, value in bounds.items() if value is not None)
        return f"{self.metric} {bound}{'' if self.absolute else ' x'}"


class Bench:
    """What comparisons run on: a folder, and servers that start with the first use and stop with the stack."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack, scale: float) -> None:
        """`scale` makes all files smaller, for trying."""
        self.folder = folder
        self._stack = stack
        self._scale = scale
        self._nginx: Nginx | None = None
        self._table: Table | None = None

    def rows(self, count: int) -> int:
        return max(1000, int(count * self._scale))

    @property
    def nginx(self) -> Nginx:
        if self._nginx is None:
            self._nginx = self._stack.enter_context(nginx(self.folder))
        return self._nginx

    @property
    def table(self) -> Table:
        if self._table is None:
            self._table = self._stack.enter_context(table())
        return self._table

    def item_server(self, refuse_every: int) -> ItemServer:
        return self._stack.enter_context(item_server(refuse_every))

    def http(
        self, label: str, path: Path, count: int, settings: str, *, bad: int = 0, row_bytes: int = files.JSON_BYTES
    ) -> Side:
        """Loader into nginx; the bytes of all rows but the `bad` ones must arrive, `row_bytes` for each.

        One row a request is sent with the extra `fast`, all else without.
        """
        server, alone = self.nginx, ONE_ROW in settings
        how: dict[str, Any] = {
            "prepare": server.forget,
            "check": holds_all(server, count - bad, BARE if alone else ARRAY, row_bytes),
            "env": {} if alone else sides.WITHOUT_FAST,
        }
        return sides.loader(label, path, count, server.url, self.folder, settings, bad=bad, **how)

    def by_item(self, label: str, count: int, *, refuse_every: int, bad: int) -> Side:
        """Loader into a server that takes all rows and refuses `bad` of them, each in the answer to its request."""
        server = self.item_server(refuse_every)
        target = f'[target.api]\nurl = "{server.url}"\nbody = "ndjson"\nitems = "multi-status"\n'
        path, check = files.jsonl(count), answered_by_item(server, count)

        def forget() -> None:
            server.take()

        how = BATCHES + target
        return sides.loader(label, path, count, "api", self.folder, how, prepare=forget, check=check, bad=bad)

    def cassandra(self, label: str, path: Path, count: int, *, bad: int = 0) -> Side:
        """Loader into the table."""
        check = in_table(self.table, count, spoiled=bad > 0)
        to, folder = self.table.url, self.folder
        return sides.loader(label, path, count, to, folder, prepare=self.table.empty, check=check, bad=bad)


@dataclass(frozen=True)
class Comparison:
    """Ours, the other side if there is one, and the bars.

    `note` says what to know when reading it; `pairs` is the most that are run of it; where the bars of the comparison
    `or_else` are met, that is enough.
    """

    name: str
    title: str
    sides: Callable[[Bench], Sequence[Side]]
    bars: Sequence[Bar]
    note: str = ""
    pairs: int | None = None
    or_else: str = ""


def _against_benthos(count: int, settings: str, batch: int) -> Callable[[Bench], Sequence[Side]]:
    def make(bench: Bench) -> Sequence[Side]:
        rows = bench.rows(count)
        path = files.jsonl(rows)
        ours = bench.http("loader", path, rows, settings)
        return ours, sides.benthos(path, rows, bench.nginx, bench.folder, batch)

    return make


def _copy(bench: Bench) -> Sequence[Side]:
    rows = bench.rows(500_000)
    return bench.cassandra("loader", files.csv(rows), rows), sides.cqlsh(files.csv(rows), rows, bench.table)


def _dsbulk(bench: Bench) -> Sequence[Side]:
    rows = bench.rows(500_000)
    path = files.jsonl(rows)
    return bench.cassandra("loader", path, rows), sides.dsbulk(path, rows, bench.table, bench.folder)


def _pattern(bench: Bench) -> Sequence[Side]:
    rows = bench.rows(500_000)
    path = files.jsonl(rows)
    return bench.cassandra("loader", path, rows), sides.pattern(path, rows, bench.table)


def _csv_into_http(bench: Bench) -> Sequence[Side]:
    rows = bench.rows(2_000_000)
    as_csv = bench.http("CSV", files.csv(rows), rows, BATCHES, row_bytes=files.TEXT_BYTES)
    return as_csv, bench.http("JSONL", files.jsonl(rows), rows, BATCHES)


def _array_into_http(bench: Bench) -> Sequence[Side]:
    rows = bench.rows(2_000_000)
    as_array = bench.http("JSON array", files.json_array(rows), rows, BATCHES)
    return as_array, bench.http("JSONL", files.jsonl(rows), rows, BATCHES)


def _csv_into_cassandra(bench: Bench) -> Sequence[Side]:
    rows = bench.rows(500_000)
    return bench.cassandra("CSV", files.csv(rows), rows), bench.cassandra("JSONL", files.jsonl(rows), rows)


def _parquet_into_http(bench: Bench) -> Sequence[Side]:
    rows = bench.rows(2_000_000)
    as_parquet = bench.http("Parquet", files.parquet(rows), rows, BATCHES)
    return as_parquet, bench.http("JSONL", files.jsonl(rows), rows, BATCHES)


def _parquet_into_cassandra(bench: Bench) -> Sequence[Side]:
    rows = bench.rows(500_000)
    return bench.cassandra("Parquet", files.parquet(rows), rows), bench.cassandra("CSV", files.csv(rows), rows)


def _packed(label: str, pack: Callable[[int], Path], unpack: Sequence[str]) -> Callable[[Bench], Sequence[Side]]:
    def make(bench: Bench) -> Sequence[Side]:
        rows = bench.rows(2_000_000)
        ours = bench.http(label, pack(rows), rows, BATCHES)
        if unpack:
            return ours, Side(f"{label} alone", [*unpack, str(pack(rows))], rows)
        return ours, bench.http("plain", files.jsonl(rows), rows, BATCHES)

    return make


def _rejected_by_checks(bench: Bench) -> Sequence[Side]:
    rows = bench.rows(1_000_000)
    bad = bench.http("10 % no JSON", files.spoiled(rows), rows, BATCHES, bad=files.bad(rows))
    return bad, bench.http("clean", files.jsonl(rows), rows, BATCHES)


def _rejected_into_cassandra(bench: Bench) -> Sequence[Side]:
    rows = bench.rows(500_000)
    bad = bench.cassandra("10 % no number", files.spoiled_csv(rows), rows, bad=files.bad(rows))
    return bad, bench.cassandra("clean", files.csv(rows), rows)


def _rejected_by_items(bench: Bench) -> Sequence[Side]:
    rows = bench.rows(1_000_000)
    return (
        bench.by_item("10 % refused", rows, refuse_every=files.BAD_EVERY, bad=files.bad(rows)),
        bench.by_item("clean", rows, refuse_every=0, bad=0),
    )


def _memory(label: str, count: int) -> Callable[[Bench], Sequence[Side]]:
    def make(bench: Bench) -> Sequence[Side]:
        large, small = bench.rows(count), bench.rows(450_000)
        return (
            bench.http(label, files.jsonl(large), large, BATCHES),
            bench.http("100 MB", files.jsonl(small), small, BATCHES),
        )

    return make


def _array_memory(bench: Bench) -> Sequence[Side]:
    large, small = bench.rows(9_000_000), bench.rows(450_000)
    return (
        bench.http("2 GB", files.json_array(large), large, BATCHES),
        bench.http("100 MB", files.json_array(small), small, BATCHES),
    )


def _workers(bench: Bench) -> Sequence[Side]:
    rows = bench.rows(5_000_000)
    path = files.csv(rows)
    return (
        bench.http("2 workers", path, rows, BATCHES + TYPES + TWO_WORKERS),
        bench.http("1 worker", path, rows, BATCHES + TYPES + ONE_WORKER),
    )


def _help(bench: Bench) -> Sequence[Side]:
    return (Side("loader --help", [*sides.LOADER, "--help"], 1),)


def _one(bench: Bench) -> Sequence[Side]:
    return (bench.http("one row", files.jsonl(1), 1, ""),)


_SAME_MEMORY = (Bar("peak MB", at_most=100, absolute=True), Bar("peak MB", at_least=0.9, at_most=1.1))
COMPARISONS = (
    Comparison(
        "cassandra-copy",
        "500,000 rows into Cassandra beside cqlsh COPY, the same CSV",
        _copy,
        (Bar("rows/s", 1.4), Bar("CPU us/row", at_most=0.4)),
    ),
    Comparison(
        "cassandra-dsbulk",
        "500,000 rows into Cassandra beside DSBulk in replica-set mode, start-up included",
        _dsbulk,
        (Bar("wall s", at_most=0.6), Bar("CPU us/row", at_most=0.35), Bar("peak MB", at_most=0.3)),
    ),
    Comparison(
        "cassandra-pattern",
        "500,000 rows into Cassandra beside execute_concurrent_with_args",
        _pattern,
        (Bar("rows/s", 4),),
    ),
    Comparison(
        "http-batches",
        "5,000,000 rows over HTTP in batches of 500 beside Benthos",
        _against_benthos(5_000_000, BATCHES, 500),
        (Bar("rows/s", 4),),
    ),
    Comparison(
        "http-one-row",
        "500,000 rows over HTTP, one a request, beside Benthos",
        _against_benthos(500_000, ONE_ROW, 1),
        (Bar("rows/s", 1.5), Bar("CPU us/row", at_most=0.7)),
        "with the extra fast, at the default number of workers",
    ),
    Comparison(
        "rejected-by-checks", "10 % of the rows are no JSON, beside none", _rejected_by_checks, (Bar("rows/s", 0.7),)
    ),
    Comparison(
        "rejected-by-items",
        "10 % of the rows refused by answers row by row, beside none",
        _rejected_by_items,
        (Bar("rows/s", 0.7),),
    ),
    Comparison(
        "rejected-into-cassandra",
        "10 % of the rows of CSV have a quantity that is no number, beside none, into Cassandra",
        _rejected_into_cassandra,
        (Bar("rows/s", 0.7),),
    ),
    Comparison("csv-cassandra", "CSV into Cassandra beside JSONL", _csv_into_cassandra, (Bar("rows/s", 0.8),)),
    Comparison("csv-http", "CSV into HTTP beside JSONL", _csv_into_http, (Bar("rows/s", 0.75),)),
    Comparison(
        "json-array", "one JSON array into HTTP beside the same rows as lines", _array_into_http, (Bar("rows/s", 0.6),)
    ),
    Comparison(
        "parquet-cassandra", "Parquet into Cassandra beside CSV", _parquet_into_cassandra, (Bar("rows/s", 1.1),)
    ),
    Comparison("parquet-http", "Parquet into HTTP beside JSONL", _parquet_into_http, (Bar("rows/s", 0.8),)),
    Comparison(
        "gzip",
        "gzip into HTTP beside the plain file",
        _packed("gzip", files.gzipped, ()),
        (Bar("rows/s", 0.95),),
        or_else="gzip-alone",
    ),
    Comparison(
        "gzip-alone",
        "gzip into HTTP beside `gzip -t`, which decompresses it to nowhere",
        _packed("gzip", files.gzipped, ("gzip", "-t")),
        (Bar("rows/s", 0.8),),
        or_else="gzip",
    ),
    Comparison(
        "zstd", "zstd into HTTP beside the plain file", _packed("zstd", files.zstandarded, ()), (Bar("rows/s", 0.8),)
    ),
    Comparison("memory", "a file of 1 GB beside one of 100 MB", _memory("1 GB", 4_500_000), _SAME_MEMORY),
    Comparison("memory-5gb", "a file of 5 GB beside one of 100 MB", _memory("5 GB", 22_500_000), _SAME_MEMORY, pairs=1),
    Comparison("memory-array", "a JSON array of 2 GB beside one of 100 MB", _array_memory, _SAME_MEMORY, pairs=1),
    Comparison(
        "workers", "5,000,000 rows of typed CSV over HTTP, two workers beside one", _workers, (Bar("rows/s", 1.7),)
    ),
    Comparison("help", "loader --help", _help, (Bar("wall s", at_most=0.15, absolute=True),)),
    Comparison(
        "one-row", "a push of one row to HTTP, the whole process", _one, (Bar("wall s", at_most=0.5, absolute=True),)
    ),
)
