"""From chunks to batches: parsed, mapped, and cut for the lanes their rows go to. In the parent or in a worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loader.rows import BadRow, Chunk, Rows, Source
from loader.sources.base import Parser, Skipped
from loader.targets.base import Batcher, Cut


@dataclass(frozen=True, slots=True)
class ChunkCut:
    """What was made of one chunk, or of what batchers held: lanes are numbered as the load's are.

    `bad`, `skipped` and `strays` are those of `Parsed`.
    """

    cuts: Sequence[tuple[int, Cut]]
    chunk: Chunk | None = None
    bad: Sequence[BadRow] = ()
    skipped: Sequence[Skipped] = ()
    strays: Sequence[tuple[int, int]] = ()


class Cutting:
    """Owns the batchers of all lanes. Used by one thread."""

    def __init__(
        self, batchers: Sequence[Batcher], *, parser_of: Callable[[Source], Parser], lane_of: Callable[[str], int]
    ) -> None:
        """`lane_of` gives the number of the lane to the target that a group of rows names."""
        self.batchers = batchers
        self._parser_of = parser_of
        self._lane_of = lane_of

    def cut(self, chunk: Chunk) -> ChunkCut:
        """The rows of a chunk as batches; some of them may be held back until more rows come."""
        parsed = self._parser_of(chunk.source).parse(chunk)
        lanes = ((self._lane_of(group.target), group.rows) for group in parsed.groups)
        cuts = [(lane, self.batchers[lane].add(rows)) for lane, rows in lanes]
        return ChunkCut(cuts, chunk, parsed.bad, parsed.skipped, parsed.strays)

    def flush(self) -> ChunkCut:
        """What batchers held back."""
        return ChunkCut([(lane, batcher.flush()) for lane, batcher in enumerate(self.batchers)])

    def recut(self, lane: int, rows: Rows) -> ChunkCut:
        """Rows that were cut for another lane, cut for this one; none is held back."""
        batcher = self.batchers[lane]
        return ChunkCut([(lane, batcher.add(rows)), (lane, batcher.flush())])
