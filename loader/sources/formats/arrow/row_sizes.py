"""Bytes of rows, told from their values alone: not from the batch that they were read in, nor from what lies around."""

from __future__ import annotations

import pyarrow as pa

_is = pa.types
_VALID = 1  # a byte of each value, for whether it is there


def size_of(rows: pa.RecordBatch) -> int:
    """The bytes of all rows, of plain types."""
    return sum(map(_size, rows.columns))


def _size(array: pa.Array) -> int:
    kind, count = array.type, len(array)
    if _is.is_string(kind) or _is.is_binary(kind):
        if not count:
            return 0
        ends = memoryview(array.buffers()[1]).cast("i")
        return int((_VALID + 4) * count + ends[array.offset + count] - ends[array.offset])
    if _is.is_list(kind):
        return (_VALID + 4) * count + _size(array.flatten())
    if _is.is_map(kind):
        start, stop = (array.offsets[at].as_py() for at in (0, count)) if count else (0, 0)
        return (_VALID + 4) * count + _size(array.keys[start:stop]) + _size(array.items[start:stop])
    if _is.is_struct(kind):
        return _VALID * count + sum(_size(array.field(at)) for at in range(kind.num_fields))
    width = 0 if _is.is_null(kind) or _is.is_boolean(kind) else kind.bit_width // 8
    return int((_VALID + width) * count)
