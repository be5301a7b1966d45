"""Columns of arrays become the cells that the JSON of their values becomes, and more where JSON has no form."""

from __future__ import annotations

import datetime as dt
import struct
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loader.contents import RawJson
from loader.rows import Layout, Rows
from loader.sources.formats.arrow.arrays import Arrays
from tests.mapping.cql.making import jsonl, mapper, values
from tests.sources.arrow.values import values as any_values

PAIRS = [
    *(
        (name, kind)
        for name in ("tinyint", "int", "bigint", "varint", "double", "decimal", "text")
        for kind in (pa.int8(), pa.uint64(), pa.int64())
    ),
    ("float", pa.float64()),
    ("double", pa.float64()),
    ("int", pa.float64()),
    ("decimal", pa.float64()),
    ("decimal", pa.decimal128(38, 4)),
    ("decimal", pa.decimal256(70, 40)),
    ("double", pa.decimal128(38, 4)),
    ("varint", pa.decimal128(38, 0)),
    ("boolean", pa.bool_()),
    ("boolean", pa.string()),
    ("int", pa.bool_()),
    ("text", pa.string()),
    ("ascii", pa.string()),
    ("blob", pa.string()),
    ("inet", pa.string()),
    ("uuid", pa.binary(16)),
    ("timeuuid", pa.binary(16)),
    ("text", pa.binary(16)),
    ("date", pa.date32()),
    ("timestamp", pa.date32()),
    *(("timestamp", pa.timestamp(unit)) for unit in ("s", "ms", "us", "ns")),
    ("timestamp", pa.timestamp("us", "Europe/Berlin")),
    ("date", pa.timestamp("s")),
    ("text", pa.timestamp("ms")),
    ("time", pa.time32("ms")),
    ("time", pa.time64("ns")),
    ("duration", pa.duration("us")),
    ("duration", pa.month_day_nano_interval()),
    ("int", pa.null()),
    ("list<int>", pa.list_(pa.int64())),
    ("list<text>", pa.list_(pa.string())),
    ("set<int>", pa.list_(pa.int32())),
    ("list<frozen<list<int>>>", pa.list_(pa.list_(pa.int8()))),
    ("map<text, int>", pa.map_(pa.string(), pa.int32())),
    ("map<int, text>", pa.map_(pa.int32(), pa.string())),
    ("vector<float, 2>", pa.list_(pa.float64())),
    ("vector<int, 2>", pa.list_(pa.int32())),
    ("vector<text, 2>", pa.list_(pa.string())),
    ("list<int>", pa.string()),
]


def arrays(batch: pa.RecordBatch) -> Rows:
    count = range(batch.num_rows)
    return Rows(jsonl().source, Layout("arrow", tuple(batch.schema.names)), count, count, count, Arrays(batch))


def as_json(batch: pa.RecordBatch) -> Rows:
    count = range(batch.num_rows)
    return Rows(jsonl().source, Layout("jsonl"), count, count, count, RawJson(list(Arrays(batch).raw)))


@pytest.mark.parametrize(("name", "kind"), PAIRS, ids=str)
@settings(max_examples=15)
@given(data=st.data())
def test_values_are_what_their_json_is(name, kind, data):
    column = pa.array(data.draw(st.lists(any_values(kind), min_size=1, max_size=6)), kind)
    batch = pa.record_batch({"v": column})
    mapping = mapper({"v": name})
    direct, spelled = mapping.map(arrays(batch)), mapping.map(as_json(batch))
    odd = Arrays(batch).odd_values()
    for row in range(batch.num_rows):
        if row in direct.unfit:
            assert row in spelled.unfit or row in odd
        elif row not in spelled.unfit and row not in odd:
            assert direct.items[row] == spelled.items[row]
    alone = [mapping.map(arrays(batch.slice(row, 1))) for row in range(batch.num_rows)]
    assert [each.items[0] for each in alone] == list(direct.items), "a value depends on those beside it"
    assert [bool(each.unfit) for each in alone] == [row in direct.unfit for row in range(batch.num_rows)]
    assert [each.unfit[0].message for each in alone if each.unfit] == [cause.message for cause in direct.unfit.values()]


def cells_of(name: str, *given_values, kind: pa.DataType | None = None) -> list:
    batch = pa.record_batch({"v": pa.array(given_values, kind)})
    return [row[0] for row in values(mapper({"v": name}).map(arrays(batch)))]


def q(number: int) -> bytes:
    return struct.pack(">q", number)


def test_moments_are_of_the_millisecond_that_they_lie_in():
    kind = pa.timestamp("ns")
    assert cells_of("timestamp", 1_999_999, 0, -1, -1_000_000, kind=kind) == [q(1), q(0), q(-1), q(-1)]
    assert cells_of("timestamp", 5, kind=pa.timestamp("s", "Asia/Tokyo")) == [q(5000)]


