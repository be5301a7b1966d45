"""Record batches cut into chunks; the data of a chunk is an Arrow IPC stream of its rows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa

from loader.rows import Chunk, Source
from loader.sources.error_types import ROW_TOO_LARGE
from loader.sources.errors import InputError
from loader.sources.formats.arrow.arrays import compact
from loader.sources.formats.arrow.json_text import lines, objects
from loader.sources.formats.arrow.plain_types import as_plain, without_texts
from loader.sources.formats.arrow.row_sizes import size_of
from loader.sources.numbering import ChunkLimits, Numbering, Unreadable

_KEPT = 64 * 1024  # bytes of a row that is too large


class BatchRead(NamedTuple):
    """A record batch of plain columns; `position` is how far its input was read.

    It is the last for now where the next one is long in coming.
    """

    rows: pa.RecordBatch
    position: int
    is_last_for_now: bool = False


@dataclass(slots=True)
class _Held:
    """Rows that are in no chunk yet; `index` is that of the first, `size` their bytes."""

    index: int
    batches: list[Any] = field(default_factory=list)
    rows: int = 0
    size: int = 0
    position: int = 0

    def add(self, part: BatchRead) -> None:
        self.position = part.position
        if part.rows.num_rows:
            self.batches.append(part.rows)
            self.rows += part.rows.num_rows
            self.size += size_of(part.rows)

    def may_be_full(self, limits: ChunkLimits) -> bool:
        return self.rows >= limits.max_rows or self.size >= limits.max_bytes

    def joined(self) -> Any:
        """All of them as one batch, None if there are none."""
        return pa.concat_batches(self.batches) if self.batches else None

    def keep(self, rows: Any) -> None:
        """What is left, None for nothing."""
        self.batches, self.rows, self.size = [], 0, 0
        if rows is not None:
            self.add(BatchRead(rows, self.position))


@dataclass(frozen=True, slots=True)
class Cutter:
    """Makes chunks of the record batches of one input.

    `name` is that of the input, `schema` has the columns that rows have, of plain types; `first_line` is the number of
    the first row of the input, whose offset is 0. Rows of more than `max_row_bytes` are bad.
    """

    name: str
    schema: pa.Schema
    max_row_bytes: int
    first_line: int = 1

    def plain(self, batch: pa.RecordBatch, what: str) -> pa.RecordBatch:
        """The columns that rows have. Raises InputError where the batch, called `what`, is not what it says it is."""
        try:
            columns = [as_plain(batch.column(each.name), each.type) for each in self.schema]
            for column in columns:
                as_plain(column, without_texts(column.type)).validate(full=True)
            return pa.RecordBatch.from_arrays(columns, schema=self.schema)
        except (pa.ArrowException, ValueError, KeyError) as error:
            raise InputError(f"{self.name}: {what} is damaged: {told(error)}") from error

    def chunks(self, batches: Iterable[BatchRead], index: int, source: Source, numbering: Numbering) -> Iterator[Chunk]:
        """Those of batches of plain columns; `index` is that of their first row in the input.

        A chunk has as many rows as fit, of however many batches; where the next is long in coming, those there are, but
        for chunks whose rows are recorded. Where the batches end by an InputError, all rows before it come first.
        """
        held = _Held(index)
        try:
            for part in batches:
                held.add(part)
                to_the_end = part.is_last_for_now and numbering.limits.max_wait is not None
                if to_the_end or held.may_be_full(numbering.limits):
                    yield from self._cut(held, source, numbering, to_the_end=to_the_end)
        except InputError:
            yield from self._cut(held, source, numbering, to_the_end=True)
            raise
        yield from self._cut(held, source, numbering, to_the_end=True)

    def _cut(self, held: _Held, source: Source, numbering: Numbering, *, to_the_end: bool) -> Iterator[Chunk]:
        """The chunks that are full; with `to_the_end` all of them."""
        rows = held.joined()
        while rows is not None and rows.num_rows:
            limits = numbering.limits
            count = _fitting(rows, limits)
            if not to_the_end and count == rows.num_rows < limits.max_rows:
                break
            part = self._readable(rows.slice(0, count))
            yield self._chunk(part, held.index, source, numbering, held.position)
            held.index += part.num_rows
            rows = rows.slice(part.num_rows)
        held.keep(rows)

    def _chunk(self, rows: pa.RecordBatch, index: int, source: Source, numbering: Numbering, position: int) -> Chunk:
        line = self.first_line + index
        if self._is_too_large(rows):
            return numbering.bad(source, self._too_large(rows, line, index), position)
        return numbering.rows(source, data_of(rows), rows.num_rows, line, index, position)

    def _readable(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """The rows before the first that is too large; that one, if it is the first."""
        if size_of(rows) <= self.max_row_bytes:
            return rows
        large = (at for at in range(rows.num_rows) if self._is_too_large(rows.slice(at, 1)))
        return rows.slice(0, next(large, rows.num_rows) or 1)

    def _is_too_large(self, rows: pa.RecordBatch) -> bool:
        return bool(rows.num_rows == 1 and size_of(rows) > self.max_row_bytes)

    def _too_large(self, row: pa.RecordBatch, line: int, index: int) -> Unreadable:
        raw = lines(objects(row.schema.names, row.columns))[0]
        error = f"the row has {size_of(row):,} bytes, more than input.max_row_bytes ({self.max_row_bytes:,})"
        return Unreadable(line, index, raw[:_KEPT], len(raw), ROW_TOO_LARGE.name, error)


def data_of(rows: pa.RecordBatch) -> bytes:
    """Rows as an Arrow IPC stream, whose bytes say nothing of the batch that they were read in."""
    rows = compact(rows)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_batch(rows)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def rows_of(data: bytes) -> pa.RecordBatch:
    """The rows of such a stream. Raises ArrowException."""
    return pa.ipc.open_stream(data).read_next_batch()


def told(error: Exception) -> str:
    """What pyarrow says, on one line, without a full stop, and without where in Python it comes from."""
    said, _, _ = str(error).partition("Detail: Python exception")
    return " ".join(said.split()).rstrip(".")[:300]


def _fitting(rows: pa.RecordBatch, limits: ChunkLimits) -> int:
    """How many rows fit from the first on, at least one; whatever lies behind them."""
    most = min(rows.num_rows, limits.max_rows)
    if size_of(rows.slice(0, most)) <= limits.max_bytes:
        return int(most)
    return max(1, bisect_right(range(most), limits.max_bytes, key=lambda count: size_of(rows.slice(0, count))) - 1)
