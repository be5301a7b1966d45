"""Codec protocol, and the framing of values."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import msgspec

from loader.mapping.cql.types import CqlType
from loader.mapping.unfit import shown

Parts = tuple[Sequence[bytes], ...]
"""A column of cells: sequences parallel to the rows; the parts of one row, joined, are its cell."""

EncodeColumn = Callable[[Sequence[Any]], Parts]
"""Encodes a whole column, or raises one of UNFIT where any of its values does not fit."""

UNFIT = (ValueError, TypeError, OverflowError, LookupError, struct.error, RecursionError)
"""What encoding may raise for a value that does not fit."""

NULL = b"\xff\xff\xff\xff"
UNSET = b"\xff\xff\xff\xfe"
"""The cells of a null and of a column that is left as it is (native protocol v4, section 3: [value])."""

pack_length = struct.Struct(">i").pack

_SHORT = [pack_length(length) for length in range(1024)]  # faster to look up than to make


class Number(str):
    """A number with a fraction or an exponent, as JSON spells it, so that no digit of it is lost."""

    __slots__ = ()


class MisfitError(ValueError):
    """A value that does not fit its type: the value as it is shown, and what was expected, in words.

    `path` leads to it from the column, where it stands within a collection.
    """

    def __init__(self, value: object, expected: str, path: str = "") -> None:
        super().__init__(value, expected, path)
        self.value = shown(as_spelled(value))
        self.is_value = True  # else there are several, of which none is meant more than another
        self.path = path
        self._expected = expected

    @property
    def expected(self) -> str:
        return f"{self._expected} at {self.path}" if self.path else self._expected

    def within(self, step: str) -> MisfitError:
        """The same, seen from a value that holds it at `step`."""
        return MisfitError(self.value, self._expected, step + self.path)


@dataclass(frozen=True, slots=True)
class Codec:
    """How values of one type become CQL bytes. Immutable; thread-safe.

    `expected` says in words what fits. `encode` makes the bytes of one value, without their length, from anything that
    JSON can hold (but null; numbers with a fraction come as `Number`, or as float where `json_type` says so) or from
    text; it raises one of UNFIT.

    The rest serves speed. `json_type` is what msgspec decodes fields to, so that what else a field may hold is noticed
    on the way; where it is `str`, `encode` is given nothing else. `columns` encode whole columns of such values or of
    texts, and are tried in turn; they must take nothing that `encode` refuses, nor make anything else of it.

    `size` is the length in bytes of every value, None where lengths differ (or where Cassandra treats the type so in a
    vector). `empty_text` says whether an empty text is a value, rather than none. `raw` asks for the JSON itself, as
    `msgspec.Raw`. `native` is the type, None where values are told to be read as something else.
    """

    expected: str
    encode: Callable[[Any], bytes]
    json_type: Any = Any
    columns: tuple[EncodeColumn, ...] = ()
    size: int | None = None
    empty_text: bool = False
    raw: bool = False
    native: CqlType | None = None

    def value(self, value: Any) -> bytes:
        """The bytes of a value that must be there. Raises MisfitError."""
        if value is None or (self.json_type is str and type(value) is not str):
            raise MisfitError(value, self.expected)
        try:
            return self.encode(value)
        except MisfitError:
            raise
        except UNFIT as error:
            raise MisfitError(value, self.expected) from error


def as_spelled(value: object) -> object:
    """A value that is written as it was read, with the numbers within it."""
    match value:
        case Number():
            return msgspec.Raw(value.encode())
        case list():
            return [as_spelled(each) for each in value]
        case dict():
            return {key: as_spelled(each) for key, each in value.items()}
        case _:
            return value


def frame(value: bytes) -> bytes:
    """A value with its length before it: the cell it stands in."""
    return pack_length(len(value)) + value


def framed(values: Sequence[bytes]) -> Parts:
    """A column of cells that hold `values`."""
    try:
        return list(map(_SHORT.__getitem__, map(len, values))), values
    except IndexError:
        return list(map(pack_length, map(len, values))), values


def packed(layout: str, values: Iterable[Any]) -> Parts:
    """A column of cells of numbers, all of the same `layout` (of struct)."""
    sized = struct.Struct(f">i{layout}")
    return (list(map(sized.pack, repeat(sized.size - 4), values)),)


def json_text(text: str) -> Any:
    """What the JSON in a text holds; for types whose text form is JSON. Raises one of UNFIT."""
    return _decode(text)


_decode = msgspec.json.Decoder(float_hook=Number).decode
