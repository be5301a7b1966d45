"""Values as JSON: what each type becomes, and that JSON becomes the same values again."""

from __future__ import annotations

import json
import math
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loader.sources.formats.arrow.arrays import Arrays
from loader.sources.formats.arrow.json_text import json_text, odd_rows
from loader.sources.formats.arrow.json_values import NoSuchRowError, batch_of
from tests.sources.arrow.values import batches

MAP = pa.map_(pa.string(), pa.int64())

WORDS = [
    (pa.array([2**63, None], pa.uint64()), ["9223372036854775808", "null"]),
    (pa.array([1.0, 1.5, 1e300, 5e-324, -0.0]), ["1.0", "1.5", "1e+300", "5e-324", "-0.0"]),
    (pa.array([0.1], pa.float32()), ["0.1"]),
    (pa.array([9_999_999_999.0, 1e10, -12_345_678_901.0]), ["9999999999.0", "1e+10", "-1.2345678901e+10"]),
    (pa.array([2.0**33, 1e10], pa.float32()), ["8589935000.0", "1e+10"]),
    (pa.array([Decimal("1.50"), Decimal("-0.01")], pa.decimal128(20, 2)), ["1.50", "-0.01"]),
    (pa.array([True, False]), ["true", "false"]),
    (pa.array(['say "hi"\n\\ \x00\x1f\x7f é✓', ""]), ['"say \\"hi\\"\\n\\\\ \\u0000\\u001f\x7f é✓"', '""']),
    (pa.array([b"\xff\0"]), ['"/wA="']),
    (pa.array([bytes(range(16))], pa.binary(16)), ['"00010203-0405-0607-0809-0a0b0c0d0e0f"']),
    (pa.array([19_723, -1], pa.date32()), ['"2024-01-01"', '"1969-12-31"']),
    (pa.array([1, 86_399_999_999_999], pa.time64("ns")), ['"00:00:00.000000001"', '"23:59:59.999999999"']),
    (pa.array([0, -1], pa.timestamp("ns")), ['"1970-01-01T00:00:00.000000000"', '"1969-12-31T23:59:59.999999999"']),
    (pa.array([0], pa.timestamp("s", "Europe/Berlin")), ['"1970-01-01T00:00:00Z"']),
    (pa.array([-1_500, 0], pa.duration("ms")), ['"-PT1.500S"', '"PT0.000S"']),
    (pa.array([pa.MonthDayNano([1, -2, 500_000_000])]), ['"P1M-2DT0.5S"']),
    (pa.array([[1, None], [], None], pa.list_(pa.int8())), ["[1,null]", "[]", "null"]),
    (
        pa.array([{"a": 1, 'b"': "x"}, None], pa.struct([("a", pa.int8()), ('b"', pa.string())])),
        ['{"a":1,"b\\"":"x"}', "null"],
    ),
    (pa.array([[("k", 1), ('"', None)], [], None], MAP), ['{"k":1,"\\"":null}', "{}", "null"]),
    (pa.array([[(1, True)]], pa.map_(pa.int8(), pa.bool_())), ['{"1":true}']),
    (pa.array([[[1], None]], pa.list_(pa.list_(pa.int8()))), ["[[1],null]"]),
]


@pytest.mark.parametrize(
    ("column", "texts"), WORDS, ids=lambda value: str(value.type) if hasattr(value, "type") else ""
)
def test_a_value_is_the_json_that_its_type_has(column, texts):
    assert json_text(column).to_pylist() == texts
    assert json_text(column.slice(len(column) - 1)).to_pylist() == texts[-1:]
    for text in texts:
        json.loads(text)


@settings(max_examples=40)
@given(batches())
def test_json_becomes_the_same_values_again(batch):
    content = Arrays(batch)
    rows = [batch_of(row, batch.schema) for row in content.objects(content.columns)]
    again = pa.Table.from_batches(rows, batch.schema).combine_chunks()
    odd = content.odd_values()
    for at, row in enumerate(rows):
        if at not in odd:
            assert row.equals(batch.slice(at, 1)), (row, batch.slice(at, 1))
    # Equal as JSON where a value is equal to nothing, as NaN is.
    assert again.num_rows == batch.num_rows
    assert content.objects(content.columns) == [row for each in rows for row in Arrays(each).objects(content.columns)]


@settings(max_examples=20)
@given(batches(), st.data())
def test_some_rows_are_the_json_that_they_are_among_others(batch, data):
    content = Arrays(batch)
    whole = list(content.raw)
    rows = data.draw(st.lists(st.integers(0, max(0, batch.num_rows - 1)), max_size=4)) if batch.num_rows else []
    assert list(content.pick(lambda each: [each[row] for row in rows]).raw) == [whole[row] for row in rows]
    start = data.draw(st.integers(0, batch.num_rows))
    assert list(content.pick(lambda each: each[start:]).raw) == whole[start:]
    assert list(content.join([content, content]).raw) == whole + whole


