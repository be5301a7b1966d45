"""Reader of text: rows of one input, cut into chunks."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from loader.rows import Chunk, Source
from loader.sources.errors import InputError
from loader.sources.numbering import ChunkLimits, Numbering, Unreadable
from loader.sources.text.blocks import Block


class Stream(Protocol):
    """Rows of one input as they come. Used by one thread."""

    live: bool

    @property
    def ended(self) -> bool:
        """Whether the last rows were read."""

    @property
    def position(self) -> int:
        """Bytes taken from the input as they lie on disk."""

    def read(self, timeout: float | None) -> list[Block | Unreadable]:
        """What comes next, if anything does in `timeout` seconds (None: wait). Raises InputError behind all rows."""

    def close(self) -> None:
        """Give back what is open. Idempotent."""


class TextReader:
    """Chunks of as many whole rows as fit; line ends and blank lines between rows are counted, too."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def chunks(self, source: Source, numbering: Numbering) -> Iterator[Chunk]:
        """All of them; what comes through a pipe is given out when it has waited long enough."""
        return _Cutter(self._stream, source, numbering).chunks()

    def close(self) -> None:
        self._stream.close()


@dataclass(slots=True)
class _Pending:
    """A chunk that is being put together: parts that follow each other in the source, from `offset` on `line` on.

    `size` counts their bytes, `solid` those up to the end of the last row.
    """

    limits: ChunkLimits
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

    def __init__(self, stream: Stream, source: Source, numbering: Numbering) -> None:
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
            yield self._numbering.rows(
                self._source, pending.data(), pending.rows, pending.line, pending.offset, self._stream.position
            )
        self._pending = _Pending(self._numbering.limits)
