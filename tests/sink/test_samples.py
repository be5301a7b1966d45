"""The counts that `samples/README.md` promises, taken with plain Python."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "samples"


def promised(name: str) -> list[int]:
    """The numbers in the table's line for `name`: rows, good, refused, unreadable."""
    line = next(line for line in (SAMPLES / "README.md").read_text().splitlines() if line.startswith(f"| `{name}`"))
    return [int(number) for number in re.findall(r"\| (\d+) (?=\|)", line)]


def kind_of_order(line: bytes) -> str:
    try:
        row = json.loads(line.decode("utf-8"))
    except ValueError:
        return "unreadable"
    if not isinstance(row, dict):
        return "unreadable"
    return "refused" if row["status"] == "bad" else "good"


def orders() -> list[bytes]:
    return (SAMPLES / "orders.jsonl").read_bytes().removesuffix(b"\n").split(b"\n")


def customers() -> list[list[str]]:
    with (SAMPLES / "customers.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


def test_orders_hold_as_many_good_and_bad_rows_as_promised():
    kinds = Counter(map(kind_of_order, orders()))
    assert promised("orders.jsonl") == [kinds.total(), kinds["good"], kinds["refused"], kinds["unreadable"]]


def test_good_orders_have_eight_fields_and_an_id_of_their_own():
    good = [json.loads(line) for line in orders() if kind_of_order(line) == "good"]
    assert {len(row) for row in good} == {8}
    assert len({row["order_id"] for row in good}) == len(good)


def test_unreadable_orders_stand_where_promised():
    unreadable = [line for line, row in enumerate(orders(), start=1) if kind_of_order(row) == "unreadable"]
    assert unreadable == [211, 640, 1033, 1290, 1702]


def test_customers_hold_as_many_good_and_bad_rows_as_promised():
    header, *rows = customers()
    good = [row for row in rows if len(row) == len(header)]
    assert promised("customers.csv") == [len(rows), len(good), 0, len(rows) - len(good)]
    assert {row[0]: len(row) for row in rows if len(row) != len(header)} == {"173": 6, "388": 9}


@pytest.mark.parametrize("tricky", ["\n", "\r\n", ",", '"', "", "東京"])
def test_customers_show_what_makes_csv_hard(tricky):
    fields = [field for row in customers() for field in row]
    assert any(field == "" if tricky == "" else tricky in field for field in fields)
