"""JSON as `json_text` writes it -> columns: the row of a letter as it was, or as somebody has mended it.

Objects are read as their members in order, for a map may have a key twice.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import pyarrow as pa

from loader.sources.formats.arrow import moments, plain_types

_is = pa.types

Read = Callable[[Any], Any]
"""Makes of a value of JSON what `pa.array` takes. Raises one of UNFIT."""

UNFIT = (ValueError, TypeError, ArithmeticError, pa.ArrowException)


class NoSuchRowError(ValueError):
    """The JSON is no row of these columns; the text says why, as the end of a sentence."""


def batch_of(row: bytes, schema: pa.Schema) -> pa.RecordBatch:
    """One row from its JSON. Raises NoSuchRowError."""
    try:
        members = _of(tuple, _decode(row.decode()))
    except (ValueError, TypeError, RecursionError) as error:
        raise NoSuchRowError("is no object") from error
    try:
        fields = _fields(members, schema.names)
    except ValueError as error:
        raise NoSuchRowError(f"has other fields than its `input`: {', '.join(schema.names)}") from error
    return pa.RecordBatch.from_arrays([_column(field, fields[field.name]) for field in schema], schema=schema)


def _decode(text: str) -> Any:
    """A value of JSON, whose objects are tuples of members. NaN is none."""
    return json.loads(text, object_pairs_hook=tuple, parse_float=Decimal, parse_constant=partial(_of, float))


def _fields(members: tuple[tuple[str, Any], ...], names: Sequence[str]) -> Mapping[str, Any]:
    """The values of an object that has each of `names` once. Raises ValueError for any other."""
    fields = dict(members)
    if fields.keys() != set(names) or len(fields) < len(members):
        raise ValueError(members)
    return fields


def _column(field: pa.Field, value: Any) -> pa.Array:
    try:
        return pa.array([_reader(field.type)(value)], field.type)
    except UNFIT as error:
        raise NoSuchRowError(f"has a field {field.name} that is no {field.type}") from error


def _reader(kind: pa.DataType) -> Read:
    read = _value_reader(kind)
    return lambda value: None if value is None else read(value)


def _value_reader(kind: pa.DataType) -> Read:
    """What reads values of a plain type but for nulls."""
    if _is.is_list(kind):
        return partial(_list, _reader(kind.value_type))
    if _is.is_struct(kind):
        return partial(_struct, {kind.field(at).name: _reader(kind.field(at).type) for at in range(kind.num_fields)})
    if _is.is_map(kind):
        return partial(_map, _key_reader(kind.key_type), _reader(kind.item_type))
    for is_it, read in _SCALARS:
        if is_it(kind):
            return read
    unit = getattr(kind, "unit", "")
    for is_it, read_units in _OF_UNITS:
        if is_it(kind):
            return lambda value: read_units(_text(value), unit)
    return _text  # strings


def _list(read: Read, value: Any) -> Any:
    return list(map(read, _of(list, value)))


def _struct(readers: Mapping[str, Read], value: Any) -> Any:
    fields = _fields(_of(tuple, value), list(readers))
    return {name: read(fields[name]) for name, read in readers.items()}


def _map(key: Read, read: Read, value: Any) -> Any:
    return [(key(name), read(each)) for name, each in _of(tuple, value)]


def _key_reader(kind: pa.DataType) -> Read:
    """Keys are texts: of numbers and booleans, their JSON."""
    read = _value_reader(kind)
    is_bare = _is.is_integer(kind) or _is.is_floating(kind) or _is.is_decimal(kind) or _is.is_boolean(kind)
    return (lambda name: read(_bare(name))) if is_bare else read


def _bare(text: str) -> Any:
    try:
        return msgspec.json.Decoder(float_hook=Decimal).decode(text)
    except msgspec.DecodeError:
        return text  # NaN and infinities, or what the type refuses


def _of(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(value)
    return value


def _text(value: Any) -> str:
    text: str = _of(str, value)
    return text


def _number(value: Any) -> Any:
    if type(value) not in (int, Decimal):
        raise TypeError(value)
    return value


def _float(value: Any) -> float:
    if type(value) is str and value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    return float(_number(value))


_SCALARS: tuple[tuple[Callable[[Any], bool], Read], ...] = (
    (_is.is_null, partial(_of, type(None))),
    (_is.is_boolean, partial(_of, bool)),
    (_is.is_integer, partial(_of, int)),
    (_is.is_floating, _float),
    (_is.is_decimal, lambda value: Decimal(_number(value))),
    (_is.is_date, lambda value: moments.days(_text(value))),
    (_is.is_interval, lambda value: moments.interval(_text(value))),
    (lambda kind: kind == plain_types.UUID, lambda value: UUID(_text(value)).bytes),
    (_is.is_binary, lambda value: b64decode(_text(value), validate=True)),
)
_OF_UNITS: tuple[tuple[Callable[[Any], bool], Callable[[str, str], int]], ...] = (
    (_is.is_time, moments.time_of_day),
    (_is.is_timestamp, moments.moment),
    (_is.is_duration, moments.duration),
)
