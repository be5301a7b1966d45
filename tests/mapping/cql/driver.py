"""What the driver makes of bytes, as plain values that can be compared."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from cassandra import cqltypes
from cassandra.util import OrderedMap, SortedSet

from loader.mapping.cql.types import CqlType

_SCALARS = {each.typename: each for each in vars(cqltypes).values() if hasattr(each, "typename")}
_SCALARS["text"] = cqltypes.UTF8Type
_SCALARS["timestamp"] = cqltypes.TimestampType


def class_of(cql_type: CqlType) -> Any:
    """The driver's class of a type."""
    args = [class_of(arg) for arg in cql_type.args]
    if cql_type.is_udt:
        return cqltypes.UserType.make_udt_class("ks", cql_type.name, cql_type.fields, args)
    match cql_type.name:
        case "list":
            return cqltypes.ListType.apply_parameters(args)
        case "set":
            return cqltypes.SetType.apply_parameters(args)
        case "map":
            return cqltypes.MapType.apply_parameters(args)
        case "tuple":
            return cqltypes.TupleType.apply_parameters(args)
        case "vector":
            return cqltypes.VectorType.apply_parameters([args[0], cql_type.dimension], None)
    return _SCALARS[cql_type.name]


def read(cql_type: CqlType, value: bytes) -> Any:
    return plain(class_of(cql_type).from_binary(value, 5))


def plain(value: Any) -> Any:
    """A value of the driver as one that equals another if all of it does; sets in order, NaN as a word."""
    if isinstance(value, OrderedMap):
        # Not items(): it looks keys up by bytes that it makes anew, which for far timestamps are others.
        return sorted(((plain(key), plain(each)) for key, each in value._items), key=repr)
    if isinstance(value, SortedSet | set | frozenset):
        return sorted(map(plain, value), key=repr)
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else repr(value)
    if isinstance(value, datetime):
        # The driver counts seconds as floats, which far from 1970 lose a microsecond.
        return value - timedelta(microseconds=(value.microsecond + 500) % 1000 - 500)
    return str(value) if type(value).__module__ == "cassandra.util" else value
