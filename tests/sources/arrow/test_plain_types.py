"""Types that become plain ones with the same values, and words for plain types."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loader.sources.formats.arrow.plain_types import UnusableTypeError, as_plain, plain
from loader.sources.formats.arrow.type_words import type_of, word_of
from tests.sources.arrow.values import plain_types, values

INT = pa.int32()

BECOMES = [
    (pa.array([1.5, None], pa.float16()), pa.float32()),
    (pa.array(["a", None], pa.large_string()), pa.string()),
    (pa.array(["a", None], pa.string_view()), pa.string()),
    (pa.array([b"a", None], pa.binary_view()), pa.binary()),
    (pa.array([b"ab", None], pa.binary(2)), pa.binary()),
    (pa.array([0, None, 86_400_000], pa.date64()), pa.date32()),
    (pa.array([1, None], pa.decimal64(5, 2)), pa.decimal128(5, 2)),
    (pa.array(["a", None, "a"]).dictionary_encode(), pa.string()),
    (pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], INT), pa.array(["a", None])), pa.string()),
    (pa.array([[1, None], None, []], pa.large_list(INT)), pa.list_(INT)),
    (pa.array([[1, None], None], pa.list_(INT, 2)), pa.list_(INT)),
    (pa.array([[1, None], None, []], pa.list_view(INT)), pa.list_(INT)),
    (pa.array([["a"], None], pa.list_(pa.dictionary(INT, pa.string()))), pa.list_(pa.string())),
    (pa.array([{"a": 1.5}, None], pa.struct([("a", pa.float16())])), pa.struct([("a", pa.float32())])),
    (
        pa.array([[("k", ["x"])], None, []], pa.map_(pa.string(), pa.large_list(pa.string_view()))),
        pa.map_(pa.string(), pa.list_(pa.string())),
    ),
]


@pytest.mark.parametrize(("column", "kind"), BECOMES, ids=lambda value: str(getattr(value, "type", value)))
def test_a_column_of_any_type_has_the_same_values_in_its_plain_one(column, kind):
    assert plain(column.type) == kind
    for start in range(len(column)):
        found = as_plain(column.slice(start), kind)
        assert (found.type, found.to_pylist()) == (kind, column.slice(start).to_pylist())
        found.validate(full=True)


def test_extensions_are_what_they_store_but_for_uuids():
    uuids = pa.array([bytes(16), None], pa.uuid())
    assert as_plain(uuids, plain(uuids.type)).equals(pa.array([bytes(16), None], pa.binary(16)))
    texts = pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a":1}']))
    assert as_plain(texts, plain(texts.type)).equals(pa.array(['{"a":1}']))
    lists = pa.ListArray.from_arrays(pa.array([0, 1], INT), uuids[:1])
    assert as_plain(lists, plain(lists.type)).to_pylist() == [[bytes(16)]]


@pytest.mark.parametrize(
    "kind",
    [
        pa.dense_union([pa.field("a", INT)]),
        pa.list_(pa.dense_union([pa.field("a", INT)])),
        pa.map_(pa.list_(INT), INT),
        pa.list_(pa.struct([pa.field("a", INT), pa.field("a", INT)])),
    ],
    ids=str,
)
def test_types_that_no_row_can_be_made_of_are_refused(kind):
    with pytest.raises(UnusableTypeError, match="no row can be made of"):
        plain(kind)


@given(plain_types.filter(lambda kind: "fixed_size" not in str(kind)))  # 16 bytes of an input need be no UUID
def test_a_plain_type_is_its_own_and_has_a_word(kind):
    assert plain(kind) == kind
    assert type_of(word_of(kind)) == kind


@settings(max_examples=30)
@given(plain_types, st.data())
def test_values_of_plain_types_stay_as_they_are(kind, data):
    column = pa.array(data.draw(st.lists(values(kind), max_size=4)), kind)
    assert as_plain(column, kind) is column


@pytest.mark.parametrize(
    "word", ["", "int65", "list<int8", "list<>", "struct<a: int8>", "map<int8>", "timestamp[s] ", "time[h]"]
)
def test_a_word_for_no_type_is_refused(word):
    with pytest.raises(ValueError, match="is no type"):
        type_of(word)
