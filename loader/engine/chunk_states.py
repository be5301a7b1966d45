"""The state of each row of the chunks that are not finished: one byte a row, a chunk dropped with its last row."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from loader.checkpoint.log import chunk_digest
from loader.outcomes import Fate
from loader.rows import Chunk, Source


class BrokenLawError(AssertionError):
    """A row was settled twice, or never read: a defect of the program."""


@dataclass(slots=True, eq=False)
class OpenChunk:
    """A chunk with rows that are not settled. `states` holds one `Fate` a row."""

    number: int
    source: Source
    ordinal: int
    line: int
    offset: int
    length: int  # bytes
    digest: str
    position: int
    states: bytearray
    pending: int = field(init=False)

    def __post_init__(self) -> None:
        self.pending = self.states.count(Fate.PENDING)


class ChunkStates:
    """Which rows are settled. Rows are named by ordinal; each is settled once or `BrokenLawError` is raised."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._chunks: list[OpenChunk] = []
        self._changed: dict[int, OpenChunk] = {}

    def open(self, chunk: Chunk, settled: bytes = b"") -> None:
        """Take up a chunk; chunks come in the order of their ordinals.

        `settled` has a byte a row, not 0 where an earlier part of the run settled it; empty if it settled none.
        """
        opened = OpenChunk(
            chunk.number,
            chunk.source,
            chunk.ordinal,
            chunk.line,
            chunk.offset,
            len(chunk.data),
            chunk_digest(chunk),
            chunk.position,
            bytearray(settled or chunk.rows),
        )
        if not settled:
            self._changed[chunk.number] = opened
        if opened.pending:
            self._starts.append(chunk.ordinal)
            self._chunks.append(opened)

    def settle(self, ordinals: Sequence[int], fate: Fate) -> None:
        """The rows named by `ordinals` end as `fate`."""
        if isinstance(ordinals, range) and ordinals.step == 1:
            self._settle_run(ordinals, fate)
            return
        for ordinal in ordinals:
            self._settle_run(range(ordinal, ordinal + 1), fate)

    def _settle_run(self, run: range, fate: Fate) -> None:
        place = bisect_right(self._starts, run.start) - 1
        if place < 0:
            raise BrokenLawError(f"row {run.start} is not open")
        chunk = self._chunks[place]
        low, high = run.start - chunk.ordinal, run.stop - chunk.ordinal
        if high > len(chunk.states) or chunk.states.count(Fate.PENDING, low, high) != len(run):
            raise BrokenLawError(f"rows {run.start} to {run.stop - 1} are not all open")
        chunk.states[low:high] = bytes((fate,)) * len(run)
        chunk.pending -= len(run)
        self._changed[chunk.number] = chunk
        if not chunk.pending:
            del self._starts[place], self._chunks[place]

    def is_pending(self, ordinal: int) -> bool:
        """Whether the row was read and is not settled."""
        place = bisect_right(self._starts, ordinal) - 1
        if place < 0:
            return False
        chunk = self._chunks[place]
        at = ordinal - chunk.ordinal
        return at < len(chunk.states) and chunk.states[at] == Fate.PENDING

    @property
    def pending(self) -> int:
        """How many rows were read and are not settled."""
        return sum(chunk.pending for chunk in self._chunks)

    def take_changed(self) -> list[OpenChunk]:
        """The chunks that changed since the last call, in the order of the input."""
        changed, self._changed = self._changed, {}
        return [changed[number] for number in sorted(changed)]
