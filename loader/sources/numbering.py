"""Numbering of chunks over all inputs of a run, and their limits."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from loader.rows import BadRow, Chunk, Source
from loader.sources.start import Reread


@dataclass(frozen=True, slots=True)
class ChunkLimits:
    """How much goes into a chunk at most.

    `max_wait` is how many seconds rows of a pipe may wait for others; None: until their chunk is full.
    """

    max_rows: int
    max_bytes: int
    max_wait: float | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that has no place in a chunk of others: a `BadRow` that is not numbered yet."""

    line: int
    offset: int
    raw: bytes
    length: int
    error_type: str
    error: str


@dataclass(slots=True)
class Numbering:
    """What the next chunk of the run begins with, and where it ends at the latest.

    `recorded` has the rows of chunks that an earlier part of the run cut, by number.
    """

    usual: ChunkLimits
    recorded: Mapping[int, int]
    number: int = 0
    ordinal: int = 0
    _jumps: dict[int, tuple[int, int]] = field(default_factory=dict)

    def go_back(self, again: Reread) -> None:
        """Number what is read again as it was; behind it goes on what would have come now."""
        self._jumps = {**again.jumps, again.last: (self.number, self.ordinal)}
        self.number, self.ordinal = again.number, again.ordinal

    @property
    def has_recorded(self) -> bool:
        """Whether an earlier part has read the next chunk, or one behind it."""
        return any(number >= self.number for number in self.recorded)

    @property
    def limits(self) -> ChunkLimits:
        """Those of the next chunk."""
        rows = self.recorded.get(self.number)
        return self.usual if rows is None else ChunkLimits(rows, sys.maxsize, None)

    def rows(self, source: Source, data: bytes, rows: int, line: int, offset: int, position: int) -> Chunk:
        """The next chunk; arguments as in `Chunk`."""
        chunk = Chunk(self.number, source, self.ordinal, line, offset, rows, data, position)
        self._count(chunk)
        return chunk

    def bad(self, source: Source, row: Unreadable, position: int) -> Chunk:
        """The next chunk: a row that has no place in memory."""
        bad = BadRow(self.ordinal, row.line, row.offset, row.raw, row.length, row.error_type, row.error)
        chunk = Chunk(self.number, source, self.ordinal, row.line, row.offset, 1, b"", position, bad)
        self._count(chunk)
        return chunk

    def copy(self) -> Numbering:
        """One that goes on by itself from here: for chunks that are made before they are asked for."""
        return replace(self, _jumps=dict(self._jumps))

    def counted(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """The next chunks, which such a one has numbered, each counted when it comes."""
        for chunk in chunks:
            self._count(chunk)
            yield chunk

    def _count(self, chunk: Chunk) -> None:
        self.number, self.ordinal = self._jumps.pop(chunk.number, (chunk.number + 1, chunk.ordinal + chunk.rows))
