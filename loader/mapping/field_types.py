"""Types of delimited fields: columns of texts to JSON values, with what does not fit named."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from loader.config.mapping_types import FieldType
from loader.texts.text_meaning import TextMeaning

Convert = Callable[[str], Any]

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_UNBROKEN = str.maketrans("\r\n", "  ")


def _integer(text: str) -> msgspec.Raw:
    return _spelled(_INTEGER, text)


def _number(text: str) -> msgspec.Raw:
    return _spelled(_NUMBER, text)


def _spelled(pattern: re.Pattern[str], text: str) -> msgspec.Raw:
    """A number as it is spelled, so that no digit of it is lost."""
    if pattern.fullmatch(text) is None:
        raise ValueError(text)
    return msgspec.Raw(text.encode())


def _boolean(words: Mapping[str, bool]) -> Convert:
    def boolean(text: str) -> bool:
        try:
            return words[text.lower()]
        except KeyError:
            raise ValueError(text) from None

    return boolean


def _json(text: str) -> msgspec.Raw:
    try:
        msgspec.json.decode(text)
    except RecursionError:
        raise ValueError(text) from None
    # A line break in JSON is white space, never part of a text; a row must stay one line.
    return msgspec.Raw(text.translate(_UNBROKEN).encode())


_KINDS: Mapping[str, tuple[Convert, str]] = {
    "integer": (_integer, "a whole number like -1234, without plus sign, separators or leading zeros"),
    "number": (_number, "a number like -1234.56, with a point and without plus sign, separators or leading zeros"),
    "json": (_json, 'JSON, with its texts in double quotes, like ["a", 1]'),
}


_NUMBERS = {"integer": "a whole number", "number": "a number"}


@dataclass(frozen=True, slots=True)
class ColumnType:
    """What the fields of one column become.

    A field that is one of `nulls` becomes null; None is one that a row does not have. `convert` is None for strings;
    else it makes a JSON value of a text, or raises ValueError where the text is not `expected`.
    """

    nulls: frozenset[str | None]
    convert: Convert | None
    expected: str

    def apply(self, texts: Sequence[Any]) -> tuple[Sequence[Any], Sequence[int]]:
        """The values of a column, and the indexes of those that do not fit (their values are None)."""
        nulls, convert = self.nulls, self.convert
        if convert is None:
            return (texts if nulls.isdisjoint(texts) else [None if text in nulls else text for text in texts]), ()
        try:
            return [None if text in nulls else convert(text) for text in texts], ()
        except ValueError:
            return self._sift(texts, convert)

    def _sift(self, texts: Sequence[Any], convert: Convert) -> tuple[Sequence[Any], Sequence[int]]:
        values: list[Any] = []
        misfits: list[int] = []
        for i, text in enumerate(texts):
            try:
                values.append(None if text in self.nulls else convert(text))
            except ValueError:
                values.append(None)
                misfits.append(i)
        return values, misfits


KINDS = ("string", *_KINDS, "boolean")


def column_type(kind: FieldType, texts: TextMeaning, booleans: Mapping[str, bool]) -> ColumnType:
    """The type called `kind`, one of KINDS; `booleans` are the words for true and false, in lower case.

    An empty field is an empty string, unless `texts` say otherwise, but null where the type knows no empty value.
    """
    if kind == "string":
        nulls = frozenset(texts.null_words) if texts.empty != "null" else texts.nulls(empty=True)
        return ColumnType(nulls, None, "a string")
    if kind == "boolean":
        convert, expected = _boolean(booleans), f"true or false ({', '.join(booleans)})"
    else:
        convert, expected = _KINDS[str(kind)]
        if kind in _NUMBERS and texts.plain_number is not None:
            convert, expected = (
                _spelled_otherwise(convert, texts.plain_number),
                f"{_NUMBERS[str(kind)]}, {texts.spelled}",
            )
    return ColumnType(texts.nulls(empty=True), convert, expected)


def _spelled_otherwise(convert: Convert, plain: Callable[[str], str]) -> Convert:
    return lambda text: convert(plain(text))
