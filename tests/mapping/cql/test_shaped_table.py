"""Rows whose fields are picked, dropped, chosen and added, as CQL; the same from any format."""

from __future__ import annotations

import json
import struct
from typing import Any

import msgspec
import pytest

from loader.config.sections import FieldMapping
from loader.contents import TypedColumns
from loader.errors import UsageError
from loader.mapping.cql.mapper import Parameter
from loader.mapping.cql.shaped_table import cql_mapper
from loader.rows import Layout, Rows, Source
from loader.sources.row_identity import RowIdentity
from loader.texts.text_meaning import TextMeaning
from tests.mapping.cql.making import cells, csv, jsonl, mapper, type_of, values

COLUMNS = {"id": "int", "city": "text", "n": "int", "user": "text"}


def int_cell(number):
    return struct.pack(">i", number)


def typed(**columns: list) -> Rows:
    layout = Layout("any", tuple(columns))
    count = range(len(next(iter(columns.values()))))
    content = TypedColumns(tuple(columns), list(columns.values()), [1] * len(count))
    return Rows(Source(0, "rows", layout, stream=False, size=None), layout, count, count, count, content)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"fields": {"u.a[1].city": "city"}}, [int_cell(1), b"Bonn", -2, -2]),
        ({"fields": {"u.a[9].city": "city"}}, [int_cell(1), -2, -2, -2]),
        ({"drop": ("u",), "constants": {"n": 5, "city": "x"}}, [int_cell(1), b"x", int_cell(5), -2]),
        ({"only": ("id",), "defaults": {"n": 5, "id": 7}}, [int_cell(1), -2, int_cell(5), -2]),
    ],
)
def test_the_shape_of_rows_is_the_same_from_any_format(settings, expected):
    mapping = mapper(COLUMNS, key=["id"], **settings)
    assert values(mapping.map(jsonl('{"id":1,"u":{"a":[{},{"city":"Bonn"}]}}'))) == [expected]
    assert values(mapping.map(typed(id=[1], u=[{"a": [{}, {"city": "Bonn"}]}]))) == [expected]
    texts = mapper(COLUMNS, key=["id"], **settings, types={"u": "json"} if "fields" in settings else {})
    assert values(texts.map(csv(["id", "u"], ("1", '{"a":[{},{"city":"Bonn"}]}')))) == [expected]


def test_what_something_was_picked_from_still_feeds_its_own_column():
    mapping = mapper(COLUMNS, key=["id"], fields={"user.city": "city"}, types={"user": "json"})
    for rows in (jsonl('{"id":1,"user":{"city":"x","n":1.50}}'), csv(["id", "user"], ("1", '{"city":"x","n":1.50}'))):
        assert values(mapping.map(rows)) == [[int_cell(1), b"x", -2, b'{"city":"x","n":1.50}']]


def test_numbers_that_are_picked_keep_all_their_digits():
    settings: dict[str, Any] = {"fields": {"a.d": "d", "a.l": "j"}, "types": {"a": "json", "a.l": "json"}}
    mapping = mapper({"id": "int", "d": "decimal", "j": "text"}, **settings)
    expected = [int_cell(1), struct.pack(">i", 2) + bytes([110]), b"[1.50]"]
    assert values(mapping.map(jsonl('{"id":1,"a":{"d":1.10,"l":[1.50]}}'))) == [expected]
    assert values(mapping.map(csv(["id", "a"], ("1", '{"d":1.10,"l":[1.50]}')))) == [expected]


def test_a_default_stands_for_an_empty_field_and_is_of_its_column():
    mapping = mapper(COLUMNS, key=["id"], defaults={"n": 5, "city": "none"})
    rows = csv(["id", "n", "city"], ("1", "", ""), ("2", "6", "x"))
    assert values(mapping.map(rows)) == [[int_cell(1), b"none", int_cell(5), -2], [int_cell(2), b"x", int_cell(6), -2]]


def test_other_problems_of_a_row_are_still_told():
    mapping = mapper(COLUMNS, key=["id"], constants={"n": 1}, fields={"u.c": "city"})
    rows = jsonl('{"id":"x","other":1}', '{"id":1,"city":"a","u":{"c":"b"}}', '{"id":2}')
    found = mapping.map(rows)
    assert {at: [each.column for each in cause.columns] for at, cause in found.unfit.items()} == {
        0: ["other", "id"],
        1: ["city", "u.c"],
    }
    assert (found.items[1], found.keys[1]) == (b"", b"")


def test_a_field_that_feeds_the_ttl_does_so_whatever_becomes_of_it():
    parameters = [
        Parameter("id", type_of("int"), required=True),
        Parameter("n", type_of("int"), required=False),
        Parameter("TTL (mapping.ttl)", type_of("int"), required=False, field="life"),
    ]
    settings = FieldMapping(drop=("life",), constants={"n": 3})
    mapping = cql_mapper(parameters, [0], settings, TextMeaning(), RowIdentity("run", 0))
    for rows in (jsonl('{"id":1,"life":60}'), csv(["id", "life"], ("1", "60")), typed(id=[1], life=[60])):
        assert values(mapping.map(rows)) == [[int_cell(1), int_cell(3), int_cell(60)]]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"constants": {"nn": 1}}, "mapping.constants.nn: there is no such column; did you mean n?"),
        ({"constants": {"n": "x"}}, "mapping.constants.n: expected "),
        ({"defaults": {"id": 2**40}}, "mapping.defaults.id: expected "),
        ({"fields": {"a.b": "cty"}}, 'mapping.fields.a.b: there is no column "cty"; did you mean city?'),
    ],
)
def test_what_fits_no_column_is_refused_before_a_row_is_read(settings, message):
    with pytest.raises(UsageError) as refused:
        mapper(COLUMNS, key=["id"], **settings)
    assert str(refused.value).startswith(message)


