"""Normalised values: CQL bytes in a form that is equal for equal values."""

from __future__ import annotations

from collections.abc import Hashable

from loader.mapping.cql.cells import Cell, cells
from loader.mapping.cql.types import CqlType

_COUNT = 4  # bytes before the elements of a collection


def comparable(cql_type: CqlType, value: Cell) -> Hashable:
    """Sets and maps have no order; an empty collection is none; fields at the end that are null may be left out.

    So it is with what the server keeps (native protocol v4, section 6, and CQL reference, "Collections").
    """
    if not isinstance(value, bytes):
        return None
    if cql_type.is_udt or cql_type.name == "tuple":
        return _fields(cql_type, value)
    match cql_type.name:
        case "list":
            return tuple(_elements(cql_type.args[0], value)) or None
        case "set":
            return frozenset(_elements(cql_type.args[0], value)) or None
        case "map":
            halves = list(cells(value[_COUNT:]))
            keys, values = cql_type.args
            pairs = zip(halves[::2], halves[1::2], strict=True)
            return frozenset((comparable(keys, key), comparable(values, held)) for key, held in pairs) or None
    return value


def _elements(element: CqlType, value: bytes) -> list[Hashable]:
    return [comparable(element, cell) for cell in cells(value[_COUNT:])]


def _fields(cql_type: CqlType, value: bytes) -> Hashable:
    fields = [comparable(arg, cell) for arg, cell in zip(cql_type.args, cells(value), strict=False)]
    while fields and fields[-1] is None:
        fields.pop()
    return tuple(fields) or None
