"""Parser of chunks whose data is an Arrow IPC stream."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from loader.rows import BadRow, Chunk, Rows
from loader.sources.error_types import BAD_ENCODING
from loader.sources.formats.arrow.arrays import Arrays, first_invalid
from loader.sources.formats.arrow.cutting import data_of, rows_of
from loader.sources.parser import Group, Parsed


class ArrayParser:
    """Makes rows of chunks. Stateless."""

    def parse(self, chunk: Chunk) -> Parsed:
        """Readable rows as one group; bad are those with a text that is no UTF-8."""
        if chunk.bad is not None:
            return Parsed((), (chunk.bad,))
        batch = rows_of(chunk.data)
        invalid = first_invalid(batch)
        if not invalid:
            return Parsed((Group(_rows(chunk, range(chunk.rows), batch)),))
        bad = tuple(_bad_row(chunk, batch, row, column) for row, column in sorted(invalid.items()))
        good = [row for row in range(chunk.rows) if row not in invalid]
        rows = _rows(chunk, good, batch.take(pa.array(good, pa.int32())))
        return Parsed((Group(rows),) if good else (), bad)


def _rows(chunk: Chunk, indexes: Sequence[int], batch: pa.RecordBatch) -> Rows:
    """The rows of a chunk at `indexes`, which are those of `batch`."""
    ordinals, lines, offsets = (_from(first, indexes) for first in (chunk.ordinal, chunk.line, chunk.offset))
    return Rows(chunk.source, chunk.source.layout, ordinals, lines, offsets, Arrays(batch, len(chunk.data)))


def _from(first: int, indexes: Sequence[int]) -> Sequence[int]:
    if isinstance(indexes, range):
        return range(first, first + len(indexes))
    return [first + index for index in indexes]


def _bad_row(chunk: Chunk, batch: pa.RecordBatch, index: int, column: str) -> BadRow:
    raw = data_of(batch.slice(index, 1))
    error = f"column {column}: a text that is not UTF-8"
    place = chunk.ordinal + index, chunk.line + index, chunk.offset + index
    return BadRow(*place, raw, len(raw), BAD_ENCODING.name, error)
