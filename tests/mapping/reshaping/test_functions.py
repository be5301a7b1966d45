"""Functions of `mapping.set`: the same values from JSON, texts and typed values, and ids that never change."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.config.sections import FieldMapping
from loader.mapping.reshaping import functions
from loader.mapping.shaped_json import json_mapper
from loader.rows import Origin
from loader.sources.row_identity import RowIdentity
from loader.texts.text_meaning import TextMeaning
from tests.mapping.test_shaped_json import IDENTITY, csv, jsonl, mapped, typed


def made(call: str, row: dict[str, Any]) -> object:
    """What a call makes of a JSON row: MISSING as "-", or the columns that do not fit."""
    [found] = mapped(jsonl(row), set={"made": call}, only=("nothing",))
    return found.get("made", "-") if isinstance(found, dict) else found


ROW = {"t": " Ab ", "n": 1, "b": True, "z": None, "l": [1, "x"], "o": {"k": [2]}, "j": '{"a": [1.50]}', "c": "a,b,c"}


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("lower(t)", " ab "),
        ("upper(trim(t))", "AB"),
        ("lower(z)", None),
        ("lower(nowhere)", "-"),
        ("lower(n)", ["made"]),
        ("lower(o.k)", ["made"]),
        ("concat(t, '|', n, '|', b, '|', z, nowhere)", " Ab |1|true|"),
        ("concat(z, nowhere)", None),
        ("concat(l)", ["made"]),
        ("concat(o.k[0], 7)", "27"),
        ("split(c, ',')", ["a", "b", "c"]),
        ("split(c, ',', 2)", "c"),
        ("split(c, ',', 3)", None),
        ("coalesce(nowhere, z, n)", 1),
        ("coalesce(z)", None),
        ("coalesce(nowhere, 'x')", "x"),
        ("hash(trim(t))", hashlib.sha256(b"Ab").hexdigest()),
        ("hash(n)", hashlib.sha256(b"1").hexdigest()),
        ("hash(z)", None),
        ("to_json(l)", '[1,"x"]'),
        ("to_json(z)", None),
        ("from_json(j)", {"a": [1.5]}),
        ("from_json(t)", ["made"]),
        ("to_json(from_json(j))", '{"a":[1.50]}'),
    ],
)
def test_what_functions_make(call, expected):
    assert made(call, ROW) == expected


def test_numbers_keep_their_spelling():
    rows = jsonl(b'{"n":1.50,"big":12345678901234567890123}')
    found = mapped(rows, set={"a": "concat(n, '/', big)", "b": "to_json(n)"}, only=("x",))
    assert found == [{"a": "1.50/12345678901234567890123", "b": "1.50"}]


def test_a_computed_value_takes_the_place_of_the_field_and_a_default_that_of_nothing():
    settings: dict[str, Any] = {"set": {"a": "lower(a)", "b": "upper(a)"}, "defaults": {"a": "none"}}
    assert mapped(jsonl({"a": "X", "b": 1}, {"b": 2}, {"a": None}), **settings) == [
        {"a": "x", "b": "X"},
        {"a": "none"},
        {"a": "none", "b": None},
    ]
    assert mapped(csv("a b", ("X", "1"), ("", "2")), **settings) == [{"a": "x", "b": "X"}, {"a": "none", "b": None}]


def test_typed_values_are_as_json_has_them():
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    rows = typed(at=[moment], d=[Decimal("1.10")], u=[UUID(int=1)], raw=[b"ab"])
    calls = {"x": "concat(at, ' ', d, ' ', u, ' ', raw)"}
    assert mapped(rows, set=calls, only=("nothing",)) == [
        {"x": "2026-01-02T00:00:00Z 1.10 00000000-0000-0000-0000-000000000001 YWI="}
    ]


IDS = {"u": "uuid()", "v": "uuid()", "t": "timeuuid()", "n": "now()"}


def ids_of(rows, identity: RowIdentity = IDENTITY) -> list[dict[str, str]]:
    mapping = FieldMapping(set=IDS, only=("nothing",))
    return [json.loads(item) for item in json_mapper(mapping, TextMeaning(), identity).map(rows).items]


def test_ids_and_times_are_of_the_row_and_no_other():
    rows = replace(jsonl({}, {}, {}), ordinals=[0, 1, 2], offsets=[0, 10, 20])
    first, second, third = ids_of(rows)
    assert len({each[name] for each in (first, second, third) for name in "uvt"}) == 9
    assert ids_of(rows.slice(1, 2)) == [second]
    assert ids_of(rows, RowIdentity("other run", IDENTITY.started_us))[0]["u"] != first["u"]
    assert (first["n"], second["n"]) == ("2027-01-15T08:00:00.000000Z", "2027-01-15T08:00:00.000001Z")
    for each in (first, second, third):
        assert (UUID(each["u"]).version, UUID(each["t"]).version) == (4, 1)
    ticks = [UUID(each["t"]).time for each in (first, second)]
    assert ticks[1] - ticks[0] == 10
    assert datetime.fromtimestamp((ticks[0] - 0x01B21DD213814000) / 1e7, UTC) == datetime(2027, 1, 15, 8, tzinfo=UTC)


def test_a_row_that_comes_from_its_letter_has_the_ids_and_the_time_it_had():
    rows = replace(jsonl({}), ordinals=[7], offsets=[70])
    letter = Origin("rows", 8, 70, IDENTITY.keys(rows)[0], row_time=IDENTITY.times(rows)[0])
    again = replace(jsonl({}), ordinals=[0], offsets=[0], origins=[letter])
    assert ids_of(again, RowIdentity("replay", 1)) == ids_of(rows)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_what_is_written_as_json_is_read_again_as_it_was(value):
    [found] = mapped(jsonl({"v": value}), set={"same": "from_json(to_json(v))"})
    assert found == {"v": value, "same": value}


@given(st.binary(min_size=16, max_size=16))
def test_a_uuid_is_one_of_version_4(chance):
    assert functions._random_uuid(chance.hex()) == str(UUID(bytes=chance, version=4))
