"""Chunks: blocks of whole rows, numbered over all inputs of a run."""

from __future__ import annotations

import sys
import time
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from loader.rows import BadRow, Chunk, Source
from loader.sources.errors import InputError
from loader.sources.inputs import Inputs
from loader.sources.start import Start
from loader.sources.text.blocks import Block, Unreadable
from loader.sources.text.row_stream import RowStream

MAX_ROWS = 8192
MAX_BYTES = 4 * 2**20

_BEGINNING = Start()


def chunks(
    inputs: Inputs,
    *,
    max_wait: float,
    max_rows: int = MAX_ROWS,
    max_bytes: int = MAX_BYTES,
    recorded: Mapping[int, int] | None = None,
    start: Start = _BEGINNING,
) -> Iterator[Chunk]:
    """The chunks of all inputs, lazily, in order; each input is open only while its chunks are read.

    A chunk is as many whole rows as fit in `max_rows` and `max_bytes` (line ends and blank lines between rows counted),
    so files are always cut alike. What comes through a pipe is given out `max_wait` seconds after it came, if its
    chunk is not full by then. `recorded` has the rows of chunks that an earlier part of the run cut, by number: they
    are cut so again, whenever their bytes come. What lies before `start` is not read. Raises InputError where an input
    cannot be read on, after all whole rows before it.
    """
    numbering = _Numbering(_Limits(max_rows, max_bytes, max_wait), recorded or {}, start.number, start.ordinal)
    for opened in inputs:
        if opened.source.index < start.source:
            continue
        at_place = start.place if opened.source.index == start.source else None
        stream = opened.open() if at_place is None else opened.open_at(at_place)
        try:
            yield from _Cutter(stream, opened.source, numbering).chunks()
        finally:
            stream.close()


@dataclass(frozen=True, slots=True)
class _Limits:
    max_rows: int
    max_bytes: int
    max_wait: float | None  # seconds; None where rows wait until their chunk is full


@dataclass(slots=True)
class _Numbering:
    """What the next chunk of the run begins with, and where it ends at the latest."""

    usual: _Limits
    recorded: Mapping[int, int]
    number: int = 0
    ordinal: int = 0

    @property
    def limits(self) -> _Limits:
        rows = self.recorded.get(self.number)
        return self.usual if rows is None else _Limits(rows, sys.maxsize, None)

    def rows(self, source: Source, rows: _Pending, position: int) -> Chunk:
        chunk = Chunk(self.number, source, self.ordinal, rows.line, rows.offset, rows.rows, rows.data(), position)
        self._count(chunk)
        return chunk

    def bad(self, source: Source, row: Unreadable, position: int) -> Chunk:
        bad = BadRow(self.ordinal, row.line, row.offset, row.raw, row.length, row.error_type, row.error)
        chunk = Chunk(self.number, source, self.ordinal, row.line, row.offset, 1, b"", position, bad)
        self._count(chunk)
        return chunk

    def _count(self, chunk: Chunk) -> None:
        self.number += 1
        self.ordinal += chunk.rows


@dataclass(slots=True)
class _Pending:
    """A chunk that is being put together: parts that follow each other in the source, from `offset` on `line` on.

    `size` counts their bytes, `solid` those up to the end of the last row.
    """

    limits: _Limits
    parts: list[bytes] = field(default_factory=list)
    offset: int = 0
    line: int = 0
    rows: int = 0
    size: int = 0
    solid: int = 0

    @property
    def full(self) -> bool:
        return self.rows >= self.limits.max_rows or self.size >= self.limits.max_bytes

    def follows(self, block: Block) -> bool:
        """Whether nothing lies between, once an LF that came too late to be told from a line's CR is put back."""
        end = self.offset + self.size
        if self.rows and block.offset == end + 1 and self.parts[-1].endswith(b"\r"):
            self._append(b"\n")
            return True
        return block.offset == end

    def room_for(self, block: Block) -> int:
        """How many rows of `block` fit; at least one if there is none yet."""
        start = 0 if self.rows else block.edges.starts[block.first]
        limit = start + self.limits.max_bytes - self.size
        fitting = bisect_right(block.edges.ends, limit, block.first, block.stop) - block.first
        return max(min(fitting, self.limits.max_rows - self.rows), 0 if self.rows else 1)

    def take(self, block: Block, count: int) -> None:
        """Take the first `count` rows of `block`; with the last of them the blank lines behind it, too."""
        start = 0
        if not self.rows:
            start = block.edges.starts[block.first]
            self.offset, self.line = block.offset + start, block.line_of(block.first)
        stop = block.first + count
        end = block.edges.ends[stop - 1]
        self.rows += count
        self.solid = self.size + end - start
        self._append(block.data[start : block.edges.rest if stop == block.stop else end])

    def take_blank(self, block: Block) -> None:
        """Take a block of blank lines alone."""
        self._append(block.data[: block.edges.rest])

    def data(self) -> bytes:
        return b"".join(self.parts)[: self.solid]

    def _append(self, part: bytes) -> None:
        self.parts.append(part)
        self.size += len(part)


class _Cutter:
    """Cuts one input into chunks."""

    def __init__(self, stream: RowStream, source: Source, numbering: _Numbering) -> None:
        self._stream = stream
        self._source = source
        self._numbering = numbering
        self._pending = _Pending(numbering.limits)
        self._due: float | None = None  # monotonic: when the pending rows of a live input have waited long enough

    def chunks(self) -> Iterator[Chunk]:
        while not self._stream.ended:
            wait = None if self._due is None else self._due - time.monotonic()
            if wait is not None and wait <= 0:
                yield from self._flush()
                continue
            try:
                items = self._stream.read(wait)
            except InputError:
                yield from self._flush()
                raise
            for item in items:
                yield from self._add(item)
            patience = self._pending.limits.max_wait
            if self._due is None and self._pending.rows and self._stream.live and patience is not None:
                self._due = time.monotonic() + patience
        yield from self._flush()

    def _add(self, item: Block | Unreadable) -> Iterator[Chunk]:
        if isinstance(item, Unreadable):
            yield from self._flush()
            yield self._numbering.bad(self._source, item, self._stream.position)
            self._pending = _Pending(self._numbering.limits)
            return
        if not self._pending.follows(item):
            yield from self._flush()
        if item.rows:
            yield from self._add_rows(item)
        elif self._pending.rows:
            self._pending.take_blank(item)

    def _add_rows(self, block: Block) -> Iterator[Chunk]:
        """Take all rows of `block`; give out each chunk that cannot take one row more."""
        while block.rows:
            count = self._pending.room_for(block)
            if count:
                self._pending.take(block, count)
                block = block.since(block.first + count)
            if block.rows or self._pending.full:
                yield from self._flush()

    def _flush(self) -> Iterator[Chunk]:
        """Give out what is pending, if anything."""
        pending, self._due = self._pending, None
        if pending.rows:
            yield self._numbering.rows(self._source, pending, self._stream.position)
        self._pending = _Pending(self._numbering.limits)
