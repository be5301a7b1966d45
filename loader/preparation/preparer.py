"""Preparer: chunks parsed, mapped and batched for their lanes, in the parent or in a worker."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from loader.checkpoint.spans import Run
from loader.outcomes import Cause
from loader.rows import BadRow, Batch, Chunk, Rows, Source
from loader.sources.parser import Parsed, Parser, Skipped
from loader.targets.base import Batcher, Prepared

Again = tuple[int, list[Run]]
"""A request that is to be as it was: the number of its lane, and its rows as runs of ordinals."""


@dataclass(frozen=True, slots=True)
class PreparedChunk:
    """What was made of one chunk, or of what batchers held: lanes are numbered as the load's are.

    `bad`, `skipped` and `strays` are those of `Parsed`. `again` are requests as they were, with no row of `prepared`.
    `mended` is that of all `Prepared`.
    """

    prepared: Sequence[tuple[int, Prepared]]
    chunk: Chunk | None = None
    bad: Sequence[BadRow] = ()
    skipped: Sequence[Skipped] = ()
    strays: Sequence[tuple[int, int]] = ()
    again: Sequence[tuple[int, Batch]] = ()
    mended: Mapping[int, Cause] = field(default_factory=dict)


class Preparer:
    """Owns the batchers of all lanes. Used by one thread."""

    def __init__(
        self, batchers: Sequence[Batcher], *, parser_of: Callable[[Source], Parser], lane_of: Callable[[str], int]
    ) -> None:
        """`lane_of` gives the number of the lane to the target that a group of rows names."""
        self.batchers = batchers
        self._parser_of = parser_of
        self._lane_of = lane_of

    def prepare(self, chunk: Chunk, again: Sequence[Again] = ()) -> PreparedChunk:
        """The rows of a chunk as batches; some of them may be held back until more rows come.

        Those that `again` names are no part of these: they become requests as they were, whatever the limits say now.
        """
        parsed = self._parser_of(chunk.source).parse(chunk).but(chunk.left_out, chunk.ordinal)
        mended: dict[int, Cause] = {}
        requests = list(self._requests(parsed, again, mended)) if again else []
        taken = {ordinal for _, batch in requests for ordinal in batch.rows.ordinals}
        lanes = ((self._lane_of(group.target), _but(group.rows, taken)) for group in parsed.groups)
        prepared = [(lane, self.batchers[lane].add(rows)) for lane, rows in lanes if len(rows)]
        for _, ready in prepared:
            mended.update(ready.mended)
        return PreparedChunk(prepared, chunk, parsed.bad, parsed.skipped, parsed.strays, requests, mended)

    def _requests(
        self, parsed: Parsed, again: Sequence[Again], mended: dict[int, Cause]
    ) -> Iterator[tuple[int, Batch]]:
        """Rows that no longer fit a target are missing in its requests; those that are mended are added."""
        for group in parsed.groups:
            places = {ordinal: i for i, ordinal in enumerate(group.rows.ordinals)}
            for lane, runs in again:
                ordinals = (ordinal for first, count in runs for ordinal in range(first, first + count))
                indexes = [places[ordinal] for ordinal in ordinals if ordinal in places]
                ready = self.batchers[lane].add(group.rows.take(indexes)) if indexes else Prepared(())
                mended.update(ready.mended)
                if ready.batches:
                    yield lane, Batch.join(ready.batches)

    def flush(self) -> PreparedChunk:
        """What batchers held back."""
        return PreparedChunk([(lane, batcher.flush()) for lane, batcher in enumerate(self.batchers)])

    def prepare_again(self, lane: int, rows: Rows) -> PreparedChunk:
        """Rows that were cut for another lane, cut for this one; none is held back."""
        batcher = self.batchers[lane]
        ready = batcher.add(rows)
        return PreparedChunk([(lane, ready), (lane, batcher.flush())], mended=ready.mended)


def _but(rows: Rows, taken: Collection[int]) -> Rows:
    """The rows whose ordinals are not in `taken`."""
    return rows.take([i for i, ordinal in enumerate(rows.ordinals) if ordinal not in taken]) if taken else rows