def test_moments_and_dates_beyond_what_json_has_texts_for_are_stored():
    assert cells_of("timestamp", 10**15, kind=pa.timestamp("ms")) == [q(10**15)]
    assert cells_of("date", 10**8, -(2**31), kind=pa.date32()) == [struct.pack(">I", 10**8 + 2**31), bytes(4)]


def test_numbers_that_are_none_are_stored_where_the_column_has_them():
    nan, inf = cells_of("double", float("nan"), float("inf"))
    assert nan == struct.pack(">d", float("nan"))
    assert inf == struct.pack(">d", float("inf"))


def test_bytes_are_blobs_uuids_and_texts_of_utf_8_and_nothing_else():
    assert cells_of("blob", b"\0\xff", b"") == [b"\0\xff", b""]
    assert cells_of("blob", b"x" * 16, kind=pa.binary(16)) == [b"x" * 16]
    assert cells_of("uuid", b"x" * 16, kind=pa.binary()) == [b"x" * 16]
    assert cells_of("text", "é".encode(), kind=pa.binary()) == ["é".encode()]
    assert cells_of("list<blob>", [b"\xff"], kind=pa.list_(pa.binary())) == [b"\0\0\0\1\0\0\0\1\xff"]
    batch = pa.record_batch({"v": pa.array([b"a", b"\xff", b"c"])})
    mapped = mapper({"v": "text"}).map(arrays(batch))
    assert list(mapped.unfit) == [1]
    assert "expected a text, found '/w=='" in mapped.unfit[1].message
    assert "expected a whole number" in mapper({"v": "int"}).map(arrays(batch)).unfit[0].message


def test_decimals_keep_their_scale():
    assert cells_of("decimal", Decimal("1.50"), kind=pa.decimal128(9, 2)) == [struct.pack(">i", 2) + b"\0\x96"]


def test_structs_are_tuples_by_place():
    kind = pa.struct([("x", pa.int32()), ("y", pa.string())])
    [cell, half] = cells_of("tuple<int, text>", {"x": 1, "y": "a"}, {"x": 1, "y": None}, kind=kind)
    assert cell == struct.pack(">iii", 4, 1, 1) + b"a"
    assert half == struct.pack(">iii", 4, 1, -1)


def test_nulls_are_what_the_config_says_wherever_they_stand():
    batch = pa.record_batch({"id": [1, 2, 3], "v": pa.array([None, 5, None], pa.int32())})
    for null, cell in (("null", -1), ("unset", -2)):
        mapping = mapper({"id": "int", "v": "int"}, key=["id"], null=null)
        found = values(mapping.map(arrays(batch)))
        assert [row[1] for row in found] == [cell, struct.pack(">i", 5), cell]
    missing = mapper({"id": "int", "v": "int"}, key=["v"]).map(arrays(batch))
    assert sorted(missing.unfit) == [0, 2]


def test_a_type_that_the_mapping_names_reads_the_values():
    batch = pa.record_batch({"v": pa.array([1_700_000_000, None], pa.int64())})
    found = mapper({"v": "timestamp"}, types={"v": "epoch_s"}, null="null").map(arrays(batch))
    assert values(found) == [[q(1_700_000_000_000)], [-1]]


def test_keys_are_the_values_of_their_columns():
    batch = pa.record_batch(
        {"a": ["x", "yy"], "b": pa.array([1, 2], pa.int64()), "c": pa.array([dt.date(2024, 1, 1)] * 2)}
    )
    types = {"a": "text", "b": "bigint", "c": "date"}
    direct = mapper(types, key=["a", "b"]).map(arrays(batch))
    assert direct == mapper(types, key=["a", "b"]).map(as_json(batch))


def test_user_defined_types_are_fed_by_names():
    kind = pa.struct([("Street", pa.string()), ("Zip Code", pa.int64())])
    batch = pa.record_batch(
        {"v": pa.array([{"Street": "a", "Zip Code": 1}, {"Street": None, "Zip Code": 2}, None], kind)}
    )
    direct = mapper({"v": "address"}).map(arrays(batch))
    assert not direct.unfit
    assert direct.items == mapper({"v": "address"}).map(as_json(batch)).items
    other = pa.record_batch({"v": pa.array([{"x": 1}], pa.struct([("x", pa.int8())]))})
    assert "only fields that the type has" in mapper({"v": "address"}).map(arrays(other)).unfit[0].message


def test_rows_that_get_another_shape_keep_what_json_has_no_form_for():
    batch = pa.record_batch({"a": pa.array([b"\xff", None]), "b": [1.5, float("nan")]})
    mapping = mapper({"x": "blob", "b": "double", "c": "int"}, fields={"a": "x"}, constants={"c": 7}, null="null")
    assert values(mapping.map(arrays(batch))) == [
        [b"\xff", struct.pack(">d", 1.5), struct.pack(">i", 7)],
        [-1, struct.pack(">d", float("nan")), struct.pack(">i", 7)],
    ]