FILLED_NULL = pa.array([True, False])
"""A mask for lists of two values each, of which the first is null and holds its values all the same."""

ODD = [
    (pa.array([1.0, math.nan, None, -math.inf]), [1, 3]),
    (pa.array([[1.0], [math.nan], None], pa.list_(pa.float32())), [1]),
    (pa.array([{"a": 1.0}, {"a": math.inf}, None], pa.struct([("a", pa.float64())])), [1]),
    (pa.array([[("a", 1.0)], [("b", math.nan)]], pa.map_(pa.string(), pa.float64())), [1]),
    (pa.array([[("a", 1), ("b", 2)], [("a", 1), ("a", 2)]], MAP), [1]),
    (pa.array([[(1.5, 1)], [(math.nan, 2)], [(math.inf, 3)]], pa.map_(pa.float64(), pa.int8())), [1, 2]),
    (
        pa.ListArray.from_arrays(
            pa.array([0, 2, 4], pa.int32()), pa.array([0.0, 1.0, math.nan, 2.0]), mask=FILLED_NULL
        ),
        [1],
    ),
    (
        pa.MapArray.from_arrays(
            pa.array([0, 2, 4], pa.int32()), pa.array(["a", "b", "c", "c"]), pa.array(range(4)), mask=FILLED_NULL
        ),
        [1],
    ),
    (pa.array([0, 10**8], pa.date32()), [1]),
    (pa.array([0, 10**12, -(10**12)], pa.timestamp("s")), [1]),
    (pa.array([0, 2**63 - 1], pa.timestamp("ns")), []),
]


@pytest.mark.parametrize(("column", "rows"), ODD, ids=lambda value: str(getattr(value, "type", "")))
def test_values_that_json_has_no_form_for_are_told(column, rows):
    assert list(odd_rows(column)) == rows
    for text in json_text(column).drop_null().to_pylist():
        json.loads(text)


def test_rows_that_were_picked_keep_a_key_that_a_map_has_twice():
    content = Arrays(pa.record_batch({"a": pa.array([[("k", 1)], [("k", 1), ("k", 2)]], MAP)}))
    picked = content.pick(lambda rows: [rows[1]])
    assert picked.odd_values() == {0: [("a", '{"k":1,"k":2}')]}
    assert picked.array(0).to_pylist() == [[("k", 1), ("k", 2)]]


def test_years_that_have_a_text_are_told_from_those_beyond():
    """The bounds are those of the texts that Arrow makes."""
    first, last = -12_687_428, 11_248_738
    assert "range" not in json_text(pa.array([first], pa.date32()))[0].as_py()
    assert "range" not in json_text(pa.array([last - 1], pa.date32()))[0].as_py()
    assert "range" in json_text(pa.array([first - 1], pa.date32()))[0].as_py()
    assert "range" in json_text(pa.array([last], pa.date32()))[0].as_py()


REFUSED = [
    (pa.int8(), "128"),
    (pa.int8(), "1.5"),
    (pa.int8(), "true"),
    (pa.int8(), '"1"'),
    (pa.float64(), '"1"'),
    (pa.decimal128(5, 2), "1.234"),
    (pa.string(), "1"),
    (pa.binary(), '"#"'),
    (pa.binary(16), '"abc"'),
    (pa.date32(), '"2024-02-30"'),
    (pa.timestamp("s"), '"2024-01-01T00:00:00.5"'),
    (pa.time32("s"), '"24:00:00"'),
    (pa.list_(pa.int8()), "{}"),
    (pa.struct([("a", pa.int8())]), '{"b":1}'),
    (pa.struct([("a", pa.int8())]), '{"a":1,"a":2}'),
]


@pytest.mark.parametrize(("kind", "text"), REFUSED, ids=str)
def test_json_that_is_no_value_of_its_type_is_refused(kind, text):
    with pytest.raises(NoSuchRowError, match="field a"):
        batch_of(f'{{"a":{text}}}'.encode(), pa.schema([("a", kind)]))


def test_a_row_with_other_fields_than_its_columns_is_refused():
    with pytest.raises(NoSuchRowError, match="other fields"):
        batch_of(b'{"b":1}', pa.schema([("a", pa.int8())]))
    with pytest.raises(NoSuchRowError, match="other fields"):
        batch_of(b'{"a":1,"a":2}', pa.schema([("a", pa.int8())]))


@pytest.mark.parametrize("row", [b'{"a":NaN}', b'{"a":1', b"[]", b'{"a":"\xff"}', b"[" * 100_000])
def test_what_is_no_object_of_json_is_no_row(row):
    with pytest.raises(NoSuchRowError, match="is no object"):
        batch_of(row, pa.schema([("a", pa.float64())]))
