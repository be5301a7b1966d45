"""Ledger: the law of rows, read = delivered + rejected + unknown; each row is settled once, and counted here alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import compress
from operator import not_
from typing import Any, Protocol

import msgspec

from loader.checkpoint.log import Record
from loader.checkpoint.reading_order import LeftInput
from loader.checkpoint.spans import Run
from loader.clock import Clock
from loader.config import sections
from loader.dlq import letter as letters
from loader.dlq.letter import DeadLetter
from loader.dlq.letter_factory import LetterFactory
from loader.error_types import LetterClass
from loader.events import Observer, RowFailed, RowsFailed
from loader.history import FRESH, History
from loader.ledger.chunk_states import ChunkStates, OpenChunk
from loader.ledger.error_shares import ErrorShares
from loader.ledger.mended_rows import MendedRows
from loader.outcomes import LEFT_OUT, RUN_ENDED, Cause, Fate
from loader.resilience.aggregation import ErrorTotals, Sample
from loader.rows import BadRow, Chunk, Rows, Source, without
from loader.sources.parser import Skipped


class DeadLetters(Protocol):
    """Takes encoded dead letters, and notes of rows that may not be repeated."""

    def append(self, lines: bytes) -> None:
        """Take whole lines. Raises UnrecordableError where they cannot be written."""

    def note(self, batches: Sequence[Sequence[int]]) -> None:
        """Note ordinals durably, before their rows are sent. Raises UnrecordableError."""

    def send(self, target: str, requests: Sequence[Sequence[int]], opened: Sequence[OpenChunk]) -> None:
        """Note the ordinals of each request to `target` before it goes, and new chunks. Raises UnrecordableError."""

    def accept(self, target: str, ordinals: Sequence[int]) -> None:
        """Rows of a request to `target` were accepted, and others of it were not."""


class Marks(Protocol):
    """Remembers which letters of a replayed queue were settled."""

    def settle(self, source: int, offsets: Iterable[int], fate: Fate) -> None:
        """The letters at `offsets` of the queue with the index `source` are settled."""


@dataclass(slots=True)
class Totals:
    """Counts of rows by fate, and by target of delivered rows and of those sent there again after an attempt in doubt.

    `unreadable` rows are among the rejected. `mended` counts letters of that class, mostly of delivered rows.
    """

    delivered: int = 0
    rejected: int = 0
    unknown: int = 0
    skipped: Counter[str] = field(default_factory=Counter)  # rows or letters that are left out, by why
    by_target: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0
    sent_again: Counter[str] = field(default_factory=Counter)
    mended: int = 0

    @classmethod
    def of(cls, counts: Mapping[str, Any]) -> Totals:
        """Those of a record."""
        return cls(
            counts["delivered"],
            counts["rejected"],
            counts["unknown"],
            Counter(counts["skipped"]),
            Counter(counts["by_target"]),
            counts["unreadable"],
            Counter(counts["sent_again"]),
            counts["mended"],
        )

    @property
    def read(self) -> int:
        return self.delivered + self.rejected + self.unknown

    @property
    def gone_through(self) -> int:
        """Rows of all chunks that need nothing more, left out or settled."""
        return self.skipped.total() + self.read

    @property
    def errors(self) -> int:
        return self.rejected + self.unknown

    def copy(self) -> Totals:
        return replace(
            self,
            skipped=Counter(self.skipped),
            by_target=Counter(self.by_target),
            sent_again=Counter(self.sent_again),
        )


class Ledger:
    """Counts every row once and writes the letters of the dead. Touched by the pump's thread alone."""

    def __init__(
        self,
        letter_factory: LetterFactory,
        dlq: DeadLetters,
        *,
        marks: Marks | None,
        limits: sections.Errors,
        clock: Clock,
        notify: Observer,
    ) -> None:
        self.states = ChunkStates()
        self.mended = MendedRows()
        self.totals = Totals()
        self.errors = ErrorTotals(limits.samples)
        self.before = Totals()  # of earlier parts of the run
        self.in_doubt: list[Run] = []  # ordinals handed back after an ambiguous attempt
        self.cleared: list[Run] = []  # ordinals handed back that were noted and surely did not arrive
        self.shares = ErrorShares(limits, clock)
        self.taken = 0  # rows of all chunks taken up, skipped ones too
        self.sources: set[int] = set()  # the indexes of the inputs that this part has had rows of
        self.fed: dict[str, set[str]] = {}  # columns that rows had a value for, by target
        self.left: list[LeftInput] = []  # inputs that were out of reach, by earlier parts too
        self.left_here: list[LeftInput] = []
        self.place = (0, 0)  # how far reading went: input index, and bytes of it as they lie on disk
        self._letter_factory = letter_factory
        self._dlq = dlq
        self._marks = marks
        self._clock = clock
        self._notify = notify
        self._samples = limits.samples
        self.mark_safe()

    # -- rows come in

    def open(self, chunk: Chunk, settled: bytes = b"") -> None:
        """A chunk was read; its rows are pending but those that it leaves out, and that earlier parts have counted."""
        self.totals.skipped += (left_out := _reasons(chunk.left_out, settled))
        self.taken += chunk.rows
        self.shares.read(chunk.rows - (len(settled) - settled.count(0)) - left_out.total())
        self.place = max(self.place, (chunk.source.index, chunk.position))
        self.sources.add(chunk.source.index)
        self.states.open(chunk, settled)

    def leave(self, left: LeftInput) -> None:
        """An input is out of reach; the next part of the run reads what is left of it."""
        # Where it was out of reach again before its rest began, what is unread begins where it did.
        offset = max(each.offset for each in (left, *self.left) if each.source == left.source)
        left = msgspec.structs.replace(left, offset=offset)
        self.left.append(left)
        self.left_here.append(left)

    def feed(self, target: str, columns: Collection[str]) -> None:
        """Rows had a value for these columns of a target."""
        self.fed.setdefault(target, set()).update(columns)

    def skip(self, letters_left_out: Sequence[Skipped]) -> None:
        """Letters that a replay leaves out: no rows of its input."""
        self.totals.skipped.update(each.why for each in letters_left_out)
        self.shares.leave_out(len(letters_left_out))
        self.states.settle([each.ordinal for each in letters_left_out], Fate.SKIPPED)

    def bad(self, source: Source, bad_rows: Sequence[BadRow]) -> None:
        """Rows that could not be read are rejected. Letters of such rows are not settled by it: they may be mended."""
        found = self._letter_factory.of_bad_rows(source, bad_rows, wall=self._clock.wall())
        self.totals.unreadable += len(found)
        self.shares.unfit(len(found))
        self._dead_letter(found, [bad.ordinal for bad in bad_rows], Fate.REJECTED)

    def adopt(self, letter: DeadLetter, ordinal: int, source: Source, offset: int) -> None:
        """A row whose letter is in the queue already: an earlier part wrote it after its last record."""
        fate = Fate.UNKNOWN if letter.letter_class is LetterClass.UNKNOWN else Fate.REJECTED
        self.shares.leave_out(1)
        self.totals.unreadable += not letter.has_row
        self._count((letter,), (ordinal,), fate)
        if self._marks is not None and letter.has_row:
            self._marks.settle(source.index, (offset,), fate)

    def restore(self, record: Record, *, taken: int = 0) -> None:
        """Go on from the totals of the earlier parts; the first `taken` rows do not come again."""
        self.taken = taken
        self.left = list(record.left)
        counts = record.totals
        self.totals = Totals.of(counts)
        self.fed = {target: set(columns) for target, columns in counts["fed"].items()}
        self.errors = ErrorTotals.from_data(self._samples, record.errors)
        self.before = self.totals.copy()
        self.mark_safe()

    # -- Outcomes, for the pump

    def delivered(self, rows: Rows, failed: Sequence[int], target: str) -> None:
        count = len(rows) - len(failed)
        if self.mended:
            self._tell_mended(rows, failed, target)
        self.states.settle(rows.ordinals, Fate.DELIVERED, but=failed)
        self.totals.delivered += count
        self.totals.by_target[target] += count
        self.shares.settle(count, failed=0)
        if failed:
            self._dlq.accept(target, without(rows.ordinals, failed))
        if self._marks is not None:
            self._marks.settle(rows.source.index, without(rows.offsets, failed), Fate.DELIVERED)

    def _tell_mended(self, rows: Rows, failed: Sequence[int], target: str) -> None:
        """Letters of the rows that are delivered without what does not fit of them."""
        causes, written = self.mended.delivered(rows.ordinals, frozenset(failed))
        if causes:
            mended, wall = LetterClass.MENDED, self._clock.wall()
            found = self._letter_factory.of_rows(rows, causes, mended, FRESH, target=target, wall=wall)
            self._dlq.append(letters.encode(found))
        self.totals.mended += len(causes) + written

    def dead(
        self, rows: Rows, history: History, causes: Mapping[int, Cause], letter_class: LetterClass, target: str
    ) -> None:
        if letter_class is LetterClass.DATA:
            self.shares.unfit(len(causes))
        else:
            self.shares.settle(len(causes), failed=len(causes))
        self._bury(rows, history, causes, letter_class, target)

    def cut_off(self, rows: Rows, indexes: Sequence[int], target: str) -> None:
        """An earlier part ended while rows were under way that may not be sent twice: they are unknown."""
        self.shares.leave_out(len(indexes))
        self._bury(rows, FRESH, dict.fromkeys(indexes, RUN_ENDED), LetterClass.UNKNOWN, target)

    def _bury(
        self, rows: Rows, history: History, causes: Mapping[int, Cause], letter_class: LetterClass, target: str
    ) -> None:
        found = self._letter_factory.of_rows(
            rows, causes, letter_class, history, target=target, wall=self._clock.wall()
        )
        fate = Fate.UNKNOWN if letter_class is LetterClass.UNKNOWN else Fate.REJECTED
        self._dead_letter(found, [rows.ordinals[i] for i in causes], fate, history.request)
        if self._marks is not None:
            self._marks.settle(rows.source.index, [rows.offsets[i] for i in causes], fate)

    def prepared_again(self, ordinals: Sequence[int], mended: Mapping[int, Cause]) -> None:
        self.mended.forget(ordinals)
        self.mended.expect(mended)

    def sent_again(self, rows: int, target: str) -> None:
        self.totals.sent_again[target] += rows

    def about_to_send(self, batches: Sequence[Rows]) -> None:
        self._dlq.note([rows.ordinals for rows in batches])

    def going_out(self, target: str, requests: Sequence[Rows]) -> None:
        self._dlq.send(target, [rows.ordinals for rows in requests], self.states.take_opened())

    def _dead_letter(self, found: Sequence[DeadLetter], ordinals: Sequence[int], fate: Fate, request: int = 0) -> None:
        self._dlq.append(letters.encode(found))
        self._count(found, ordinals, fate, request)

    def _count(self, found: Sequence[DeadLetter], ordinals: Sequence[int], fate: Fate, request: int = 0) -> None:
        self.states.settle(ordinals, fate)
        self.totals.mended += self.mended.dead(ordinals) if self.mended else 0
        if fate is Fate.UNKNOWN:
            self.totals.unknown += len(found)
        else:
            self.totals.rejected += len(found)
        kinds: dict[tuple[str, int | None], list[DeadLetter]] = defaultdict(list)
        for letter in found:
            kinds[letter.error_type, letter.status].append(letter)
        for (error_type, status), alike in kinds.items():
            self.errors.add(error_type, status, map(_sample, alike), len(alike))
            self._notify(RowsFailed(error_type, [_failure(letter, request) for letter in alike]))
        for letter in found:
            self.errors.add_columns({each.column for each in letter.columns or ()})

    # -- what is safe

    def mark_safe(self) -> None:
        """All letters so far are durable."""
        self._safe = (self.totals.copy(), deepcopy(self.errors))

    def forget_unsafe(self) -> None:
        """Letters since the last `mark_safe` may be lost: their rows count as never settled."""
        safe_totals, self.errors = self._safe
        safe_totals.delivered, safe_totals.by_target = self.totals.delivered, self.totals.by_target
        safe_totals.sent_again = self.totals.sent_again
        self.totals = safe_totals

    def is_open(self, ordinal: int) -> bool:
        """Whether the row is in no final state: it waits, or was not taken up yet."""
        return ordinal >= self.taken or self.states.is_pending(ordinal)

    @property
    def settled_here(self) -> int:
        """Rows that this part of the run settled, and letters that it left out."""
        return self.totals.gone_through - self.before.gone_through

    @property
    def handed_back(self) -> int:
        """Rows that were taken up and are in no final state."""
        return self.taken - self.totals.gone_through


def _reasons(left_out: bytes, settled: bytes) -> Counter[str]:
    """Why rows are left out that were not settled before, with how many."""
    new = bytes(compress(left_out, map(not_, settled))) if settled and left_out else left_out
    return Counter({why: count for code, why in enumerate(LEFT_OUT, start=1) if (count := new.count(code))})


def _sample(letter: DeadLetter) -> Sample:
    return Sample(letter.source or "", letter.line or 0, letter.error)


def _failure(letter: DeadLetter, request: int) -> RowFailed:
    return RowFailed(
        letter.source or "",
        letter.line or 0,
        letter.error_type,
        letter.error,
        letter.letter_class or "",
        letter.attempts or 0,
        request,
    )
