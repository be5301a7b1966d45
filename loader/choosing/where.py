"""Rows held against a condition: columns of the fields that it names, and whether each row passes all tests.

What is compared is a row as it was read, before any mapping. A field that is missing is null. Two values of unlike
types are not equal, and neither comes before the other; `!=` holds wherever `=` does not. Numbers are compared exactly,
texts by their characters, typed values as their JSON. A text of a delimited row is read as what it is compared with.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from loader.choosing.field_values import Column, field_decoder, values_at
from loader.config.expressions.condition import Literal, PresenceTest, Test, ValueTest
from loader.config.expressions.field_path import MISSING, FieldPath
from loader.contents import RowContent, TextColumns, TypedColumns
from loader.texts.text_meaning import TextMeaning

_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NUMBERS = frozenset((int, float, Decimal))
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SPELLED = (datetime, date, time, UUID, bytes)


class Where:
    """A condition, and what words mean in delimited rows. Immutable; thread-safe."""

    def __init__(self, tests: Sequence[Test], texts: TextMeaning, booleans: Mapping[str, bool]) -> None:
        """`booleans` are the words for true and false, in lower case."""
        self._tests = tests
        self._nulls = texts.nulls(empty=True)
        self._plain = texts.plain_number
        self._booleans = booleans
        names = dict.fromkeys(name for test in tests for name in test.path.fields)
        self._fields = field_decoder(tuple(names), Decimal)

    def holds(self, content: RowContent) -> list[bool]:
        """Whether each row passes all tests."""
        match content:
            case TextColumns(columns, _, fields):
                given = dict(zip(columns, zip(*fields, strict=True), strict=True))
                parts = [self._text_test(test, given, len(fields)) for test in self._tests]
            case TypedColumns(columns, values):
                typed = {name: list(map(_plain, column)) for name, column in zip(columns, values, strict=True)}
                parts = [_json_test(test, _at(test.path, typed, len(content.sizes))) for test in self._tests]
            case _:
                decoded = self._fields(content.raw)
                parts = [_json_test(test, _at(test.path, decoded, len(content.raw))) for test in self._tests]
        return list(map(all, zip(*parts, strict=True)))

    def _text_test(self, test: Test, given: Mapping[str, Sequence[str]], rows: int) -> list[bool]:
        """In texts lies nothing that a path could lead to."""
        column: Column | None = given.get(test.path.name)
        if column is None:
            return _json_test(test, [None] * rows)
        if isinstance(test, PresenceTest) or not isinstance(test.value, str):
            column = [None if text in self._nulls else text for text in column]
        if isinstance(test, ValueTest) and test.value is not None and not isinstance(test.value, str):
            read = self._boolean if isinstance(test.value, bool) else self._number
            column = [None if text is None else read(text) for text in column]
        return _json_test(test, column)

    def _boolean(self, text: str) -> bool | None:
        return self._booleans.get(text.lower())

    def _number(self, text: str) -> Decimal | None:
        text = text.strip()
        try:
            text = text if self._plain is None else self._plain(text)
        except ValueError:
            return None
        return Decimal(text) if _NUMBER.fullmatch(text) else None


def _json_test(test: Test, column: Column) -> list[bool]:
    if isinstance(test, PresenceTest):
        return [(value is not None) is test.wanted for value in column]
    if test.sign in ("=", "!="):
        equal = partial(_is_equal, test.value)
        return [equal(value) is (test.sign == "=") for value in column]
    comes = partial(_comes, _ORDERS[test.sign], test.value)
    return list(map(comes, column))


def _is_equal(wanted: Literal, value: Any) -> bool:
    if wanted is None or isinstance(wanted, bool):
        return value is wanted
    return _is_like(wanted, value) and bool(value == wanted)


def _comes(order: Callable[[Any, Any], bool], wanted: Literal, value: Any) -> bool:
    return _is_like(wanted, value) and order(value, wanted)


def _is_like(wanted: Literal, value: Any) -> bool:
    """Whether a value can be compared with a text, or with a number."""
    if isinstance(wanted, str):
        return isinstance(value, str)
    return type(value) in _NUMBERS and value == value  # noqa: PLR0124 - NaN is like nothing


def _at(path: FieldPath, fields: Mapping[str, Column], rows: int) -> Column:
    """What stands at a path, None where nothing does."""
    return [None if value is MISSING else value for value in values_at(path, fields, rows)]


def _plain(value: Any) -> Any:
    """A typed value as JSON has it, but for numbers."""
    if isinstance(value, _SPELLED):
        return msgspec.to_builtins(value)
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    return list(map(_plain, value)) if isinstance(value, list | tuple) else value
