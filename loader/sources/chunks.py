"""Blocks of rows -> chunks, numbered over all inputs of a run."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from loader.rows import BadRow, Chunk, Source
from loader.sources.errors import InputError
from loader.sources.inputs import Inputs
from loader.sources.rowstream import Block, RowStream, Unreadable

MAX_ROWS = 8192
MAX_BYTES = 4 * 2**20


def chunks(inputs: Inputs, *, max_wait: float, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES) -> Iterator[Chunk]:
    """The chunks of all inputs, lazily, in order; each input is open only while its chunks are read.

    A chunk is as many whole rows as fit in `max_rows` and `max_bytes` (line ends and blank lines between rows counted),
    so files are always cut alike. What comes through a pipe is given out `max_wait` seconds after it came, if its
    chunk is not full by then. Raises InputError where an input cannot be read on, after all whole rows before it.
    """
    numbering = _Numbering()
    for opened in inputs:
        stream = opened.open()
        try:
            yield from _Cutter(stream, opened.source, numbering, max_wait, max_rows, max_bytes).chunks()
        finally:
            stream.close()


@dataclass(slots=True)
class _Numbering:
    """What the next chunk of the run begins with."""

    number: int = 0
    ordinal: int = 0

    def chunk(self, source: Source, line: int, offset: int, rows: int, data: bytes, position: int) -> Chunk:
        chunk = Chunk(self.number, source, self.ordinal, line, offset, rows, data, position)
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


class _Cutter:
    """Collects rows of one input until a chunk is full or due."""

    def __init__(
        self,
        stream: RowStream,
        source: Source,
        numbering: _Numbering,
        max_wait: float,
        max_rows: int,
        max_bytes: int,
    ) -> None:
        self._stream = stream
        self._source = source
        self._numbering = numbering
        self._max_wait = max_wait
        self._max_rows = max_rows
        self._max_bytes = max_bytes
        self._parts: list[bytes] = []  # of the chunk to be: they follow each other in the source
        self._size = 0  # bytes of the parts
        self._solid = 0  # bytes of the parts up to the end of the last row
        self._rows = 0
        self._line = 0
        self._offset = 0
        self._due: float | None = None  # monotonic; None: there is nothing to give out, or nobody waits for it

    def chunks(self) -> Iterator[Chunk]:
        while not self._stream.ended:
            yield from self._read()
        yield from self._flush()

    def _read(self) -> Iterator[Chunk]:
        timeout = None if self._due is None else self._due - time.monotonic()
        if timeout is not None and timeout <= 0:
            yield from self._flush()
            return
        try:
            items = self._stream.read(timeout)
        except InputError:
            yield from self._flush()
            raise
        for item in items:
            if isinstance(item, Unreadable):
                yield from self._flush()
                yield self._numbering.bad(self._source, item, self._stream.position)
            else:
                yield from self._add(item)
        if self._rows and self._due is None and self._stream.live:
            self._due = time.monotonic() + self._max_wait

    def _add(self, block: Block) -> Iterator[Chunk]:
        """Take the rows of `block`; give out every chunk that cannot take one row more."""
        while block.rows:
            start = self._start_of(block)
            if self._offset + self._size != block.offset + start:  # an LF between them came too late
                yield from self._flush()
                continue
            taken = self._fitting(block, start)
            if not taken:
                yield from self._flush()
                continue
            self._take(block, start, block.first + taken)
            block = block.since(block.first + taken)
        yield from self._add_blank(block)

    def _start_of(self, block: Block) -> int:
        """Where the next rows of `block` begin in its data, with the blank lines before if the chunk has begun."""
        if not self._rows:
            self._begin(block)
        elif block.first == 0:
            return 0
        return block.edges.ends[block.first - 1] if self._rows and block.first else block.edges.starts[block.first]
