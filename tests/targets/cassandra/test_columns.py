"""Parquet into a real table: values of every type are in it as they were in the file."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from loader.sink.fault_settings import Rule
from tests.sinks import sink

__all__ = ["sink"]

UTC = dt.UTC
COLUMNS = {
    "id": ("int", pa.int64()),
    "a": ("bigint", pa.int64()),
    "b": ("double", pa.float64()),
    "c": ("float", pa.float32()),
    "d": ("decimal", pa.decimal128(20, 3)),
    "e": ("varint", pa.uint64()),
    "f": ("boolean", pa.bool_()),
    "g": ("text", pa.large_string()),
    "h": ("blob", pa.binary()),
    "i": ("uuid", pa.uuid()),
    "j": ("date", pa.date32()),
    "k": ("time", pa.time64("ns")),
    "l": ("timestamp", pa.timestamp("ns", "Europe/Berlin")),
    "m": ("list<int>", pa.list_(pa.int16())),
    "n": ("set<text>", pa.list_(pa.string())),
    "o": ("map<text, bigint>", pa.map_(pa.string(), pa.int64())),
    "p": ("tuple<int, text>", pa.struct([("x", pa.int32()), ("y", pa.string())])),
    "q": ("text", pa.dictionary(pa.int8(), pa.string())),
    "r": ("duration", pa.duration("ms")),
}
MOMENT = dt.datetime(2024, 2, 29, 12, 30, 15, 123456, UTC)


def rows(count: int) -> pa.Table:
    def column(made):
        return [None if i % 7 == 3 else made(i) for i in range(count)]

    values = {
        "id": list(range(count)),
        "a": column(lambda i: 2**60 + i),
        "b": column(lambda i: i / 3),
        "c": column(lambda i: i + 0.5),
        "d": column(lambda i: Decimal(i).scaleb(-3)),
        "e": column(lambda i: 2**64 - 1 - i),
        "f": column(lambda i: i % 2 == 0),
        "g": column(lambda i: f"é {i}"),
        "h": column(lambda i: bytes((i % 256, 255))),
        "i": column(lambda i: uuid.UUID(int=i).bytes),
        "j": column(lambda i: dt.date(2024, 1, 1) + dt.timedelta(i)),
        "k": column(lambda i: i * 10**9 + 1),
        "l": column(lambda i: MOMENT + dt.timedelta(seconds=i)),
        "m": column(lambda i: [i % 100, 2]),
        "n": column(lambda i: ["b", "a", "b"]),
        "o": column(lambda i: [("k", i)]),
        "p": column(lambda i: {"x": i, "y": "t"}),
        "q": column(lambda i: f"w{i % 3}"),
        "r": column(lambda i: 1500),
    }
    return pa.table({name: pa.array(values[name], kind) for name, (_, kind) in COLUMNS.items()})


STORED = {
    "b": lambda i: i / 3,
    "d": lambda i: Decimal(i).scaleb(-3),
    "e": lambda i: 2**64 - 1 - i,
    "g": lambda i: f"é {i}",
    "h": lambda i: bytes((i % 256, 255)),
    "i": lambda i: uuid.UUID(int=i),
    "j": lambda i: str(dt.date(2024, 1, 1) + dt.timedelta(i)),
    "k": lambda i: i * 10**9 + 1,
    "l": lambda i: (MOMENT + dt.timedelta(seconds=i)).replace(microsecond=123000, tzinfo=None),
    "m": lambda i: [i % 100, 2],
    "n": lambda i: {"a", "b"},
    "o": lambda i: {"k": i},
    "p": lambda i: (i, "t"),
    "q": lambda i: f"w{i % 3}",
    "r": lambda i: (0, 0, 1_500_000_000),
}
LOOKS: dict[str, Callable[[Any], Any]] = {
    "j": str,
    "k": lambda value: value.nanosecond_time,
    "n": set,
    "o": dict,
    "p": tuple,
    "r": lambda value: (value.months, value.days, value.nanoseconds),
}


@pytest.fixture
def made(table):
    return table(
        ", ".join(f"{name} {kind}{' PRIMARY KEY' if name == 'id' else ''}" for name, (kind, _) in COLUMNS.items())
    )


def check(made, expected: list[int]) -> None:
    names = ("id", *STORED)
    found = {
        row[0]: dict(zip(names, row, strict=True))
        for row in made.session.execute(f"SELECT {', '.join(names)} FROM {made.path}")
    }
    assert sorted(found) == expected
    for i, row in found.items():
        for name, stored in STORED.items():
            look = LOOKS.get(name, lambda value: value)
            assert (None if row[name] is None else look(row[name])) == (None if i % 7 == 3 else stored(i)), (i, name)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_values_of_every_type_are_in_the_table(workers, loader, made):
    pq.write_table(rows(300), loader.folder / "rows.parquet", row_group_size=70)
    done = loader("push", "rows.parquet", "--to", made.url, "--workers", workers)
    assert done.code == 0, done.err
    check(made, list(range(300)))


def test_rows_that_were_refused_elsewhere_are_replayed_into_the_table(loader, sink, made):
    """Their letters are JSON, and say of which types their values are."""
    pq.write_table(rows(30), loader.folder / "rows.parquet")
    refusing = sink(refuse=(Rule.parse("q=w1"),))
    assert loader("push", "rows.parquet", "--to", refusing.url, "--dlq", "dead.jsonl").code == 1
    done = loader("replay", "dead.jsonl", "--to", made.url)
    assert done.code == 0, done.err
    check(made, [i for i in range(30) if i % 3 == 1 and i % 7 != 3])


def test_values_that_do_not_fit_are_told_and_columns_may_be_left_out(loader, table):
    pq.write_table(rows(20), loader.folder / "rows.parquet")
    small = table("id int PRIMARY KEY, a int, g text")
    wrong = loader("push", "rows.parquet", "--to", small.url)
    assert wrong.code == 2
    done = loader("push", "rows.parquet", "--to", small.url, "--columns", "id,a,g", "--dlq", "dead.jsonl")
    assert (done.code, done.report["by_type"]) == (1, {"bad_value": 17}), done.err
    assert "a: expected a whole number from -2147483648 to 2147483647" in loader.letters()[0]["error"]
    done = loader("push", "rows.parquet", "--to", small.url, "--columns", "id,g")
    assert (done.code, len(small.rows())) == (0, 20), done.err
