"""Values as JSON: exact, or no JSON at all."""

from __future__ import annotations

import enum
import json
from collections import ChainMap
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec
import pytest

from loader.exact_json import json_form, json_values, letter_form


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Text(str):
    __slots__ = ()


class Huge(int):
    pass


class Real(float):
    pass


class Stamp(datetime):
    """As pandas has them: with nanoseconds."""

    def isoformat(self, *_: Any, **__: Any) -> str:
        return "2026-11-30T12:00:00.123456789"


class NoTime(datetime):
    """As pandas has it: the moment that is none."""

    def __eq__(self, _other: object) -> bool:
        return False

    def __ne__(self, _other: object) -> bool:
        return True

    __hash__ = datetime.__hash__

    def __str__(self) -> str:
        return "NaT"


@pytest.mark.parametrize(
    ("value", "as_json"),
    [
        (Text("x"), '"x"'),
        (Colour.RED, '"red"'),
        (Level.HIGH, "3"),
        (Huge(2**70), str(2**70)),
        (Real(1.5), "1.5"),
        (Decimal("1E+5"), "1E+5"),
        (bytearray(b"x"), '"eA=="'),
        (memoryview(b"x"), '"eA=="'),
        (date(2026, 11, 30), '"2026-11-30"'),
        (Stamp(2026, 11, 30), '"2026-11-30T12:00:00.123456789"'),
        (datetime(2026, 11, 30, tzinfo=timezone(timedelta(hours=2))), '"2026-11-30T00:00:00+02:00"'),
        (datetime(2026, 11, 30, tzinfo=timezone(timedelta(seconds=30))), '"2026-11-29T23:59:30Z"'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (MappingProxyType({"a": ChainMap({"b": 1})}), '{"a":{"b":1}}'),
        ((1, [Text("x")]), '[1,["x"]]'),
        ({1: "a", "2": "b"}, '{"1":"a","2":"b"}'),
    ],
)
def test_values_of_classes_of_their_own_are_the_values_that_they_are(value, as_json):
    assert json_form({"v": value}).decode() == f'{{"v":{as_json}}}'


@pytest.mark.parametrize(
    "value",
    [
        float("inf"),
        Decimal("sNaN"),
        Decimal("NaN"),
        NoTime(2026, 11, 30),
        {1: "a", "1": "b"},
        {None: 1},
    ],
)
def test_what_json_has_not_makes_a_row_no_json_and_fits_no_column(value):
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(json_form({"v": value}))
    assert json_values([value, 1]) == ([None, 1], [0])
    assert isinstance(json.loads(letter_form(value)), str)


@pytest.mark.parametrize("row", [{1: "a", "1": "b"}, {None: 1}, {"v": "\ud800"}, {"\ud800": Decimal(1)}])
def test_no_row_loses_a_field_in_silence(row):
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(json_form(row))


def test_both_halves_of_a_surrogate_pair_are_the_character():
    assert msgspec.json.decode(json_form({"v": "\ud83d\ude00"})) == {"v": "\N{GRINNING FACE}"}


@pytest.mark.parametrize("value", [{1, 2}, 1j, object(), timedelta(1), range(3)])
def test_values_of_types_that_json_has_not_are_refused(value):
    with pytest.raises(TypeError, match="is no type of a value"):
        json_form({"v": value})
