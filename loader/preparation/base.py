"""Preparation: chunks to batches, in this process or in workers (`loader.workers.pool`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from loader.preparation.preparer import Again, PreparedChunk, Preparer
from loader.rows import Batch, Chunk


class Preparation(Protocol):
    """Parses, maps and batches. Used by the pump's thread; PreparedChunks come through the inbox."""

    def hungry(self, enough: int) -> bool:
        """Whether it should be given a chunk, where `enough` batches that were never sent are enough."""

    def open(self, chunk: Chunk) -> None:
        """A new chunk of the input, in order; `take` follows."""

    def take(self, chunk: Chunk, again: Sequence[Again]) -> None:
        """Prepare a chunk: one PreparedChunk comes. A chunk may come again, if a worker was lost.

        `again` are requests with rows of the chunk that are to be as they were.
        """

    def flush(self) -> int:
        """Give out what batchers hold; returns how many PreparedChunks come."""

    def prepare_again(self, lane: int, batch: Batch, then: Callable[[PreparedChunk], None]) -> None:
        """Prepare the rows of a batch for another lane; `then` is called once."""


class InProcessPreparation:
    """This process does it, at once."""

    def __init__(self, preparer: Preparer, waiting: Callable[[], int], post: Callable[[PreparedChunk], None]) -> None:
        """`waiting` tells how many batches wait that were never sent."""
        self._preparer = preparer
        self._waiting = waiting
        self._post = post

    def hungry(self, enough: int) -> bool:
        return self._waiting() < enough

    def open(self, chunk: Chunk) -> None:
        """Nothing of it needs to be kept."""

    def take(self, chunk: Chunk, again: Sequence[Again]) -> None:
        self._post(self._preparer.prepare(chunk, again))

    def flush(self) -> int:
        self._post(self._preparer.flush())
        return 1

    def prepare_again(self, lane: int, batch: Batch, then: Callable[[PreparedChunk], None]) -> None:
        then(self._preparer.prepare_again(lane, batch.rows))
