"""Arrays to columns of cells: directly where types correspond, else as JSON has the values."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from loader.mapping.cql.arrays.json_column import JsonColumn
from loader.mapping.cql.arrays.nested_cells import nested_cells
from loader.mapping.cql.arrays.scalar_cells import DIRECT
from loader.mapping.cql.codec import UNFIT, Codec, MisfitError, Parts
from loader.mapping.cql.columns import Encoded, Misfit, SelfEncoding, encode_mixed
from loader.mapping.cql.types import CqlType

_FAILURES = (*UNFIT, pa.ArrowException)
_is = pa.types
_Cells = tuple[tuple[list[bytes], ...], dict[int, Misfit]]


class ArrayColumn(JsonColumn, SelfEncoding):
    """A column of the values of an array. What one becomes does not depend on those beside it.

    It is encoded as its type where that corresponds to the column's; else it is what its JSON would be.
    """

    def encoded(self, codec: Codec, null: bytes) -> Encoded:
        return _column(codec, self.array, null)


def _column(codec: Codec, array: pa.Array, null: bytes) -> Encoded:
    missing = [at for at, is_null in enumerate(array.is_null().to_pylist()) if is_null] if array.null_count else []
    parts, misfits = _encoded(codec, array.drop_null() if missing else array)
    if missing:
        there = [at for at, is_there in enumerate(array.is_valid().to_pylist()) if is_there]
        cells, *rest = parts
        parts = (_spread(cells, there, len(array), null), *(_spread(part, there, len(array), b"") for part in rest))
        misfits = {there[at]: misfit for at, misfit in misfits.items()}
    return Encoded(parts, misfits, missing)


def _encoded(codec: Codec, array: pa.Array) -> _Cells:
    """Cells of values without nulls, and what does not fit by index; such values are parted from those beside."""
    parts = _at_once(codec.native, array) if len(array) else ([],)
    if parts is not None:
        return tuple(map(list, parts)), {}
    if len(array) > 1 and codec.native is not None and _corresponds(codec.native, array.type):
        half = len(array) // 2
        return _joined(half, _encoded(codec, array[:half]), _encoded(codec, array[half:]))
    return _as_json(codec, array)


def _cells_of(kind: CqlType, array: pa.Array) -> Parts:
    """Cells of values without nulls. Raises one of UNFIT where a value does not fit, or a type does not correspond."""
    if kind.args:
        return nested_cells(kind, array, _cells_of)
    for is_it, encode in DIRECT.get(kind.name, ()):
        if is_it(array.type):
            return encode(array)
    raise TypeError(f"{array.type} is not {kind}")


def _at_once(kind: CqlType | None, array: pa.Array) -> Parts | None:
    if kind is None:
        return None
    try:
        return _cells_of(kind, array)
    except _FAILURES:
        return None


def _corresponds(kind: CqlType, of: pa.DataType) -> bool:
    """Whether some values of a type are encoded as `kind`, so that it is worth to part them."""
    if kind.args:
        return bool(_is.is_nested(of))
    return any(is_it(of) for is_it, _ in DIRECT.get(kind.name, ()))


def _as_json(codec: Codec, array: pa.Array) -> _Cells:
    """The same of the JSON that the values have. Bytes have none that a column could be meant to hold."""
    column = JsonColumn(array)
    values: Sequence[object] = column.raw if codec.raw else column
    if _holds_bytes(array.type) and not codec.raw:
        values = [MisfitError(value, codec.expected) for value in column]
    found = encode_mixed(codec, values, b"")
    return tuple(map(list, found.parts)), dict(found.misfits)


def _holds_bytes(kind: pa.DataType) -> bool:
    if _is.is_binary(kind):
        return True
    return any(_holds_bytes(kind.field(at).type) for at in range(kind.num_fields))


def _joined(half: int, first: _Cells, second: _Cells) -> _Cells:
    cells = [list(map(b"".join, zip(*parts, strict=True))) for parts, _ in (first, second)]
    misfits = first[1] | {half + at: misfit for at, misfit in second[1].items()}
    return ([*cells[0], *cells[1]],), misfits


def _spread(part: Sequence[bytes], places: Sequence[int], count: int, rest: bytes) -> list[bytes]:
    """The pieces at their places among `count`, `rest` everywhere else."""
    found = [rest] * count
    for at, piece in zip(places, part, strict=True):
        found[at] = piece
    return found
