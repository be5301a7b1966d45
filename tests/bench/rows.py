"""The files that are loaded: rows of 235 bytes and 8 columns, the same as JSONL and as CSV."""

from __future__ import annotations

import gzip
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import zstandard

from tests.bench.cache import made_once

COLUMNS = ("id", "customer", "email", "amount", "quantity", "created", "status", "note")
ROW_BYTES = 235  # of a JSONL row with its newline
BAD_EVERY = 10
_STATES = ("new", "paid", "sent")


def jsonl(count: int) -> Path:
    """A file of `count` rows as JSONL."""
    return _folder(count) / "rows.jsonl"


def csv(count: int) -> Path:
    """The same rows as CSV with a header."""
    return _folder(count) / "rows.csv"


def gzipped(count: int) -> Path:
    """The JSONL file compressed by gzip."""
    return _folder(count) / "rows.jsonl.gz"


def zstandarded(count: int) -> Path:
    """The JSONL file compressed by zstd."""
    return _folder(count) / "rows.jsonl.zst"


def spoiled(count: int) -> Path:
    """The JSONL file with every tenth row cut short, so that it is no JSON."""
    return made_once(f"spoiled-{count}", lambda folder: _write_spoiled(count, folder)) / "rows.jsonl"


def _folder(count: int) -> Path:
    return made_once(f"rows-{count}", lambda folder: _write(count, folder))


def _rows(count: int) -> Iterator[tuple[str, str]]:
    """Rows as JSON and as CSV, without line ends."""
    chance = random.Random(count)
    for i in range(count):
        day = f"2024-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
        amount = f"{chance.randrange(100, 100_000) / 100:.2f}"
        customer, email = f"customer-{chance.randrange(10**6):06}", f"user{i:09}@example.com"
        quantity, state = chance.randrange(1, 100), chance.choice(_STATES)
        head = (
            f'{{"id":{i},"customer":"{customer}","email":"{email}","amount":{amount},"quantity":{quantity},'
            f'"created":"{day}","status":"{state}","note":"'
        )
        note = "x" * (ROW_BYTES - len(head) - len('"}\n'))
        yield f'{head}{note}"}}', f"{i},{customer},{email},{amount},{quantity},{day},{state},{note}"


def _write(count: int, folder: Path) -> None:
    with (folder / "rows.jsonl").open("w") as as_jsonl, (folder / "rows.csv").open("w") as as_csv:
        as_csv.write(",".join(COLUMNS) + "\n")
        for json_row, csv_row in _rows(count):
            as_jsonl.write(json_row + "\n")
            as_csv.write(csv_row + "\n")
    with (folder / "rows.jsonl").open("rb") as plain, gzip.open(folder / "rows.jsonl.gz", "wb", 6) as packed:
        shutil.copyfileobj(plain, packed, 2**20)
    with (folder / "rows.jsonl").open("rb") as plain, (folder / "rows.jsonl.zst").open("wb") as packed:
        zstandard.ZstdCompressor(3).copy_stream(plain, packed)


def _write_spoiled(count: int, folder: Path) -> None:
    with jsonl(count).open() as clean, (folder / "rows.jsonl").open("w") as spoilt:
        for i, row in enumerate(clean):
            spoilt.write(row if i % BAD_EVERY else row[:-3] + "\n")
