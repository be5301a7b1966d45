"""Row states of unfinished chunks: one byte a row, dropped with the last row of the chunk."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from loader.checkpoint.log import chunk_digest
from loader.outcomes import Fate
from loader.rows import Chunk, Source, without


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
        self._opened: list[OpenChunk] = []  # since the last call of either `take_...`

    def open(self, chunk: Chunk, settled: bytes = b"") -> None:
        """Take up a chunk; chunks come in the order of their ordinals.

        `settled` has a byte a row, not 0 where an earlier part of the run settled it; empty if it settled none. Rows
        that the chunk leaves out are skipped.
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
            _states(chunk, settled),
        )
        if not settled:
            self._changed[chunk.number] = opened
            self._opened.append(opened)
        if opened.pending:
            self._starts.append(chunk.ordinal)
            self._chunks.append(opened)

    def settle(self, ordinals: Sequence[int], fate: Fate, *, but: Sequence[int] = ()) -> None:
        """The rows named by `ordinals` end as `fate`, but those at the indexes `but`, which stay as they are."""
        if isinstance(ordinals, range) and ordinals.step == 1:
            self._settle_run(ordinals, fate, [ordinals[i] for i in but])
            return
        rest = without(ordinals, but)
        while rest:
            rest = self._settle_in_chunk(rest, fate)

    def _settle_run(self, run: range, fate: Fate, but: Sequence[int]) -> None:
        """The same for rows that follow each other; `but` are ordinals."""
        start = run.start
        while start < run.stop:
            chunk = self._chunk_of(start)
            stop = min(run.stop, chunk.ordinal + len(chunk.states))
            self._settle_span(chunk, range(start, stop), fate, [each for each in but if start <= each < stop])
            start = stop

    def _settle_span(self, chunk: OpenChunk, span: range, fate: Fate, but: Sequence[int]) -> None:
        """The same for rows of one chunk."""
        states, low, high = chunk.states, span.start - chunk.ordinal, span.stop - chunk.ordinal
        kept = [(ordinal - chunk.ordinal, states[ordinal - chunk.ordinal]) for ordinal in but]
        for place, _ in kept:
            states[place] = 0
        if states.count(0, low, high) != high - low:
            raise BrokenLawError(f"rows {span.start} to {span.stop - 1} are not all open")
        states[low:high] = bytes((fate,)) * (high - low)
        for place, state in kept:
            states[place] = state
        self._settled(chunk, high - low - len(kept))

    def _settle_in_chunk(self, ordinals: Sequence[int], fate: Fate) -> Sequence[int]:
        """Settle those of the rows that are in the chunk of the first of them; returns the others."""
        chunk = self._chunk_of(ordinals[0])
        states, start = chunk.states, chunk.ordinal
        stop = start + len(states)
        inside, others = ordinals, list[int]()
        if min(ordinals) < start or max(ordinals) >= stop:
            inside = [ordinal for ordinal in ordinals if start <= ordinal < stop]
            others = [ordinal for ordinal in ordinals if not start <= ordinal < stop]
        for ordinal in inside:
            if states[ordinal - start]:
                raise BrokenLawError(f"row {ordinal} is not open")
            states[ordinal - start] = fate
        self._settled(chunk, len(inside))
        return others

    def _settled(self, chunk: OpenChunk, rows: int) -> None:
        chunk.pending -= rows
        self._changed[chunk.number] = chunk
        if not chunk.pending:
            place = bisect_right(self._starts, chunk.ordinal) - 1
            del self._starts[place], self._chunks[place]

    def _chunk_of(self, ordinal: int) -> OpenChunk:
        chunk = self._find(ordinal)
        if chunk is None:
            raise BrokenLawError(f"row {ordinal} is not open")
        return chunk

    def _find(self, ordinal: int) -> OpenChunk | None:
        """The open chunk that holds the row, None if none does."""
        place = bisect_right(self._starts, ordinal) - 1
        if place < 0:
            return None
        chunk = self._chunks[place]
        return chunk if ordinal - chunk.ordinal < len(chunk.states) else None

    def is_pending(self, ordinal: int) -> bool:
        """Whether the row was read and is not settled."""
        chunk = self._find(ordinal)
        return chunk is not None and chunk.states[ordinal - chunk.ordinal] == Fate.PENDING

    def left_in(self, chunk: Chunk) -> int:
        """How many rows of a chunk that was opened are not settled."""
        place = bisect_right(self._starts, chunk.ordinal) - 1
        return self._chunks[place].pending if place >= 0 and self._starts[place] == chunk.ordinal else 0

    @property
    def pending(self) -> int:
        """How many rows were read and are not settled."""
        return sum(chunk.pending for chunk in self._chunks)

    def take_changed(self) -> list[OpenChunk]:
        """The chunks that changed since the last call, in the order of the input."""
        self._opened = []
        changed, self._changed = self._changed, {}
        return [changed[number] for number in sorted(changed)]

    def take_opened(self) -> list[OpenChunk]:
        """New chunks since the last call of this or `take_changed`."""
        opened, self._opened = self._opened, []
        return opened


def _states(chunk: Chunk, settled: bytes) -> bytearray:
    states = bytearray(settled or chunk.rows)
    for at, left_out in enumerate(chunk.left_out):
        if left_out:
            states[at] = Fate.SKIPPED
    return states
