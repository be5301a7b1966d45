"""Cells of values that hold no others, from arrays without nulls. Raises one of UNFIT where a value does not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from loader.mapping.cql.arrays.buffers import bytes_of, fixed_cells, floats, number_cells
from loader.mapping.cql.codec import Parts, framed, pack_length
from loader.mapping.cql.numbers import varint_bytes
from loader.sources.formats.arrow.json_text import lines
from loader.sources.formats.arrow.moments import PER_SECOND

_is = pa.types
_UUID_BYTES = 16
_DATE_OFFSET = 2**31  # a date is an unsigned count of days, in the middle of which is 1970-01-01
_MILLISECONDS, _NANOSECONDS = 10**3, 10**9  # in a second

Encode = Callable[[pa.Array], Parts]
Direct = tuple[Callable[[Any], bool], Encode]
"""Tells the types of arrays that are encoded so, and encodes them."""


def _number(kind: pa.DataType) -> Encode:
    return lambda array: number_cells(array.cast(kind))


def _floats(array: pa.Array) -> Parts:
    return number_cells(floats(array))


def _booleans(array: pa.Array) -> Parts:
    return number_cells(array.cast(pa.uint8()))


def _varints(array: pa.Array) -> Parts:
    return framed(list(map(varint_bytes, array.to_pylist())))


def _whole_decimals(array: pa.Array) -> Parts:
    scale = pack_length(0)
    return framed([scale + varint_bytes(number) for number in array.to_pylist()])


def _decimals(array: pa.Array) -> Parts:
    """Digits and scale as they are there: 1.50 is not 1.5."""
    scale = pack_length(array.type.scale)
    numbers = (int.from_bytes(each, "little", signed=True) for each in bytes_of(array))
    return framed([scale + varint_bytes(number) for number in numbers])


def _texts(array: pa.Array) -> Parts:
    return framed(lines(array.cast(pa.string())))  # which looks whether bytes are UTF-8


def _ascii(array: pa.Array) -> Parts:
    texts = array.cast(pa.string())
    if pc.all(pc.string_is_ascii(texts)).as_py() is False:
        raise ValueError("not ASCII")
    return framed(lines(texts))


def _blobs(array: pa.Array) -> Parts:
    return framed(lines(array.cast(pa.binary())))


def _uuids(array: pa.Array) -> Parts:
    bodies = lines(array.cast(pa.binary()))
    if set(map(len, bodies)) != {_UUID_BYTES}:
        raise ValueError("not 16 bytes")
    return fixed_cells(b"".join(bodies), _UUID_BYTES)


def _timeuuids(array: pa.Array) -> Parts:
    parts = _uuids(array)
    if any(body[6] >> 4 != 1 for body in parts[1]):
        raise ValueError("not of version 1")
    return parts


def _dates(array: pa.Array) -> Parts:
    days = array.cast(pa.int32()).cast(pa.int64())
    return number_cells(pc.add(days, _DATE_OFFSET).cast(pa.uint32()))


def _timestamps(array: pa.Array) -> Parts:
    """Digits beyond milliseconds are cut off, so that a moment belongs to the millisecond it lies in."""
    units, numbers = PER_SECOND[array.type.unit], array.cast(pa.int64())
    if units <= _MILLISECONDS:
        return number_cells(pc.multiply_checked(numbers, _MILLISECONDS // units))
    divisor = units // _MILLISECONDS
    whole = pc.divide(numbers, divisor)
    is_later = pc.greater(pc.multiply(whole, divisor), numbers)  # division goes towards 1970
    return number_cells(pc.subtract(whole, is_later.cast(pa.int64())))


def _times(array: pa.Array) -> Parts:
    units = PER_SECOND[array.type.unit]
    numbers = array.cast(pa.int32() if _is.is_time32(array.type) else pa.int64()).cast(pa.int64())
    if pc.any(pc.or_(pc.less(numbers, 0), pc.greater_equal(numbers, 86_400 * units))).as_py():
        raise ValueError("no time of day")
    return number_cells(pc.multiply(numbers, _NANOSECONDS // units))


def _is_number(kind: pa.DataType) -> bool:
    return bool(_is.is_integer(kind) or _is.is_floating(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(_is.is_binary(kind) or _is.is_fixed_size_binary(kind))


_TEXT: tuple[Direct, ...] = ((_is.is_string, _texts), (_is.is_binary, _texts))

DIRECT: Mapping[str, tuple[Direct, ...]] = {
    "tinyint": ((_is_number, _number(pa.int8())),),
    "smallint": ((_is_number, _number(pa.int16())),),
    "int": ((_is_number, _number(pa.int32())),),
    "bigint": ((_is_number, _number(pa.int64())),),
    "counter": ((_is_number, _number(pa.int64())),),
    "varint": ((_is.is_integer, _varints),),
    "float": ((_is_number, _floats),),
    "double": ((_is_number, _number(pa.float64())),),
    "decimal": ((_is.is_decimal, _decimals), (_is.is_integer, _whole_decimals)),
    "boolean": ((_is.is_boolean, _booleans),),
    "text": _TEXT,
    "ascii": ((_is.is_string, _ascii), (_is.is_binary, _ascii)),
    "blob": ((_is_bytes, _blobs),),
    "uuid": ((_is_bytes, _uuids),),
    "timeuuid": ((_is_bytes, _timeuuids),),
    "date": ((_is.is_date, _dates),),
    "timestamp": ((_is.is_timestamp, _timestamps),),
    "time": ((_is.is_time, _times),),
}
