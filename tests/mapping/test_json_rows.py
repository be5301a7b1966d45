from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.config.sections import FieldMapping
from loader.contents import RawJson, TextColumns
from loader.errors import UsageError
from loader.mapping.json_rows import JsonMapper
from loader.rows import Layout, Rows, Source
from loader.texts.text_meaning import TextMeaning

TEXT = st.text(st.characters(codec="utf-8"))


def rows_of(layout, raw, fields=None):
    source = Source(0, "rows", layout, stream=False, size=None)
    at = range(len(raw))
    content = RawJson(raw) if fields is None else TextColumns(layout.names, raw, fields)
    return Rows(source, layout, list(at), list(at), list(at), content)


def jsonl(*raw):
    return rows_of(Layout("jsonl"), list(raw))


def csv(columns, *fields):
    return rows_of(Layout("csv", tuple(columns)), [b""] * len(fields), list(fields))


def mapper(names=None, types=None, nulls=()):
    return JsonMapper(FieldMapping(fields=names or {}, types=types or {}), TextMeaning(tuple(nulls)))


def test_json_rows_pass_byte_for_byte():
    raw = [b'{"a" : 1.50,  "a":2}', b'{"big":123456789012345678901234567890}']
    assert mapper().map(jsonl(*raw)) == (raw, {}, {})


def test_renaming_touches_names_alone():
    row = b'{"a": 1.50, "b": [ 1e400, "\\u00e9" ], "c": 12345678901234567890123}'
    (item,), unfit, _ = mapper({"a": "x"}).map(jsonl(row))
    assert item == b'{"x":1.50,"b":[ 1e400, "\\u00e9" ],"c":12345678901234567890123}'
    assert not unfit


def test_names_may_be_swapped():
    (item,), _, _ = mapper({"a": "b", "b": "a"}).map(jsonl(b'{"a":1,"b":2}'))
    assert json.loads(item) == {"b": 1, "a": 2}


def test_a_row_that_would_lose_a_field_by_renaming_is_unfit_and_the_others_go_on():
    items, unfit, _ = mapper({"a": "b"}).map(jsonl(b'{"a":1}', b'{"a":1,"b":2}', b'{"b":3}'))
    assert items == [b'{"b":1}', b"", b'{"b":3}']
    assert unfit[1].error_type == "bad_value"
    assert [each.column for each in unfit[1].columns] == ["a", "b"]


def test_columns_that_would_share_a_name_make_all_rows_unfit():
    items, unfit, _ = mapper({"a": "b"}).map(csv("ab", ("1", "2"), ("3", "4")))
    assert items == [b"", b""]
    assert sorted(unfit) == [0, 1]


def test_delimited_fields_are_strings_and_empty_ones_empty_strings():
    items, _, _ = mapper().map(csv("ab", ("1", ""), ('é\n"', "null")))
    assert [json.loads(item) for item in items] == [{"a": "1", "b": ""}, {"a": 'é\n"', "b": "null"}]


@given(
    st.lists(TEXT, min_size=1, max_size=5, unique=True).flatmap(
        lambda columns: st.tuples(st.just(columns), st.lists(st.tuples(*[TEXT] * len(columns)), max_size=5))
    )
)
def test_any_names_and_texts_come_through(table):
    columns, fields = table
    items, unfit, _ = mapper().map(csv(columns, *fields))
    assert [json.loads(item) for item in items] == [dict(zip(columns, row, strict=True)) for row in fields]
    assert all(b"\n" not in item for item in items)
    assert not unfit


def test_null_words_become_null_in_every_column():
    items, _, _ = mapper(types={"b": "integer"}, nulls=("NULL", r"\N")).map(csv("ab", ("NULL", r"\N"), ("null", "1")))
    assert items == [b'{"a":null,"b":null}', b'{"a":"null","b":1}']


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("string", "007", '"007"'),
        ("string", "", '""'),
        ("integer", "12345678901234567890123", "12345678901234567890123"),
        ("integer", "-0", "-0"),
        ("integer", "", "null"),
        ("number", "1.50", "1.50"),
        ("number", "-1E+400", "-1E+400"),
        ("boolean", "TRUE", "true"),
        ("boolean", "false", "false"),
        ("boolean", "Y", "true"),
        ("boolean", "0", "false"),
        ("boolean", "", "null"),
        ("json", '{"a": [1.0,\r\n "x"]}', '{"a": [1.0,   "x"]}'),
        ("json", "", "null"),
    ],
)
def test_types_keep_the_spelling_of_values(kind, text, expected):
    (item,), unfit, _ = mapper(types={"a": kind}).map(csv("a", (text,)))
    assert item.decode() == f'{{"a":{expected}}}'
    assert not unfit


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *(("integer", text) for text in ("1.0", "+1", "007", "1e3", " 1", "1\n", "\u0661", "x", "-")),
        *(("number", text) for text in ("1.", ".5", "+1.5", "NaN", "Infinity", "0x10", "1,5", "01.5")),
        *(("boolean", text) for text in ("on", "2", "truee")),
        *(("json", text) for text in ("{", "nul", "{} {}", "[" * 100_000)),
    ],
)
def test_what_does_not_fit_its_type_is_named(kind, text):
    items, unfit, _ = mapper(types={"b": kind}).map(csv("ab", ("x", text), ("y", "")))
    assert items == [b"", b'{"a":"y","b":null}']
    (error,) = unfit[0].columns
    assert (error.column, error.value) == ("b", text[:200])
    assert unfit[0].error_type == "bad_value"