REST = {"id": "int", "n": "int", "rest": "text"}


@pytest.mark.parametrize(
    ("row", "rest"),
    [
        ({"id": 1, "n": 2}, -2),
        ({"id": 1, "a": 1.5, "b": None}, b'{"a":1.5,"b":null}'),
        ({"id": 1, "u": {"city": "x", "l": [1]}}, b'{"u":{"city":"x","l":[1]}}'),
        ({"id": 1, "rest": "own"}, b'{"rest":"own"}'),
        ({"id": 1, "ID": 3}, b'{"ID":3}'),
    ],
)
def test_what_has_no_column_is_kept_as_json_in_the_one_named_for_it(row, rest):
    mapping = mapper(REST, key=["id"], extra="column:rest")
    assert values(mapping.map(jsonl(json.dumps(row, separators=(",", ":")))))[0][2] == rest
    assert values(mapping.map(typed(**{name: [value] for name, value in row.items()})))[0][2] == rest


def test_texts_without_a_column_are_kept_as_they_are():
    mapping = mapper(REST, key=["id"], nulls=("-",), extra="column:rest", fields={"x": "other"}, types={"n": "integer"})
    rows = csv(["id", "x", "y", "z"], ("1", "a", "", "-"))
    assert values(mapping.map(rows)) == [[int_cell(1), -2, b'{"other":"a","y":"","z":null}']]
    assert mapping.binding(("id", "x")).missing == ()


def test_numbers_without_a_column_keep_their_spelling():
    mapping = mapper(REST, key=["id"], extra="column:rest", fields={"a.b": "n"})
    [found] = values(mapping.map(jsonl('{"id":1,"a":{"b":7,"c":[1.50,1e400]},"big":12345678901234567890123}')))
    assert found == [int_cell(1), int_cell(7), b'{"a":{"b":7,"c":[1.50,1e400]},"big":12345678901234567890123}']


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("rset", "mapping.extra: there is no column rset; did you mean rest?"),
        ("n", "mapping.extra: n is int; expected a column of text that is no part of the primary key"),
        ("id", "mapping.extra: id is int, a part of the key; expected a column of text"),
    ],
)
def test_a_column_that_cannot_keep_what_has_none_is_refused(column, message):
    with pytest.raises(UsageError) as refused:
        mapper(REST, key=["id"], extra=f"column:{column}")
    assert str(refused.value).startswith(message)


MENDING = {"id": "int", "n": "int", "at": "timestamp", "t": "text"}


@pytest.mark.parametrize(("null", "cell"), [("unset", -2), ("null", -1)])
@pytest.mark.parametrize("shaped", [{}, {"constants": {"t": "c"}}])
def test_a_bad_value_is_null_and_told_where_the_row_can_do_without_it(shaped, null, cell):
    mapping = mapper(MENDING, key=["id"], null=null, on_bad_value="null", **shaped)
    last = b"c" if shaped else -2
    for rows in (
        jsonl('{"id":1,"n":"x","at":"?"}', '{"id":2,"n":5}', '{"id":"x","n":"y"}', '{"id":3,"n":"y","more":1}'),
        typed(id=[1, 2, "x", 3], n=["x", 5, "y", "y"], at=["?", msgspec.UNSET, msgspec.UNSET, msgspec.UNSET]),
    ):
        found = mapping.map(rows)
        assert cells(found.items[0]) == [int_cell(1), cell, cell, last]
        assert cells(found.items[1])[:2] == [int_cell(2), int_cell(5)]
        told = {at: [each.column for each in cause.columns] for at, cause in found.mended.items()}
        assert told.pop(0) == ["n", "at"]
        assert told == ({} if 3 in found.unfit else {3: ["n"]})
        assert [each.column for each in found.unfit[2].columns] == ["id", "n"]
        assert found.items[2] == b""


def test_several_fields_for_one_column_are_no_bad_value():
    mapping = mapper(MENDING, key=["id"], on_bad_value="null", fields={"m": "n"})
    found = mapping.map(jsonl('{"id":1,"m":1,"n":2}'))
    assert (list(found.unfit), found.mended) == ([0], {})


def test_a_column_of_texts_is_mended_block_by_block():
    mapping = mapper(MENDING, key=["id"], on_bad_value="null")
    rows = csv(["id", "n"], *((str(i), "x" if i % 1000 == 0 else "1") for i in range(5000)))
    found = mapping.map(rows)
    assert (list(found.mended), found.unfit) == ([0, 1000, 2000, 3000, 4000], {})
    others = jsonl(*(f'{{"id":{i},"n":{"true" if i % 1000 == 0 else 1}}}' for i in range(5000)))
    assert list(mapping.map(others).mended) == [0, 1000, 2000, 3000, 4000]


def test_a_bad_ttl_makes_a_bad_row():
    """Without it the row would live for ever."""
    life = Parameter("TTL (mapping.ttl)", type_of("int"), required=False, field="life")
    parameters = [Parameter("id", type_of("int"), required=True), life]
    mapping = cql_mapper(parameters, [0], FieldMapping(on_bad_value="null"), TextMeaning(), RowIdentity("run", 0))
    found = mapping.map(jsonl('{"id":1,"life":"x"}'))
    assert (list(found.unfit), found.mended) == ([0], {})
