"""Reading order: the visits that a run pays to its inputs, by what it recorded of those that were out of reach."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise

import msgspec

from loader.checkpoint.chunk_record import ChunkRecord
from loader.sources.start import Place, Reread, Start, Visit


class LeftInput(msgspec.Struct, frozen=True):
    """An input was left: from the byte at `offset` of its content on it was not read.

    `source` is its index; `number` and `ordinal` are those of the chunk that came next, of another input.
    """

    source: int
    number: int
    ordinal: int
    offset: int


class ReadingOrder:
    """All visits of a run in order, those of the next part too.

    Each input is visited in turn; one that was left comes again behind all others, in the next part. So chunks are
    numbered in the order in which they were read, and keep their numbers.
    """

    def __init__(self, chunks: Mapping[int, ChunkRecord], left: Sequence[LeftInput], inputs: int) -> None:
        """`left` is in the order in which it came about; there are so many `inputs`."""
        self._chunks = chunks
        self._visits = _visits(left, inputs)
        self._numbers: dict[int, list[int]] = {}  # of the chunks of each input, ascending
        for number in sorted(chunks):
            self._numbers.setdefault(chunks[number].source, []).append(number)
        self._ends: dict[int, list[tuple[int, int | None]]] = {}  # the visits of each input, with where they end
        for index, (source, until) in enumerate(self._visits):
            self._ends.setdefault(source, []).append((index, until))

    def start(
        self, last: int, unchanged: Collection[int], by_itself: Callable[[int], int], chosen: Callable[[int], int]
    ) -> Start:
        """Where the next part begins, with all of its visits.

        `last` is the number of the last finished chunk before any that is not, -1 for none. `unchanged` are the indexes
        of the inputs whose bytes are what they were; others, and streams, are read from their beginning. `by_itself`
        gives the last chunk, at or before one, that can be read alone, `chosen` the rows before a chunk that are not
        left out.
        """
        if last < 0:
            visits = [self._visit(each, unchanged, by_itself) for each in range(len(self._visits))]
            return Start(visits=tuple(visits))
        visit = self._visit_of(last)
        begun = next((each for each in range(visit) if self._visits[each][0] not in unchanged), visit)
        if begun == visit and self._can_seek(last, unchanged):
            number = by_itself(last)
            begun = self._visit_of(number)
            record = self._chunks[number]
            source, until = self._visits[begun]
            first = Visit(source, Place(record.offset, record.line), None, until)
        else:
            number = next(each for each in range(last + 1) if self._visit_of(each) >= begun)
            first = self._visit(begun, unchanged, by_itself)
        rest = [self._visit(each, unchanged, by_itself) for each in range(begun + 1, len(self._visits))]
        ordinal = self._chunks[number].ordinal
        return Start(first.source, number, ordinal, first.place, chosen(number), (first, *rest))

    def _visit(self, index: int, unchanged: Collection[int], by_itself: Callable[[int], int]) -> Visit:
        """A visit from its beginning: what earlier ones have read of its input is read again."""
        source, until = self._visits[index]
        before = [each for each in self._numbers.get(source, ()) if self._visit_of(each) < index]
        if not before:
            return Visit(source, None, None, until)
        seeks = self._can_seek(before[-1], unchanged)
        first = by_itself(before[-1]) if seeks else before[0]
        record = self._chunks[first]
        jumps = {
            one: (other, self._chunks[other].ordinal) for one, other in pairwise(before) if first <= one < other - 1
        }
        place = Place(record.offset, record.line) if seeks else None
        return Visit(source, place, Reread(first, record.ordinal, before[-1], jumps), until)

    def _can_seek(self, number: int, unchanged: Collection[int]) -> bool:
        record = self._chunks[number]
        return record.source in unchanged and not record.digest

    def _visit_of(self, number: int) -> int:
        """The index of the visit that a chunk was read in."""
        ends = self._ends[self._chunks[number].source]
        return next(index for index, until in ends if until is None or number < until)


def _visits(left: Sequence[LeftInput], inputs: int) -> list[tuple[int, int | None]]:
    """Each with the index of its input, and the number of the chunk behind it where it was left."""
    queue = deque(range(inputs))
    visits: list[tuple[int, int | None]] = []
    for each in left:
        while queue[0] != each.source:
            visits.append((queue.popleft(), None))
        queue.append(queue.popleft())
        visits.append((each.source, each.number))
    return [*visits, *((source, None) for source in queue)]
