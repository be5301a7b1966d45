"""Rows -> JSON bytes, one item a row: what HTTP targets send."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from loader.outcomes import Cause, ColumnError, Ending
from loader.rows import Rows

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_BOOLEANS = {"true": msgspec.Raw(b"true"), "false": msgspec.Raw(b"false")}

Convert = Callable[[str], Any]
Mapped = tuple[Sequence[bytes], Mapping[int, Cause]]


def _integer(text: str) -> msgspec.Raw:
    return _matching(_INTEGER, text)


def _number(text: str) -> msgspec.Raw:
    return _matching(_NUMBER, text)


def _matching(pattern: re.Pattern[str], text: str) -> msgspec.Raw:
    """`text` as it is spelled: numbers stay exact."""
    if pattern.fullmatch(text) is None:
        raise ValueError(text)
    return msgspec.Raw(text.encode())


def _json(text: str) -> msgspec.Raw:
    msgspec.json.decode(text)
    return msgspec.Raw(text.encode())


_CONVERT: Mapping[str, Convert] = {
    "integer": _integer,
    "number": _number,
    "boolean": _BOOLEANS.__getitem__,
    "json": _json,
}


class JsonMapper:
    """Maps rows by `[mapping]` and `input.null_words`. Immutable; any thread may use it.

    JSON rows go byte for byte where no field is renamed. Fields of delimited rows are JSON strings unless `types` or
    `null_words` say otherwise.
    """

    def __init__(self, names: Mapping[str, str], types: Mapping[str, str], null_words: Sequence[str]) -> None:
        self._names = names
        self._types = {field: kind for field, kind in types.items() if kind != "string"}
        self._null_words = frozenset(null_words)

    def map(self, rows: Rows) -> Mapped:
        """JSON bytes for each row, and why some rows have none, by index (theirs are empty)."""
        if rows.fields is None:
            return (self._renamed(rows.raw) if self._names else rows.raw), {}
        keys = [self._names.get(column, column) for column in rows.layout.columns]
        if self._null_words or self._types:
            return self._typed(keys, rows.layout.columns, rows.fields)
        encode = msgspec.json.Encoder().encode
        return [encode(dict(zip(keys, row, strict=True))) for row in rows.fields], {}

    def _renamed(self, raw: Sequence[bytes]) -> list[bytes]:
        decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
        encode = msgspec.json.Encoder().encode
        names = self._names
        return [encode({names.get(key, key): value for key, value in decode(row).items()}) for row in raw]

    def _typed(self, keys: Sequence[str], columns: Sequence[str], fields: Sequence[Sequence[str]]) -> Mapped:
        encode = msgspec.json.Encoder().encode
        converts = [_CONVERT[self._types[column]] if column in self._types else str for column in columns]
        payload: list[bytes] = []
        refused: dict[int, Cause] = {}
        for i, row in enumerate(fields):
            try:
                values = [self._value(convert, text) for convert, text in zip(converts, row, strict=True)]
                payload.append(encode(dict(zip(keys, values, strict=True))))
            except (ValueError, KeyError):
                refused[i] = self._complaint(columns, converts, row)
                payload.append(b"")
        return payload, refused

    def _value(self, convert: Convert, text: str) -> Any:
        return None if text in self._null_words else convert(text)

    def _complaint(self, columns: Sequence[str], converts: Sequence[Convert], row: Sequence[str]) -> Cause:
        """All columns of a row that do not fit."""
        bad = [
            ColumnError(column, text[:200], f"expected {self._types[column]}")
            for column, convert, text in zip(columns, converts, row, strict=True)
            if not self._fits(convert, text)
        ]
        message = "; ".join(f"{each.column}: {each.expected}, found {each.value!r}" for each in bad)
        return Cause("bad_value", message, Ending.REFUSED, columns=tuple(bad))

    def _fits(self, convert: Convert, text: str) -> bool:
        try:
            self._value(convert, text)
        except (ValueError, KeyError):
            return False
        return True
