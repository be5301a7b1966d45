"""The files of the benchmark are what the checks of the benchmark take them for."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from loader.sources.formats.arrow.arrays import Arrays
from tests.bench import rows

COUNT = 1005


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "loader" / "bench"


def _compact(row: dict) -> bytes:
    return json.dumps(row, separators=(",", ":")).encode()


def test_every_row_has_the_same_length_and_an_id_of_its_own():
    lines = rows.jsonl(COUNT).read_bytes().splitlines(keepends=True)
    assert {len(line) for line in lines} == {rows.ROW_BYTES}
    assert [json.loads(line)["id"] for line in lines] == list(range(COUNT))


def test_parquet_has_the_same_rows_and_its_json_the_same_length():
    found = pq.read_table(rows.parquet(COUNT))
    lines = [json.loads(line) for line in rows.jsonl(COUNT).read_bytes().splitlines()]
    alike = [name for name in rows.COLUMNS if name not in ("note", "created")]
    assert [{name: row[name] for name in alike} for row in found.to_pylist()] == [
        {name: line[name] for name in alike} for line in lines
    ]
    content = Arrays(found.combine_chunks().to_batches()[0])
    assert {len(row) for row in content.raw} == {rows.JSON_BYTES}


def test_csv_has_the_same_rows():
    with rows.csv(COUNT).open() as file:
        as_csv = list(csv.DictReader(file))
    lines = rows.jsonl(COUNT).read_bytes().splitlines()
    as_json = [json.loads(line, parse_float=str, parse_int=str) for line in lines]
    assert as_csv == as_json
    assert {len(_compact(row)) for row in as_csv} == {rows.TEXT_BYTES}


def test_types_make_numbers_of_the_columns_that_are_numbers_as_json():
    row = json.loads(rows.jsonl(COUNT).read_bytes().partition(b"\n")[0])
    numbers = {
        name: "integer" if isinstance(value, int) else "number" for name, value in row.items() if value != str(value)
    }
    assert numbers == rows.TYPES


def test_exactly_the_bad_rows_of_a_spoiled_file_are_no_json():
    good = rows.jsonl(COUNT).read_bytes().splitlines()
    spoilt = rows.spoiled(COUNT).read_bytes().splitlines()
    differ = [i for i, (one, other) in enumerate(zip(good, spoilt, strict=True)) if one != other]
    assert differ == [i for i in range(COUNT) if rows.is_bad(i)]
    assert len(differ) == rows.bad(COUNT)
    for i in differ:
        with pytest.raises(json.JSONDecodeError):
            json.loads(spoilt[i])


def test_exactly_the_bad_rows_of_a_spoiled_csv_have_a_quantity_that_is_no_number():
    with rows.csv(COUNT).open() as clean, rows.spoiled_csv(COUNT).open() as spoilt:
        for good, row in zip(csv.DictReader(clean), csv.DictReader(spoilt), strict=True):
            assert row == good | ({"quantity": "many"} if rows.is_bad(int(good["id"])) else {})


def test_a_file_is_made_once(cache):
    path = rows.jsonl(COUNT)
    made = path.stat()
    assert rows.jsonl(COUNT).stat() == made
    assert [each.name for each in cache.iterdir()] == [path.parent.name]
