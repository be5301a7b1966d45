"""Cells of lists, maps and structs, from arrays without nulls (native protocol v4, section 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain, pairwise

import pyarrow as pa
import pyarrow.compute as pc

from loader.mapping.cql.arrays.buffers import floats, swapped
from loader.mapping.cql.codec import NULL, Parts, framed, pack_length
from loader.mapping.cql.field_names import Names
from loader.mapping.cql.types import CqlType

CellsOf = Callable[[CqlType, pa.Array], Parts]
"""Cells of values without nulls. Raises one of UNFIT where a value does not fit, or a type is not encoded so."""

_is = pa.types
_PACKED = {"float": pa.float32(), "double": pa.float64(), "int": pa.int32(), "bigint": pa.int64()}  # in vectors


def nested_cells(kind: CqlType, array: pa.Array, cells_of: CellsOf) -> Parts:
    """Cells of values that hold others; `cells_of` encodes those."""
    if kind.name in ("list", "set") and _is.is_list(array.type):
        elements = _frames(kind.args[0], array.flatten(), cells_of)
        return _collections(_lengths(array), elements, is_set=kind.name == "set")
    if kind.name == "map" and _is.is_map(array.type):
        return _maps(kind, array, cells_of)
    if kind.name == "vector" and _is.is_list(array.type):
        return _vectors(kind, array)
    if (kind.is_udt or kind.name == "tuple") and _is.is_struct(array.type):
        return framed(list(map(b"".join, zip(*_fields(kind, array, cells_of), strict=True))))
    raise TypeError(f"{array.type} is not {kind}")


def _collections(lengths: Sequence[int], elements: Sequence[bytes], *, is_set: bool) -> Parts:
    """Elements that stand in a set twice are one. The server puts them into order."""
    runs = (elements[start:stop] for start, stop in _runs(lengths))
    found = (list(dict.fromkeys(run)) if is_set else run for run in runs)
    return framed([pack_length(len(run)) + b"".join(run) for run in found])


def _maps(kind: CqlType, array: pa.Array, cells_of: CellsOf) -> Parts:
    """Of two equal keys the later counts."""
    pairs = array.cast(pa.list_(pa.struct([("key", array.type.key_type), ("value", array.type.item_type)])))
    entries = pairs.flatten()
    keys = _frames(kind.args[0], entries.field(0), cells_of)
    values = _frames(kind.args[1], entries.field(1), cells_of)
    found = (dict(zip(keys[start:stop], values[start:stop], strict=True)) for start, stop in _runs(_lengths(pairs)))
    return framed([pack_length(len(each)) + b"".join(chain.from_iterable(each.items())) for each in found])


def _vectors(kind: CqlType, array: pa.Array) -> Parts:
    """Elements of one length stand without it."""
    element, values = _PACKED.get(kind.args[0].name), array.flatten()
    if element is None or set(_lengths(array)) != {kind.dimension} or values.null_count:
        raise TypeError(f"not {kind}")
    data = swapped(floats(values) if element == pa.float32() else values.cast(element))
    width = element.bit_width // 8 * kind.dimension
    return framed([data[at : at + width] for at in range(0, len(data), width)])


def _fields(kind: CqlType, array: pa.Array, cells_of: CellsOf) -> Iterator[Sequence[bytes]]:
    """The cells of each field in its order; those that are null or absent are nulls. A tuple has as many, by place."""
    names = tuple(array.type.field(at).name for at in range(array.type.num_fields))
    sources = _by_name(kind, names) if kind.is_udt else [(at,) for at in range(len(names))]
    if len(sources) != len(kind.args):
        raise ValueError(f"not {kind}")
    for arg, source in zip(kind.args, sources, strict=True):
        yield _with_nulls(arg, array.field(source[0]), cells_of) if source else [NULL] * len(array)


def _by_name(kind: CqlType, names: tuple[str, ...]) -> Sequence[tuple[int, ...]]:
    feeding = Names(kind.fields).feed(names)
    if feeding.extra or any(len(sources) > 1 for sources in feeding.sources):
        raise ValueError(f"not {kind}")
    return feeding.sources


def _with_nulls(kind: CqlType, array: pa.Array, cells_of: CellsOf) -> Sequence[bytes]:
    if not array.null_count:
        return _frames(kind, array, cells_of)
    found = iter(_frames(kind, array.drop_null(), cells_of))
    return [next(found) if is_there else NULL for is_there in array.is_valid().to_pylist()]


def _frames(kind: CqlType, array: pa.Array, cells_of: CellsOf) -> list[bytes]:
    """The cell of each value in one piece; there is none for a null."""
    if array.null_count:
        raise ValueError("a null within a collection")
    return list(map(b"".join, zip(*cells_of(kind, array), strict=True)))


def _lengths(lists: pa.Array) -> list[int]:
    found: list[int] = pc.list_value_length(lists).to_pylist()
    return found


def _runs(lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    return pairwise(accumulate(lengths, initial=0))
