"""The law of rows: read = delivered + rejected + unknown, each row settled once, counted in this one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Protocol

from loader.checkpoint.log import Record
from loader.checkpoint.spans import Run
from loader.clock import Clock
from loader.config import sections
from loader.dlq import letter as letters
from loader.dlq.letter import DeadLetter
from loader.engine.chunk_states import ChunkStates
from loader.engine.pending import Pending
from loader.events import Observer, RowFailed
from loader.outcomes import Cause, Fate, LetterClass
from loader.resilience.aggregation import ErrorTotals, Sample
from loader.resilience.alert import AlertWindow
from loader.resilience.error_limits import ErrorLimits
from loader.rows import BadRow, Chunk, Rows, Source


class DeadLetters(Protocol):
    """Takes encoded dead letters, and notes of rows that may not be repeated."""

    def append(self, lines: Iterable[bytes]) -> None:
        """Take lines, each with its newline. Raises UnrecordableError where they cannot be written."""

    def note(self, batches: Sequence[Sequence[int]]) -> None:
        """Note ordinals durably, before their rows are sent. Raises UnrecordableError."""


class Marks(Protocol):
    """Remembers which letters of a replayed queue were settled."""

    def settled(self, rows: Rows, fate: Fate) -> None:
        """Letters behind `rows` are settled."""

    def settle(self, source: int, offset: int, fate: Fate) -> None:
        """The letter at `offset` of a queue is settled."""


@dataclass(frozen=True, slots=True)
class LetterStyle:
    """What stands in every letter of a run. `mask` takes secrets out of texts."""

    run_id: str
    target: str
    mask: Callable[[str], str]


@dataclass(slots=True)
class Totals:
    """Counts of rows by fate, and of delivered rows by target."""

    delivered: int = 0
    rejected: int = 0
    unknown: int = 0
    skipped: int = 0
    by_target: Counter[str] = field(default_factory=Counter)

    @property
    def read(self) -> int:
        return self.delivered + self.rejected + self.unknown

    @property
    def errors(self) -> int:
        return self.rejected + self.unknown

    def copy(self) -> Totals:
        return Totals(self.delivered, self.rejected, self.unknown, self.skipped, Counter(self.by_target))


class Ledger:
    """Counts every row once and writes the letters of the dead. Touched by the pump's thread alone."""

    def __init__(
        self,
        style: LetterStyle,
        dlq: DeadLetters,
        *,
        marks: Marks | None,
        limits: sections.Errors,
        clock: Clock,
        notify: Observer,
    ) -> None:
        self.states = ChunkStates()
        self.totals = Totals()
        self.errors = ErrorTotals(limits.samples)
        self.before = Totals()  # of earlier parts of the run
        self.in_doubt: list[Run] = []  # ordinals handed back after an ambiguous attempt
        self.cleared: list[Run] = []  # ordinals handed back that were noted and surely did not arrive
        self.reading = AlertWindow(limits.alert_ratio)  # rows that were never sent, against all that were read
        self.sending = AlertWindow(limits.alert_ratio)  # rows that the target failed, against all that it settled
        self.taken = 0  # rows of all chunks taken up, skipped ones too
        self.fresh = 0  # those of them that are rows of this part's input
        self.unfit = 0  # those of them that were never sent: not readable, or not to be mapped
        self.place = (0, 0)  # how far reading went: input index, and bytes of it as they lie on disk
        self._style = style
        self._dlq = dlq
        self._marks = marks
        self._clock = clock
        self._notify = notify
        self._limits = ErrorLimits(limits)
        self.mark_safe()

    # -- rows come in

    def open(self, chunk: Chunk, settled: bytes = b"") -> None:
        """A chunk was read; its rows are pending but those that earlier parts of the run settled and counted."""
        fresh = chunk.rows - (len(settled) - settled.count(0))
        self.taken += chunk.rows
        self.fresh += fresh
        self.reading.add(fresh, 0, self._clock.now())
        self.place = (chunk.source.index, chunk.position)
        self.states.open(chunk, settled)

    def skip(self, ordinals: Sequence[int]) -> None:
        """Letters that a replay leaves out: no rows of its input."""
        self.totals.skipped += len(ordinals)
        self.fresh -= len(ordinals)
        self.states.settle(ordinals, Fate.SKIPPED)

    def bad(self, source: Source, bad: BadRow) -> None:
        """A row that could not be read is rejected."""
        style = self._style
        letter = letters.of_bad_row(
            source, bad, run_id=style.run_id, target=style.target, wall=self._clock.wall(), mask=style.mask
        )
        self._count_unfit()
        self._bury(letter, bad.ordinal, Fate.REJECTED)
        if self._marks is not None:
            self._marks.settle(source.index, bad.offset, Fate.REJECTED)

    def adopt(self, letter: DeadLetter, ordinal: int, source: Source, offset: int) -> None:
        """A row whose letter is in the queue already: an earlier part wrote it after its last record."""
        fate = Fate.UNKNOWN if letter.letter_class is LetterClass.UNKNOWN else Fate.REJECTED
        self._count(letter, ordinal, fate)
        if self._marks is not None:
            self._marks.settle(source.index, offset, fate)

    def restore(self, record: Record) -> None:
        """Go on from the totals of the earlier parts."""
        counts = record.totals
        self.totals = Totals(
            counts["delivered"],
            counts["rejected"],
            counts["unknown"],
            counts["skipped"],
            Counter(counts["by_target"]),
        )
        self.errors = ErrorTotals.from_data(self._limits.settings.samples, record.errors)
        self.before = self.totals.copy()
        self.mark_safe()

    # -- Outcomes, for the pump

    def delivered(self, rows: Rows, target: str) -> None:
        count = len(rows)
        self.states.settle(rows.ordinals, Fate.DELIVERED)
        self.totals.delivered += count
        self.totals.by_target[target] += count
        self.sending.add(count, 0, self._clock.now())
        if self._marks is not None:
            self._marks.settled(rows, Fate.DELIVERED)

    def dead(self, pending: Pending, index: int, cause: Cause, letter_class: LetterClass, target: str) -> None:
        rows = pending.batch.rows
        letter = letters.of_row(
            rows,
            index,
            cause,
            letter_class,
            run_id=self._style.run_id,
            target=target,
            attempts=pending.attempts,
            first_error_at=pending.first_error_at,
            wall=self._clock.wall(),
            mask=self._style.mask,
        )
        fate = Fate.UNKNOWN if letter_class is LetterClass.UNKNOWN else Fate.REJECTED
        if letter_class is LetterClass.DATA:
            self._count_unfit()
        else:
            self.sending.add(1, 1, self._clock.now())
        self._bury(letter, rows.ordinals[index], fate, pending.request)
        if self._marks is not None:
            self._marks.settled(rows.take((index,)), fate)

    def about_to_send(self, batches: Sequence[Rows]) -> None:
        self._dlq.note([rows.ordinals for rows in batches])

    def _count_unfit(self) -> None:
        self.unfit += 1
        self.reading.add(0, 1, self._clock.now())

    def _bury(self, letter: DeadLetter, ordinal: int, fate: Fate, request: int = 0) -> None:
        self._dlq.append((letters.encode(letter),))
        self._count(letter, ordinal, fate, request)

    def _count(self, letter: DeadLetter, ordinal: int, fate: Fate, request: int = 0) -> None:
        self.states.settle((ordinal,), fate)
        if fate is Fate.UNKNOWN:
            self.totals.unknown += 1
        else:
            self.totals.rejected += 1
        source, line, kind = letter.source or "", letter.line or 0, letter.letter_class or ""
        self.errors.add(letter.error_type, letter.status, Sample(source, line, letter.error))
        self._notify(RowFailed(source, line, letter.error_type, letter.error, kind, letter.attempts or 0, request))

    # -- what is safe

    def mark_safe(self) -> None:
        """All letters so far are durable."""
        self._safe = (self.totals.copy(), deepcopy(self.errors))

    def forget_unsafe(self) -> None:
        """Letters since the last `mark_safe` may be lost: their rows count as never settled."""
        safe_totals, self.errors = self._safe
        safe_totals.delivered, safe_totals.by_target = self.totals.delivered, self.totals.by_target
        self.totals = safe_totals

    def exceeds_limits(self) -> str | None:
        """Why the run must stop by its own part of the load, None if it may go on.

        Rows that cannot be read are settled before their neighbours are sent, so all errors are held against all rows
        that were read, and those of the target against the rows that it has settled.
        """
        errors = self.totals.errors - self.before.errors
        settled = self.totals.read - self.before.read
        limits = self._limits
        return limits.exceeded(self.fresh, errors) or limits.exceeded(settled - self.unfit, errors - self.unfit)

    def is_open(self, ordinal: int) -> bool:
        """Whether the row is in no final state: it waits, or was not taken up yet."""
        return ordinal >= self.taken or self.states.is_pending(ordinal)

    @property
    def handed_back(self) -> int:
        """Rows that were taken up and are in no final state."""
        return self.taken - self.totals.skipped - self.totals.read
