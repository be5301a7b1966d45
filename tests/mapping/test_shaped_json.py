"""Rows whose fields are picked, dropped, chosen, added and left out, as JSON; the same from any format."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.config.sections import FieldMapping
from loader.contents import RawJson, TextColumns, TypedColumns
from loader.mapping.json_rows import JsonMapper
from loader.mapping.shaped_json import json_mapper
from loader.rows import Layout, Rows, Source
from loader.sources.row_identity import RowIdentity
from loader.texts.text_meaning import TextMeaning

IDENTITY = RowIdentity("run", 1_800_000_000_000_000)


def rows_of(content) -> Rows:
    layout = Layout("any", getattr(content, "columns", None))
    at = range(len(content.sizes) if isinstance(content, TypedColumns) else len(content.raw))
    return Rows(Source(0, "rows", layout, stream=False, size=None), layout, at, at, at, content)


def jsonl(*rows: object) -> Rows:
    return rows_of(RawJson([row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]))


def csv(columns: str, *fields: tuple[str | None, ...]) -> Rows:
    return rows_of(TextColumns(tuple(columns.split()), [b""] * len(fields), fields))


def typed(**columns: list) -> Rows:
    return rows_of(TypedColumns(tuple(columns), list(columns.values()), [1] * len(next(iter(columns.values())))))


def mapped(rows: Rows, nulls: tuple[str, ...] = (), **settings) -> list[object]:
    """Each row as it goes, or the columns that do not fit."""
    found = json_mapper(FieldMapping(**settings), TextMeaning(tuple(nulls)), IDENTITY).map(rows)
    return [
        [each.column for each in found.unfit[at].columns] if at in found.unfit else json.loads(item)
        for at, item in enumerate(found.items)
    ]


NESTED = {"id": 1, "user": {"ssn": "x", "address": [{"city": "Bonn"}]}}
CITY = {"user.address[0].city": "city"}


def test_rows_that_little_is_done_with_go_the_short_way():
    settings = FieldMapping(fields={"a": "b"}, types={"a": "integer"})
    assert isinstance(json_mapper(settings, TextMeaning(), IDENTITY), JsonMapper)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"fields": CITY}, {**NESTED, "city": "Bonn"}),
        ({"fields": CITY, "drop": ("user",)}, {"id": 1, "city": "Bonn"}),
        ({"fields": CITY, "only": ("id",)}, {"id": 1, "city": "Bonn"}),
        ({"fields": {"id": "key"}, "only": ("user",)}, {"key": 1, "user": NESTED["user"]}),
        ({"drop": ("user.ssn",)}, {"id": 1, "user": {"address": [{"city": "Bonn"}]}}),
        ({"drop": ("user.address[0]", "id")}, {"user": {"ssn": "x", "address": []}}),
        ({"drop": ("user.nothing", "user.address[3]", "id.x")}, NESTED),
        ({"fields": {"user.nothing": "n", "id.x": "m"}, "drop": ("user",)}, {"id": 1}),
        ({"constants": {"id": 2, "n": {"a": [1.5]}}, "drop": ("user",)}, {"id": 2, "n": {"a": [1.5]}}),
        ({"defaults": {"id": 2, "n": "x"}, "drop": ("user",)}, {"id": 1, "n": "x"}),
    ],
)
def test_the_shape_of_rows_is_the_same_as_json_and_as_typed_columns(settings, expected):
    assert mapped(jsonl(NESTED), **settings) == [expected]
    assert mapped(typed(id=[1], user=[NESTED["user"]]), **settings) == [expected]


def test_a_field_of_the_very_name_wins_over_what_lies_within():
    rows = jsonl({"a.b": 1, "a": {"b": 2}}, {"a": {"b": 2}}, {"a.b": 1})
    assert mapped(rows, fields={"a.b": "x"}) == [{"x": 1, "a": {"b": 2}}, {"x": 2, "a": {"b": 2}}, {"x": 1}]
    assert mapped(rows, drop=("a.b",)) == [{"a": {"b": 2}}, {"a": {}}, {}]
    assert mapped(csv("a.b a", ("1", "2")), fields={"a.b": "x"}, drop=("a",)) == [{"x": "1"}]


def test_numbers_keep_their_spelling_wherever_they_are_picked():
    row = b'{"a":{"n":1.50,"l":[1e400,12345678901234567890123]},"b":2.0}'
    settings = FieldMapping(fields={"a.n": "n", "a.l": "l"}, drop=("a.n",))
    found = json_mapper(settings, TextMeaning(), IDENTITY).map(jsonl(row))
    assert found.items == [row.replace(b'"n":1.50,', b"")[:-1] + b',"n":1.50,"l":[1e400,12345678901234567890123]}']
    text = csv("a", ('{"n":1.50}',))
    found = json_mapper(FieldMapping(fields={"a.n": "n"}, types={"a": "json"}), TextMeaning(), IDENTITY).map(text)
    assert found.items == [b'{"a":{"n":1.50},"n":1.50}']


def test_two_fields_of_one_name_make_a_row_unfit():
    settings: dict[str, Any] = {"fields": {"a.b": "x", "c": "x2"}, "defaults": {"d": 1}}
    assert mapped(jsonl({"a": {"b": 1}, "x": 2}, {"c": 1, "x": 2}), **settings) == [
        ["x", "a.b"],
        {"x2": 1, "x": 2, "d": 1},
    ]
    assert mapped(typed(a=[{"b": 1}], x=[2]), **settings) == [["x", "a.b"]]


def test_defaults_take_the_place_of_null_and_of_empty_fields_of_csv():
    assert mapped(jsonl({"a": None}, {}, {"a": ""}), defaults={"a": 7}) == [{"a": 7}, {"a": 7}, {"a": ""}]
    assert mapped(csv("a", (None,)), defaults={"a": 7}, drop=("a.b",), types={"a": "json"}) == [{"a": 7}]
    rows = csv("a b", ("", "1"), ("-", "x"), ("5", ""))
    settings: dict[str, Any] = {"defaults": {"a": 7, "c": True}, "types": {"a": "integer", "b": "integer"}}
    assert mapped(rows, ("-",), **settings) == [{"a": 7, "b": 1, "c": True}, ["b"], {"a": 5, "b": None, "c": True}]


@pytest.mark.parametrize(
    ("omit", "expected"),
    [
        (("null",), [{"b": "", "c": [], "d": {}, "e": 0}]),
        (("empty",), [{"a": None, "e": 0}]),
        (("null", "empty"), [{"e": 0}]),
    ],
)
def test_null_and_empty_fields_are_left_out(omit, expected):
    row = {"a": None, "b": "", "c": [], "d": {}, "e": 0}
    assert mapped(jsonl(row), omit=omit) == expected
    assert mapped(jsonl(b'{"a" : null , "b":"" ,"c":[ ],"d" : { },"e":0}'), omit=omit) == expected
    assert mapped(typed(**{name: [value] for name, value in row.items()}), omit=omit) == expected
    texts = csv("a b c d e", ("-", "", "[]", "{ }", "0"))
    types = {"c": "json", "d": "json", "e": "integer"}
    assert mapped(texts, ("-",), omit=omit, types=types) == expected


def test_names_that_json_escapes_are_left_out_too():
    assert mapped(csv('a"b c', ("", "1")), omit=("empty",)) == [{"c": "1"}]


def test_values_that_json_has_no_form_for_are_told_by_the_name_they_get():
    rows = typed(a=[float("nan"), 1.0], b=[Decimal("1.10"), None])
    found = json_mapper(FieldMapping(fields={"a": "x"}, omit=("null",)), TextMeaning(), IDENTITY).map(rows)
    assert (found.items, [each.column for each in found.unfit[0].columns]) == ([b"", b'{"x":1.0}'], ["x"])


def test_templates_know_fields_by_their_names_in_the_input_and_else_by_those_they_get():
    mapper = json_mapper(
        FieldMapping(fields={"u.id": "id", "n": "m"}, constants={"k": 1}, drop=("n2", "u")), TextMeaning(), IDENTITY
    )
    for rows in (jsonl(b'{"u":{"id":5},"n":1,"n2":2}'), typed(u=[{"id": 5}], n=[1], n2=[2])):
        item = mapper.map(rows).items[0]
        assert {name: bytes(value) for name, value in mapper.fields(rows, 0, item).items()} == {
            "u": b'{"id":5}', "n": b"1", "n2": b"2", "id": b"5", "m": b"1", "k": b"1"
        }  # fmt: skip


NAMES = st.sampled_from(["a", "b", "c", "d"])


@given(
    st.lists(st.fixed_dictionaries({name: st.sampled_from(["", "x", "7"]) for name in "abc"}), max_size=5),
    st.dictionaries(NAMES, st.sampled_from(["a", "x", "y"]), max_size=2),
    st.sets(NAMES, max_size=2),
    st.sets(NAMES, max_size=2),
    st.dictionaries(st.sampled_from(["x", "z"]), st.integers(), max_size=2),
    st.sets(st.sampled_from(["null", "empty"])),
)
def test_texts_of_csv_have_the_shape_of_the_same_texts_in_json(rows, fields, drop, only, constants, omit):
    settings: dict[str, Any] = {
        "fields": fields,
        "drop": tuple(drop),
        "only": tuple(only),
        "constants": constants,
        "omit": tuple(omit),
    }
    texts = csv("a b c", *((row["a"], row["b"], row["c"]) for row in rows))
    objects = jsonl(*(dict(sorted(row.items())) for row in rows))
    assert mapped(texts, **settings) == mapped(objects, **settings)


@pytest.mark.parametrize("shaped", [{}, {"constants": {"c": 1}}])
def test_a_bad_value_is_null_and_told(shaped):
    mapping = FieldMapping(types={"n": "integer"}, on_bad_value="null", **shaped)
    for rows in (csv("a n", ("x", "1"), ("y", "z")), typed(a=["x", "y"], n=[1, float("inf")])):
        constants = shaped.get("constants", {})
        items, unfit, mended = json_mapper(mapping, TextMeaning(), IDENTITY).map(rows)
        assert [json.loads(item) for item in items] == [
            {"a": "x", "n": 1} | constants,
            {"a": "y", "n": None} | constants,
        ]
        assert (unfit, [each.column for each in mended[1].columns], list(mended)) == ({}, ["n"], [1])


def test_a_name_clash_is_no_bad_value():
    mapping = FieldMapping(fields={"a": "b"}, set={"x": "lower(a)"}, on_bad_value="null")
    found = json_mapper(mapping, TextMeaning(), IDENTITY).map(jsonl({"a": 1, "b": 2}, {"a": 1}))
    assert (list(found.unfit), list(found.mended), found.items[1]) == ([0], [1], b'{"b":1}')
