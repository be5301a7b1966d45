"""Admission: chunks to preparation, prepared batches to the pump, without the rows that are settled already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from loader.checkpoint.requests import SentRequest
from loader.engine.lanes.lane import Lane
from loader.engine.pending import charge_of_chunk
from loader.engine.pump import Pump
from loader.engine.stray_quotes import StrayQuotes
from loader.ledger.ledger import Ledger
from loader.ledger.resume_state import ResumeState
from loader.preparation.base import Preparation
from loader.preparation.preparer import Again, PreparedChunk
from loader.rows import BadRow, Batch, Chunk, Rows, Source
from loader.targets.base import Prepared, UnfitRows


class Admission:
    """From chunks to batches. Used by the pump's thread."""

    def __init__(
        self, ledger: Ledger, pump: Pump, preparation: Preparation, resume_state: ResumeState, first: int = 0
    ) -> None:
        """`first` is the number of the chunk that comes first."""
        self._ledger = ledger
        self._pump = pump
        self._preparation = preparation
        self._resume_state = resume_state
        self.strays = StrayQuotes()
        self._next = first  # the number of the next chunk
        self._requests = resume_state.requests
        self._all_open = resume_state.is_empty  # whether no row that comes from preparation can be settled already
        self._doubtful: set[int] = set()  # ordinals of rows that a lost worker had sent
        self._owed = 0  # answers of preparation
        self._charges: dict[int, int] = {}  # of chunks that are being prepared, by number

    def take(self, chunk: Chunk) -> None:
        """Take up a chunk. Raises ChangedInputError if it was another one in an earlier part of the run."""
        settled = self._resume_state.settled_in(chunk)
        self._next = chunk.number + 1
        self._ledger.open(chunk, settled)
        if not self._ledger.states.left_in(chunk):
            self._drop_requests(chunk.ordinal, chunk.rows)
            return
        self._preparation.open(chunk)
        self._give(chunk)

    def doubt(self, ordinals: Sequence[int]) -> None:
        """These rows may have arrived; they come again."""
        self._doubtful.update(ordinals)

    def send_again(self, requests: Iterable[SentRequest]) -> None:
        """These requests are to go as they were, before anything else of their rows does; their chunks come again."""
        for request in requests:
            self._requests.add(request)

    def take_again(self, chunks: Iterable[Chunk]) -> None:
        """Take up chunks whose batches were lost."""
        self._all_open = False
        for chunk in chunks:
            self._give(chunk)

    def _give(self, chunk: Chunk) -> None:
        charge = self._charges[chunk.number] = charge_of_chunk(chunk)
        self._pump.state.held += charge
        self._owed += 1
        self._preparation.take(chunk, list(self._again_in(chunk)))

    def _again_in(self, chunk: Chunk) -> Iterator[Again]:
        """The requests of a chunk that are to go as they were; of another target than there is, they cannot."""
        if not self._requests:
            return
        numbers = {lane.name: number for number, lane in enumerate(self._pump.lanes) if lane.target.keyed}
        for request in self._requests.among(chunk.ordinal, chunk.rows):
            if request.target in numbers and request.is_within(chunk.ordinal, chunk.rows):
                yield numbers[request.target], request.runs

    def flush(self) -> None:
        """Have batchers hand on what they still hold."""
        self._owed += self._preparation.flush()

    def on_prepared(self, made: PreparedChunk) -> None:
        """Take what preparation made; what comes after a stop is handed back."""
        self._owed -= 1
        if made.chunk is not None:
            self._pump.state.held -= self._charges.pop(made.chunk.number)
        if self._pump.state.stop is not None:
            return
        self._ledger.skip([each for each in made.skipped if self._is_open(each.ordinal)])
        if made.chunk is not None and made.strays:
            self.strays.add(made.chunk, [line for ordinal, line in made.strays if self._is_open(ordinal)])
        if made.chunk is not None and not self._dead_letter(made.chunk.source, made.bad):
            return  # one error too many: what is left of the chunk is handed back
        self._ledger.mended.expect({at: cause for at, cause in made.mended.items() if self._is_open(at)})
        for number, batch in made.again:
            self._offer_again(self._pump.lanes[number], batch)
        for number, ready in made.prepared:
            lane = self._pump.lanes[number]
            if ready.fed:
                self._ledger.feed(lane.name, ready.fed)
            self.offer(lane, ready)

    @property
    def is_busy(self) -> bool:
        """Whether more comes from preparation."""
        return self._owed > 0

    @property
    def is_hungry(self) -> bool:
        """Whether preparation could do with one more chunk."""
        return self._preparation.hungry(self._pump.enough)

    @property
    def in_doubt(self) -> set[int]:
        """Ordinals of rows that a lost worker or an earlier part had sent and that are not settled since."""
        open_ = self._ledger.is_open
        return {ordinal for ordinal in chain(self._doubtful, self._resume_state.in_doubt) if open_(ordinal)}

    @property
    def open_requests(self) -> Iterable[SentRequest]:
        """Requests that are to go as they were, and whose rows have not come up again."""
        return self._requests

    def end(self) -> None:
        """All chunks were taken up. Raises ChangedInputError if an earlier part of the run read more of them."""
        self._resume_state.check_end(self._next)

    def offer(self, lane: Lane, ready: Prepared) -> None:
        """Hand on what a batcher made, without the rows that are settled, by earlier parts or before a worker was lost.

        Requests are cut before rows are left out, so that those that are whole keep their idempotency keys.
        """
        if self._all_open:
            self._pump.offer(lane, ready)
            return
        refused = [part for each in ready.unfit for part in self._new_part(each)]
        fresh = [part for batch in ready.batches for part in self._open_part(lane, batch)]
        in_doubt = [part for batch in fresh for part in self._part(batch, doubtful=True)]
        sure = [part for batch in fresh for part in self._part(batch, doubtful=False)]
        self._pump.offer(lane, Prepared(sure, refused))
        self._pump.offer(lane, Prepared(in_doubt), in_doubt=True)

    def _offer_again(self, lane: Lane, batch: Batch) -> None:
        """Hand on a request as it was, or what is open of one of which some rows were settled: it was answered."""
        request = next(iter(self._drop_requests(batch.rows.ordinals[0], 1)), None)
        for part in self._open_part(lane, batch):
            in_doubt = any(map(self._is_in_doubt, part.rows.ordinals))
            self._pump.offer(lane, Prepared([part]), in_doubt=in_doubt, again=request if part is batch else None)

    def _drop_requests(self, first: int, count: int) -> list[SentRequest]:
        dropped = self._requests.among(first, count)
        for request in dropped:
            self._requests.remove(request)
        return dropped

    def _is_open(self, ordinal: int) -> bool:
        return self._all_open or self._ledger.states.is_pending(ordinal)

    def _is_in_doubt(self, ordinal: int) -> bool:
        return self._resume_state.is_in_doubt(ordinal) or ordinal in self._doubtful

    def _dead_letter(self, source: Source, bad_rows: Sequence[BadRow]) -> bool:
        """Dead-letter unreadable rows for as long as the limits of errors allow; returns whether they allowed all."""
        if not bad_rows:
            return True
        unsettled = [bad for bad in bad_rows if self._is_open(bad.ordinal)]
        fresh = [bad for bad in unsettled if not self._adopt_bad(source, bad)]
        allowed = fresh[: self._ledger.shares.allowed(len(fresh))]
        if allowed:
            self._ledger.bad(source, allowed)
        return len(allowed) == len(fresh)

    def _adopt_bad(self, source: Source, bad: BadRow) -> bool:
        """Whether an unreadable row has a letter that no record covers; then it is settled by it."""
        letter = self._resume_state.letter_of_bad(source, bad)
        if letter is not None:
            self._ledger.adopt(letter, bad.ordinal, source, bad.offset)
        return letter is not None

    def _new_part(self, refused: UnfitRows) -> Iterator[UnfitRows]:
        """Those of the refused rows that are not settled."""
        rows = refused.rows
        new = [i for i, ordinal in enumerate(rows.ordinals) if self._is_open(ordinal) and not self._adopt(rows, i)]
        if new:
            yield UnfitRows(rows.take(new), [refused.causes[i] for i in new])

    def _adopt(self, rows: Rows, index: int) -> bool:
        """Whether the row at `index` has a letter that no record covers; then it is settled by it."""
        letter = self._resume_state.letter_of(rows, index)
        if letter is not None:
            self._ledger.adopt(letter, rows.ordinals[index], rows.source, rows.offsets[index])
        return letter is not None

    def _adopt_accepted(self, rows: Rows, index: int) -> bool:
        """Whether the row at `index` was accepted in an answer that no record covers; then it is settled by it."""
        target = self._resume_state.accepted_by(rows.ordinals[index])
        if target is not None:
            self._ledger.delivered(rows.take([index]), (), target)
        return target is not None

    def _open_part(self, lane: Lane, batch: Batch) -> Iterator[Batch]:
        """The rows of a batch that are still to be sent."""
        left = [i for i, ordinal in enumerate(batch.rows.ordinals) if self._is_open(ordinal)]
        for i in left:
            if (letter := self._resume_state.mended_letter_of(batch.rows, i)) is not None:
                self._ledger.mended.is_written(batch.rows.ordinals[i], letter)
        left = [i for i in left if not (self._adopt(batch.rows, i) or self._adopt_accepted(batch.rows, i))]
        noted = {i for i in left if self._resume_state.is_noted(batch.rows.ordinals[i])}
        if noted:
            self._ledger.cut_off(batch.rows, sorted(noted), lane.name)
        yield from _taken(batch, [i for i in left if i not in noted])

    def _part(self, batch: Batch, *, doubtful: bool) -> Iterator[Batch]:
        ordinals = batch.rows.ordinals
        yield from _taken(batch, [i for i, o in enumerate(ordinals) if self._is_in_doubt(o) is doubtful])


def _taken(batch: Batch, indexes: Sequence[int]) -> Iterator[Batch]:
    """The batch itself where all of it is meant, nothing where none is."""
    if len(indexes) == len(batch):
        yield batch
    elif indexes:
        yield batch.take(indexes)
