"""The files that are loaded: rows of 235 bytes and 8 columns, the same as JSONL and as CSV.

Each file is made when it is first asked for, as a stream. No value needs quotes in CSV or an escape in JSON, and all
rows have the same length as JSON, so what a target must get of a file can be told from numbers.
"""

from __future__ import annotations

import gzip
import json
import random
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from backports import zstd

from tests.bench.cache import made_once

COLUMNS = ("id", "customer", "email", "amount", "quantity", "created", "status", "note")
TYPES = {"id": "integer", "amount": "number", "quantity": "integer"}  # all others are strings
ROW_BYTES = 235  # of a JSONL row with its newline
JSON_BYTES = ROW_BYTES - 1  # of a row in a body; the same made of CSV by TYPES, as a number keeps its spelling
TEXT_BYTES = JSON_BYTES + 2 * len(TYPES)  # of a row made of CSV with nothing but strings: two quotes for each of TYPES
BAD_EVERY = 10
_STATES = ("new", "paid", "sent")
_HEADER = ",".join(COLUMNS) + "\n"
_BLOCK = 100_000  # so many rows are made by chance; then they come again, with ids of their own


def jsonl(count: int) -> Path:
    """A file of `count` rows as JSONL."""
    return _made("jsonl", count, lambda path: _write(path, (row for row, _ in _rows(count))))


def json_array(count: int) -> Path:
    """The same rows as one JSON array, each on a line."""
    rows = (row for row, _ in _rows(count))
    return _made("json", count, lambda path: _write(path, _listed(rows, count), "["))


def csv(count: int) -> Path:
    """The same rows as CSV with a header."""
    return _made("csv", count, lambda path: _write(path, (row for _, row in _rows(count)), _HEADER))


def parquet(count: int) -> Path:
    """The same rows as Parquet, in row groups of a million; `note` is as long as makes their JSON as long as theirs."""
    return _made("parquet", count, lambda path: _write_parquet(path, count))


def gzipped(count: int) -> Path:
    """The JSONL file compressed by gzip."""
    return _made("jsonl.gz", count, lambda path: _write_gzip(path, jsonl(count)))


def zstandarded(count: int) -> Path:
    """The JSONL file compressed by zstd."""
    return _made("jsonl.zst", count, lambda path: _write_zstd(path, jsonl(count)))


def spoiled(count: int) -> Path:
    """The JSONL file with every tenth row cut short, so that it is no JSON."""
    whole = (row for row, _ in _rows(count))
    return _made("spoiled.jsonl", count, lambda path: _write(path, _spoiled(whole, lambda row: row[:-2])))


def spoiled_csv(count: int) -> Path:
    """The CSV file with a `quantity` that is no number in every tenth row."""
    whole = (row for _, row in _rows(count))
    return _made("spoiled.csv", count, lambda path: _write(path, _spoiled(whole, _without_quantity), _HEADER))


def bad(count: int) -> int:
    """How many rows of a spoiled file of `count` rows are bad: those whose id `is_bad`."""
    return -(-count // BAD_EVERY)


def is_bad(row_id: int) -> bool:
    return row_id % BAD_EVERY == 0


def _made(name: str, count: int, write: Callable[[Path], None]) -> Path:
    file = f"rows.{name}"
    return made_once(f"rows-{count}.{name}", lambda folder: write(folder / file)) / file


def _rows(count: int) -> Iterator[tuple[str, str]]:
    """Rows as JSON and as CSV, without line ends."""
    for i, (customer, amount, quantity, day, state) in enumerate(islice(cycle(_chances()), count)):
        head = (
            f'{{"id":{i},"customer":"{customer}","email":"user{i:09}@example.com","amount":{amount},'
            f'"quantity":{quantity},"created":"{day}","status":"{state}","note":"'
        )
        note = "x" * (ROW_BYTES - len(head) - len('"}\n'))
        yield f'{head}{note}"}}', f"{i},{customer},user{i:09}@example.com,{amount},{quantity},{day},{state},{note}"


def _chances() -> list[tuple[str, str, int, str, str]]:
    """Customer, amount, quantity, day and state of a block of rows; the same in each run."""
    chance = random.Random(_BLOCK)
    return [
        (
            f"customer-{chance.randrange(10**6):06}",
            f"{chance.randrange(100, 100_000) / 100:.2f}",
            chance.randrange(1, 100),
            f"2024-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
            chance.choice(_STATES),
        )
        for _ in range(_BLOCK)
    ]


def _listed(rows: Iterable[str], count: int) -> Iterator[str]:
    return (f"{row}]" if i == count - 1 else f"{row}," for i, row in enumerate(rows))


def _spoiled(rows: Iterable[str], spoil: Callable[[str], str]) -> Iterator[str]:
    return (spoil(row) if is_bad(i) else row for i, row in enumerate(rows))


def _write_parquet(path: Path, count: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"id": pa.int32(), "amount": pa.float64(), "quantity": pa.int32(), "created": pa.date32()}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in COLUMNS])
    typed = (_typed(json.loads(row)) for row, _ in _rows(count))
    with pq.ParquetWriter(path, schema) as writer:
        while rows := list(islice(typed, 1_000_000)):
            writer.write_table(pa.Table.from_pylist(rows, schema))


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    shorter = len(f"{row['amount']:.2f}") - len(repr(row["amount"]))
    return {**row, "note": row["note"] + "x" * shorter, "created": date.fromisoformat(row["created"])}


def _without_quantity(row: str) -> str:
    values = row.split(",")
    values[COLUMNS.index("quantity")] = "many"
    return ",".join(values)


def _write(path: Path, rows: Iterable[str], header: str = "") -> None:
    with path.open("w", buffering=2**20) as file:
        file.write(header)
        file.writelines(f"{row}\n" for row in rows)


def _write_gzip(path: Path, source: Path) -> None:
    with source.open("rb") as plain, gzip.open(path, "wb", 6) as packed:
        shutil.copyfileobj(plain, packed, 2**20)


def _write_zstd(path: Path, source: Path) -> None:
    with source.open("rb") as plain, zstd.open(path, "wb", level=3) as packed:
        shutil.copyfileobj(plain, packed, 2**20)
