"""Plain types: the fewest types that hold what the types of Arrow hold. Columns of other types become columns of these.

They are null, bool, whole numbers of 8 to 64 bits, float32, float64, decimals of 128 and 256 bits, string, binary,
16 fixed bytes (which are UUIDs), date32, times, timestamps, durations, intervals, and lists, maps and structs of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

UUID = pa.binary(16)
"""Sixteen fixed bytes are a UUID; other fixed bytes become binary."""

_UUID_NAME = "arrow.uuid"
_VARIANT = "parquet.variant"
_is = pa.types


def is_listed(of: pa.DataType) -> bool:
    """Whether it is a list of any kind."""
    kinds = ("is_list", "is_large_list", "is_fixed_size_list", "is_list_view", "is_large_list_view")
    return any(getattr(_is, kind)(of) for kind in kinds)


_SAME = (
    _is.is_null,
    _is.is_boolean,
    _is.is_integer,
    _is.is_float32,
    _is.is_float64,
    _is.is_decimal128,
    _is.is_decimal256,
    _is.is_string,
    _is.is_binary,
    _is.is_date32,
    _is.is_time,
    _is.is_timestamp,
    _is.is_duration,
    _is.is_interval,
)
_OTHERS: tuple[tuple[Callable[[Any], bool], Callable[[Any], Any]], ...] = (
    (_is.is_float16, lambda _: pa.float32()),
    (_is.is_decimal, lambda of: pa.decimal128(of.precision, of.scale)),
    (lambda of: _is.is_large_string(of) or _is.is_string_view(of), lambda _: pa.string()),
    (lambda of: _is.is_large_binary(of) or _is.is_binary_view(of), lambda _: pa.binary()),
    (_is.is_fixed_size_binary, lambda _: pa.binary()),
    (_is.is_date64, lambda _: pa.date32()),
    (_is.is_dictionary, lambda of: plain(of.value_type)),
    (_is.is_run_end_encoded, lambda of: plain(of.value_type)),
    (_is.is_map, lambda of: pa.map_(_key(of.key_type), plain(of.item_type))),
    (_is.is_struct, lambda of: pa.struct(_members(of))),
    (is_listed, lambda of: pa.list_(plain(of.value_type))),
)


class UnusableTypeError(ValueError):
    """A type that rows cannot be made of; the text names it, as the end of a sentence."""


def plain(of: pa.DataType) -> pa.DataType:
    """The plain type for a type. Raises UnusableTypeError."""
    if isinstance(of, pa.BaseExtensionType):
        return _extended(of)
    if any(is_it(of) for is_it in _SAME):
        return of
    for is_it, made in _OTHERS:
        if is_it(of):
            return made(of)
    raise UnusableTypeError(f"{of}, which no row can be made of")


def as_plain(array: pa.Array, wanted: pa.DataType) -> pa.Array:
    """An array as one of its plain type, `wanted`. Raises ArrowInvalid for more than 2 GiB in a column."""
    kind = array.type
    if kind == wanted:
        return array
    if isinstance(kind, pa.BaseExtensionType):
        return as_plain(array.storage, wanted)
    if _is.is_run_end_encoded(kind):
        return as_plain(pc.run_end_decode(array), wanted)
    nested = next((made for is_it, made in _NESTED if is_it(kind)), None)
    return array.cast(wanted) if nested is None else nested(array, wanted)


def without_texts(of: pa.DataType) -> pa.DataType:
    """A plain type with bytes in the place of texts, which may be no texts."""
    if _is.is_string(of):
        return pa.binary()
    if _is.is_list(of):
        return pa.list_(without_texts(of.value_type))
    if _is.is_map(of):
        return pa.map_(without_texts(of.key_type), without_texts(of.item_type))
    if _is.is_struct(of):
        return pa.struct([(field.name, without_texts(field.type)) for field in _fields(of)])
    return of


def offsets_of(lengths: pa.Array) -> pa.Array:
    """Where lists of these lengths begin and end, one after the other."""
    return pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths).cast(pa.int32())])


def _structs(array: pa.Array, wanted: pa.DataType) -> pa.Array:
    fields = [as_plain(array.field(at), field.type) for at, field in enumerate(_fields(wanted))]
    return pa.StructArray.from_arrays(fields, fields=_fields(wanted), mask=array.is_null())


def _listed(array: pa.Array, wanted: pa.DataType) -> pa.Array:
    lengths = pc.fill_null(pc.list_value_length(array), 0)
    values = as_plain(array.flatten(), wanted.value_type)
    return pa.ListArray.from_arrays(offsets_of(lengths), values, type=wanted, mask=array.is_null())


def _maps(array: pa.Array, wanted: pa.DataType) -> pa.Array:
    pairs = array.cast(pa.list_(pa.struct([("key", array.type.key_type), ("value", array.type.item_type)])))
    lengths = pc.fill_null(pc.list_value_length(pairs), 0)
    keys, values = pairs.flatten().flatten()
    plain_pairs = as_plain(keys, wanted.key_type), as_plain(values, wanted.item_type)
    return pa.MapArray.from_arrays(offsets_of(lengths), *plain_pairs, type=wanted, mask=pairs.is_null())


_NESTED: tuple[tuple[Callable[[Any], bool], Callable[[Any, Any], Any]], ...] = (
    (_is.is_struct, _structs),
    (is_listed, _listed),
    (_is.is_map, _maps),
)


def _extended(of: Any) -> pa.DataType:
    if of.extension_name == _UUID_NAME:
        return UUID
    if of.extension_name == _VARIANT:
        raise UnusableTypeError("variant, which no row can be made of")
    return plain(of.storage_type)


def _fields(of: pa.DataType) -> list[pa.Field]:
    return [of.field(at) for at in range(of.num_fields)]


def _members(of: pa.DataType) -> list[tuple[str, pa.DataType]]:
    """Fields must have names of their own: of equal ones in an object of JSON most readers take the last alone."""
    names = [field.name for field in _fields(of)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UnusableTypeError(f"a struct that has {twice!r} twice, which no row can be made of")
    return [(field.name, plain(field.type)) for field in _fields(of)]


def _key(of: pa.DataType) -> pa.DataType:
    """Keys must have a form as text: JSON has no others."""
    found = plain(of)
    if _is.is_nested(found) or _is.is_null(found):
        raise UnusableTypeError(f"a map whose keys are {of}, which no row can be made of")
    return found