def test_all_columns_that_do_not_fit_are_named_in_order():
    types = {"a": "integer", "c": "boolean", "d": "number"}
    _, unfit, _ = mapper(types=types).map(csv("abcd", ("x", "x", "x", "1"), ("1", "", "true", "x")))
    assert [[each.column for each in unfit[i].columns] for i in (0, 1)] == [["a", "c"], ["d"]]
    assert "a: expected a whole number like -1234, without plus sign, separators" in unfit[0].message


def test_fields_are_seen_under_their_names_in_the_input():
    mapping = mapper({"a": "x"}, {"b": "integer"})
    rows = csv("ab", ("1", "2"))
    seen = mapping.fields(rows, 0, mapping.map(rows).items[0])
    assert {name: bytes(value) for name, value in seen.items()} == {"a": b'"1"', "b": b"2"}
    rows = jsonl(b'{"x":1,"b":2}')
    assert sorted(mapping.fields(rows, 0, mapping.map(rows).items[0])) == ["b", "x"]


def test_no_rows_are_no_items():
    assert list(mapper(types={"a": "integer"}).map(csv("a")).items) == []
    assert list(mapper({"a": "b"}).map(jsonl()).items) == []


def test_booleans_are_spelled_as_the_config_says():
    mapping = FieldMapping(types={"a": "boolean"}, true_words=("Sí",), false_words=("NO",))
    items, unfit, _ = JsonMapper(mapping, TextMeaning()).map(csv("a", ("SÍ",), ("no",), ("true",)))
    assert items == [b'{"a":true}', b'{"a":false}', b""]
    assert list(unfit) == [2]


def test_types_that_only_cassandra_has_are_refused_at_the_start():
    with pytest.raises(UsageError, match='"epoch_s" is for tables'):
        mapper(types={"a": "epoch_s"})


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("number", "1,234.56", "expected a number like -1234.56, with a point and without plus sign, separators"),
        ("integer", "1.000", "expected a whole number like -1234"),
        ("json", "['a', 'b']", 'expected JSON, with its texts in double quotes, like ["a", 1], found'),
    ],
)
def test_what_a_type_expects_is_said_by_an_example(kind, text, said):
    _, unfit, _ = mapper(types={"a": kind}).map(csv("a", (text,)))
    assert said in unfit[0].message
    assert repr(text) in unfit[0].message


def meaning_mapper(types=None, **meaning):
    return JsonMapper(FieldMapping(types=types or {}), TextMeaning(**meaning))


@pytest.mark.parametrize(("empty", "text"), [("auto", '""'), ("text", '""'), ("null", "null")])
def test_an_empty_field_is_what_the_config_says_where_a_column_holds_texts(empty, text):
    items, _, _ = meaning_mapper({"b": "integer"}, empty=empty).map(csv("ab", ("", ""), ("x", "1")))
    assert items == [f'{{"a":{text},"b":null}}'.encode(), b'{"a":"x","b":1}']


def test_numbers_are_read_as_they_are_spelled():
    mapping = meaning_mapper({"a": "number", "b": "integer"}, decimal=",", thousands=".")
    items, unfit, _ = mapping.map(csv("ab", ("1.234,50", "1.000.000"), ("-0,5", ""), ("1.5", "1,0"), ("1.5", "1")))
    assert items == [b'{"a":1234.50,"b":1000000}', b'{"a":-0.5,"b":null}', b"", b""]
    assert [each.column for each in unfit[2].columns] == ["a", "b"]
    assert "expected a number, with ',' before the fraction and '.' between thousands" in unfit[3].message
