"""Where chunks become batches: in this process, or in several workers (`loader.workers.crew`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from loader.rows import Batch, Chunk
from loader.workers.cutting import Again, ChunkCut, Cutting


class Workshop(Protocol):
    """Parses, maps and cuts. Used by the pump's thread; what it makes comes through the inbox, as ChunkCuts."""

    def hungry(self, enough: int) -> bool:
        """Whether it should be given a chunk, where `enough` batches that were never sent are enough."""

    def open(self, chunk: Chunk) -> None:
        """A new chunk of the input, in order; `take` follows."""

    def take(self, chunk: Chunk, again: Sequence[Again]) -> None:
        """Cut a chunk: one ChunkCut comes. A chunk may come again, if a worker was lost.

        `again` are requests with rows of the chunk that are to be as they were.
        """

    def flush(self) -> int:
        """Give out what batchers hold; returns how many ChunkCuts come."""

    def recut(self, lane: int, batch: Batch, then: Callable[[ChunkCut], None]) -> None:
        """Cut the rows of a batch for another lane; `then` is called once."""


class OwnWorkshop:
    """This process does it, at once."""

    def __init__(self, cutting: Cutting, waiting: Callable[[], int], post: Callable[[ChunkCut], None]) -> None:
        """`waiting` tells how many batches wait that were never sent."""
        self._cutting = cutting
        self._waiting = waiting
        self._post = post

    def hungry(self, enough: int) -> bool:
        return self._waiting() < enough

    def open(self, chunk: Chunk) -> None:
        """Nothing of it needs to be kept."""

    def take(self, chunk: Chunk, again: Sequence[Again]) -> None:
        self._post(self._cutting.cut(chunk, again))

    def flush(self) -> int:
        self._post(self._cutting.flush())
        return 1

    def recut(self, lane: int, batch: Batch, then: Callable[[ChunkCut], None]) -> None:
        then(self._cutting.recut(lane, batch.rows))
