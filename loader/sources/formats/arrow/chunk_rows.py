"""Parser of chunks whose data is an Arrow IPC stream."""

from __future__ import annotations

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
        ordinals, lines, offsets = (range(at, at + chunk.rows) for at in (chunk.ordinal, chunk.line, chunk.offset))
        rows = Rows(chunk.source, chunk.source.layout, ordinals, lines, offsets, Arrays(batch))
        invalid = first_invalid(batch)
        if not invalid:
            return Parsed((Group(rows),))
        good = bytes(row not in invalid for row in range(chunk.rows))
        bad = tuple(_bad_row(rows, row, column) for row, column in sorted(invalid.items()))
        return Parsed((Group(rows.where(good)),) if any(good) else (), bad)


def _bad_row(rows: Rows, index: int, column: str) -> BadRow:
    assert isinstance(rows.content, Arrays)  # noqa: S101 - what was made above
    raw = data_of(rows.content.batch.slice(index, 1))
    error = f"column {column}: a text that is not UTF-8"
    place = rows.ordinals[index], rows.lines[index], rows.offsets[index]
    return BadRow(*place, raw, len(raw), BAD_ENCODING.name, error)
