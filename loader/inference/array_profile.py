"""Profile of a column of arrays: what its type in Arrow comes to, and what its texts may stand for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from loader.inference.candidates import OF_STRINGS
from loader.inference.column_profile import AS_JSON, TEXT, Inferred, TextProfile
from loader.mapping.cql.types import CqlType

_is = pa.types
_NAMES: Sequence[tuple[Callable[[Any], bool], str]] = (
    (_is.is_boolean, "boolean"),
    (lambda of: of in (pa.int8(), pa.int16(), pa.int32(), pa.uint8(), pa.uint16()), "int"),
    (lambda of: of in (pa.int64(), pa.uint32()), "bigint"),
    (_is.is_uint64, "varint"),
    (_is.is_float32, "float"),
    (_is.is_floating, "double"),
    (_is.is_decimal, "decimal"),
    (_is.is_fixed_size_binary, "uuid"),  # no other fixed bytes are plain
    (_is.is_binary, "blob"),
    (_is.is_date, "date"),
    (_is.is_time, "time"),
    (_is.is_timestamp, "timestamp"),
    (lambda of: _is.is_duration(of) or _is.is_interval(of), "duration"),
)


class ArrayProfile:
    """What the arrays of a column are, which are all of one plain type."""

    def __init__(self) -> None:
        self._type: pa.DataType | None = None
        self._texts = TextProfile(OF_STRINGS)
        self._within: ArrayProfile | None = None
        self._has_null_within = False

    def add(self, array: Any) -> None:
        """Look at an array."""
        self._type = array.type
        if _is.is_string(array.type):
            self._texts.add(array.drop_null().to_pylist())
        elif _is.is_list(array.type):
            self._add_within(array.flatten())
        elif _is.is_map(array.type):
            self._add_within(array.items)

    def inferred(self) -> Inferred:
        """What all of them are."""
        of = self._type
        if of is None or _is.is_null(of) or _is.is_string(of):
            return self._texts.inferred()
        if self._within is not None:
            return self._collection(of, self._within.inferred())
        name = next((name for fits, name in _NAMES if fits(of)), None)
        return AS_JSON if name is None else Inferred(CqlType(name), doubt=_doubt_of(of))

    def _collection(self, of: pa.DataType, inner: Inferred) -> Inferred:
        if self._has_null_within or inner.kind is not None:
            return AS_JSON
        if _is.is_list(of):
            return Inferred(CqlType("list", (inner.type,)), doubt=inner.doubt)
        return (
            Inferred(CqlType("map", (TEXT, inner.type)), doubt=inner.doubt) if _is.is_string(of.key_type) else AS_JSON
        )

    def _add_within(self, values: Any) -> None:
        self._has_null_within |= bool(values.null_count)
        self._within = self._within or ArrayProfile()
        self._within.add(values)


def values_for_keys(array: Any) -> Sequence[Any]:
    """The values of an array as keys are compared by them; all None where it is of a type that keys should not have."""
    if _is.is_string(array.type) or _is.is_integer(array.type):
        return list(array.to_pylist())
    if _is.is_fixed_size_binary(array.type):
        return [None if value is None else value.hex() for value in array.to_pylist()]
    return [None] * len(array)


def _doubt_of(of: pa.DataType) -> str:
    if not _is.is_timestamp(of):
        return ""
    zone = "" if of.tz else "times without a zone are taken as UTC"
    fine = "" if of.unit in ("s", "ms") else "digits beyond milliseconds are cut off"
    return "; ".join(filter(None, (zone, fine)))
