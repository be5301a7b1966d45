"""CQL bytes -> JSON that shows what stands there: how a row will look, or does look, in its table."""

from __future__ import annotations

import math
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

import msgspec

from loader.mapping.cql.cells import Cell, cells
from loader.mapping.cql.types import WRITE_TIMESTAMP, CqlType
from loader.mapping.cql.vint import read_unsigned_vint
from loader.texts.epochs import MICROSECONDS, MILLISECONDS, NANOSECONDS, day, moment

_COUNT = 4  # bytes before the elements of a collection
_DATE_OFFSET = 2**31
_LENGTHS = {"int": 4, "bigint": 8, "float": 4, "double": 8, "boolean": 1, "timestamp": 8, "uuid": 16, "timeuuid": 16}
"""Of elements that stand in a vector without their length, as Cassandra has it."""


def shown_value(cql_type: CqlType, value: Cell) -> Any:
    """What msgspec encodes as the JSON that shows a value.

    Times are by ISO 8601, in UTC; numbers keep all their digits; what JSON has no form for is a text.
    """
    if not isinstance(value, bytes):
        return None
    if not value and cql_type.name not in ("text", "ascii", "blob"):
        return None
    if cql_type.is_udt:
        return dict(zip(cql_type.fields, _fields(cql_type, value), strict=True))
    show = _CONTAINERS.get(cql_type.name)
    return _SCALARS[cql_type.name](value) if show is None else show(cql_type, value)


def _integer(value: bytes) -> Any:
    return _spelled(str(int.from_bytes(value, "big", signed=True)))


def _decimal(value: bytes) -> Any:
    """As many digits as there are, and no exponent where a person can count its zeros."""
    scale, digits = int.from_bytes(value[:4], "big", signed=True), int.from_bytes(value[4:], "big", signed=True)
    if not 0 <= scale <= 30:
        return _spelled(f"{digits}e{-scale}")
    text = f"{abs(digits):0{scale + 1}d}"
    sign = "-" if digits < 0 else ""
    return _spelled(f"{sign}{text[:-scale]}.{text[-scale:]}" if scale else f"{sign}{text}")


def _double(value: bytes) -> Any:
    (number,) = struct.unpack(">d", value)
    return _spelled(repr(number)) if math.isfinite(number) else _word(number)


def _float(value: bytes) -> Any:
    (number,) = struct.unpack(">f", value)
    if not math.isfinite(number):
        return _word(number)
    spellings = (f"{number:.{digits}g}" for digits in range(6, 10))  # nine digits tell every float from all others
    text = next(text for text in spellings if struct.pack(">f", float(text)) == value)
    return _spelled(f"{text}.0" if text.lstrip("-").isdecimal() else text)


def _word(number: float) -> str:
    return repr(number).replace("inf", "Infinity").replace("nan", "NaN")


def _time(value: bytes) -> str:
    return moment(int.from_bytes(value, "big"), NANOSECONDS)[11:-1]


def _duration(value: bytes) -> str:
    months, rest = _vint(value)
    days, rest = _vint(rest)
    nanoseconds, _ = _vint(rest)
    sign = "-" if min(months, days, nanoseconds) < 0 else ""
    parts = ((abs(months), "mo"), (abs(days), "d"), (abs(nanoseconds), "ns"))
    return sign + ("".join(f"{count}{unit}" for count, unit in parts if count) or "0ns")


def _inet(value: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET6 if len(value) == 16 else socket.AF_INET, value)


_SCALARS: Mapping[str, Callable[[bytes], Any]] = {
    **dict.fromkeys(("text", "ascii"), lambda value: value.decode()),
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint", "counter", "varint"), _integer),
    "decimal": _decimal,
    "float": _float,
    "double": _double,
    "boolean": lambda value: value != b"\0",
    "blob": lambda value: f"0x{value.hex()}",
    **dict.fromkeys(("uuid", "timeuuid"), lambda value: str(UUID(bytes=value))),
    "timestamp": lambda value: moment(int.from_bytes(value, "big", signed=True), MILLISECONDS),
    WRITE_TIMESTAMP.name: lambda value: moment(int.from_bytes(value, "big", signed=True), MICROSECONDS),
    "date": lambda value: day(int.from_bytes(value, "big") - _DATE_OFFSET),
    "time": _time,
    "duration": _duration,
    "inet": _inet,
}


def _list(cql_type: CqlType, value: bytes) -> list[Any]:
    return [shown_value(cql_type.args[0], cell) for cell in cells(value[_COUNT:])]


def _map(cql_type: CqlType, value: bytes) -> Any:
    """An object where the keys are texts in JSON, else a list of pairs; both are read as maps."""
    halves = list(cells(value[_COUNT:]))
    pairs = [
        [shown_value(each, half) for each, half in zip(cql_type.args, pair, strict=True)]
        for pair in zip(halves[::2], halves[1::2], strict=True)
    ]
    return dict(pairs) if all(isinstance(key, str) for key, _ in pairs) else pairs


def _fields(cql_type: CqlType, value: bytes) -> list[Any]:
    found = [shown_value(arg, cell) for arg, cell in zip(cql_type.args, cells(value), strict=False)]
    return found + [None] * (len(cql_type.args) - len(found))


def _vector(cql_type: CqlType, value: bytes) -> list[Any]:
    (element,) = cql_type.args
    return [shown_value(element, each) for each in _elements(element, value)]


def _elements(element: CqlType, value: bytes) -> Iterator[bytes]:
    length = _length(element)
    while value:
        if length is None:
            size, value = read_unsigned_vint(value)
        else:
            size = length
        yield value[:size]
        value = value[size:]


def _length(element: CqlType) -> int | None:
    if element.name == "vector":
        within = _length(element.args[0])
        return None if within is None else within * element.dimension
    return _LENGTHS.get(element.name)


_CONTAINERS: Mapping[str, Callable[[CqlType, bytes], Any]] = {
    "list": _list,
    "set": _list,
    "map": _map,
    "tuple": _fields,
    "vector": _vector,
}


def _spelled(number: str) -> msgspec.Raw:
    return msgspec.Raw(number.encode())


def _vint(value: bytes) -> tuple[int, bytes]:
    """A signed vint at the beginning of `value`, and what follows it."""
    number, rest = read_unsigned_vint(value)
    return (number >> 1) ^ -(number & 1), rest
