"""Takes chunks up: their rows go to the ledger or, in batches, to the pump; what is settled already goes nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from loader.engine.lane import Lane
from loader.engine.ledger import Ledger
from loader.engine.past import Past
from loader.engine.pending import Pending
from loader.engine.pump import Pump
from loader.outcomes import Cause, Ending, LetterClass
from loader.rows import BadRow, Batch, Chunk, Rows, Source
from loader.sources.base import Parser
from loader.targets.base import Cut, Refusal

_CRASHED = Cause("interrupted", "the run ended before the answer came", Ending.AMBIGUOUS)


class Intake:
    """From chunks to batches. Used by the pump's thread."""

    def __init__(
        self,
        ledger: Ledger,
        pump: Pump,
        *,
        parser_of: Callable[[Chunk], Parser],
        lane_of: Callable[[str], Lane],
        past: Past,
    ) -> None:
        self._ledger = ledger
        self._pump = pump
        self._parser_of = parser_of
        self._lane_of = lane_of
        self._past = past
        self._next = 0  # the number of the next chunk

    def take(self, chunk: Chunk) -> None:
        """Take up a chunk. Raises ChangedInputError if it was another one in an earlier part of the run."""
        settled = self._past.settled_in(chunk)
        self._next = chunk.number + 1
        self._ledger.open(chunk, settled)
        if settled and all(settled):
            return
        parsed = self._parser_of(chunk).parse(chunk)
        self._ledger.skip([ordinal for ordinal in parsed.skipped if self._is_open(ordinal)])
        if not self._bury(chunk.source, parsed.bad):
            return  # one error too many: what is left of the chunk is handed back
        for group in parsed.groups:
            lane = self._lane_of(group.target)
            self.offer(lane, lane.batcher.add(group.rows))

    def end(self) -> None:
        """All chunks were taken up. Raises ChangedInputError if an earlier part of the run read more of them."""
        self._past.check_end(self._next)

    def offer(self, lane: Lane, cut: Cut) -> None:
        """Hand on what a batcher made, without the rows that earlier parts settled.

        Requests are cut before rows are left out, so that those that are whole keep their idempotency keys.
        """
        if self._past.is_empty:
            self._pump.offer(lane, cut)
            return
        refused = [refusal for refusal in cut.refused if self._is_new(refusal)]
        fresh = [part for batch in cut.batches for part in self._open_part(lane, batch)]
        in_doubt = [part for batch in fresh for part in self._part(batch, doubtful=True)]
        sure = [part for batch in fresh for part in self._part(batch, doubtful=False)]
        self._pump.offer(lane, Cut(sure, refused))
        self._pump.offer(lane, Cut(in_doubt), in_doubt=True)

    def flush(self, lanes: Sequence[Lane]) -> None:
        """Hand on what batchers still hold."""
        for lane in lanes:
            self.offer(lane, lane.batcher.flush())

    def _is_open(self, ordinal: int) -> bool:
        return self._past.is_empty or self._ledger.states.is_pending(ordinal)

    def _bury(self, source: Source, bad_rows: Sequence[BadRow]) -> bool:
        """Bury unreadable rows for as long as the limits of errors allow; returns whether they allowed all."""
        for bad in bad_rows:
            if self._ledger.exceeds_limits() is not None:
                return False
            if not self._is_open(bad.ordinal):
                continue
            letter = self._past.letter_of_bad(source, bad)
            if letter is None:
                self._ledger.bad(source, bad)
            else:
                self._ledger.adopt(letter, bad.ordinal, source, bad.offset)
        return True

    def _is_new(self, refusal: Refusal) -> bool:
        return self._is_open(refusal.rows.ordinals[0]) and not self._adopt(refusal.rows, 0)

    def _adopt(self, rows: Rows, index: int) -> bool:
        """Whether the row at `index` has a letter that no record covers; then it is settled by it."""
        letter = self._past.letter_of(rows, index)
        if letter is not None:
            self._ledger.adopt(letter, rows.ordinals[index], rows.source, rows.offsets[index])
        return letter is not None

    def _open_part(self, lane: Lane, batch: Batch) -> Iterator[Batch]:
        """The rows of a batch that are still to be sent."""
        left = [i for i, ordinal in enumerate(batch.rows.ordinals) if self._is_open(ordinal)]
        left = [i for i in left if not self._adopt(batch.rows, i)]
        noted = {i for i in left if self._past.is_noted(batch.rows.ordinals[i])}
        for i in noted:
            self._ledger.dead(Pending(batch), i, _CRASHED, LetterClass.UNKNOWN, lane.name)
        yield from _taken(batch, [i for i in left if i not in noted])

    def _part(self, batch: Batch, *, doubtful: bool) -> Iterator[Batch]:
        ordinals = batch.rows.ordinals
        yield from _taken(batch, [i for i, o in enumerate(ordinals) if self._past.is_in_doubt(o) is doubtful])


def _taken(batch: Batch, indexes: Sequence[int]) -> Iterator[Batch]:
    """The batch itself where all of it is meant, nothing where none is."""
    if len(indexes) == len(batch):
        yield batch
    elif indexes:
        yield batch.take(indexes)
