"""Coordinator: the loop of a load, from the first chunk to the last settled row or a stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from loader.checkpoint.requests import SentRequest
from loader.checkpoint.spans import Run, ordinal_runs
from loader.clock import Clock
from loader.config import sections
from loader.engine.admission import Admission
from loader.engine.chunk_reader import ChunkRead, ChunkReader, InputEnded, InputFailed
from loader.engine.inbox import Inbox
from loader.engine.pump import Answer, Moved, Pump
from loader.engine.recovery import Recovery
from loader.engine.stop import Stop, failed, interrupted, stopped
from loader.errors import UnrecordableError
from loader.events import AlertRaised, Observer, StopRequested, Warned
from loader.ledger.ledger import DeadLetters, Ledger
from loader.ledger.resume_state import ChangedInputError
from loader.outcomes import RUN_ENDED
from loader.preparation.preparer import PreparedChunk
from loader.rows import Chunk
from loader.shortage import HINT, shortage_behind
from loader.workers.handle import WorkerHandle
from loader.workers.pool import WorkerLost

TICK = 0.25  # seconds between two looks at clocks, limits and the screen
GRACE = 5.0  # seconds that a stop waits for what is under way


@dataclass(frozen=True, slots=True)
class Interrupt:
    """A signal asks the run to end."""

    name: str


class Commit(DeadLetters, Protocol):
    """Makes durable what the ledger says: dead letters first, then the record that covers them."""

    def sync(self, ledger: Ledger, open_requests: Iterable[SentRequest], *, final: bool) -> None:
        """Raises UnrecordableError where a file cannot be written."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the coordinator itself decides by. Times in seconds, 0 = none.

    `after_errors` is what a person is told to do where errors stop the run.
    """

    errors: sections.Errors
    max_held: int
    max_wait: float
    checkpoint_every: float
    run_timeout: float
    write_timeout: float
    after_errors: str = ""

    @property
    def grace(self) -> float:
        return min(GRACE, self.write_timeout) if self.write_timeout else GRACE


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended; `stop` is None where all input was settled, `rest` counts the rows never taken up if known."""

    stop: Stop | None
    in_doubt: int
    rest: int | None


class Coordinator:
    """Runs one load. All of it happens in the thread that calls `run`."""

    def __init__(
        self,
        settings: Settings,
        pump: Pump,
        ledger: Ledger,
        commit: Commit,
        *,
        inbox: Inbox,
        chunk_reader: ChunkReader,
        admission: Admission,
        recovery: Recovery | None = None,
        rows_in: Callable[[Chunk], int],
        clock: Clock,
        notify: Observer,
        show: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._pump = pump
        self._ledger = ledger
        self._commit = commit
        self._inbox = inbox
        self._chunk_reader = chunk_reader
        self._admission = admission
        self._recovery = recovery
        self._rows_in = rows_in
        self._clock = clock
        self._notify = notify
        self._show = show
        self._asked = False
        self._ended = False  # the input
        self._failure: Stop | None = None  # why it ended early; the run stops once the rows before are settled
        self._unread = 0  # rows that came after the stop
        self._held_since: float | None = None  # when a batcher last took rows that it may still hold
        self._grace_ends: float | None = None
        self._started = self._next_sync = self._next_tick = clock.now()

    def run(self) -> End:
        """Load until the input is settled or a stop has run its course. Never raises for what a run can meet."""
        try:
            self._loop()
            self._settle_what_is_under_way()
            self._sync(final=self._pump.state.stop is None)
        except UnrecordableError as error:
            mend = "make room or mend the path" if shortage_behind(error) is None else HINT
            self._stop(stopped(str(error), f"{mend}; then resume", grace=0.0))
            self._ledger.forget_unsafe()
        self._watch_share(self._clock.now())
        if (strays := self._admission.strays.sentence) is not None:
            self._notify(Warned(strays))
        return self._end()

    def _loop(self) -> None:
        while not self._is_over():
            self._pump.dispatch()
            self._ask_for_rows()
            self._take(self._inbox.get(self._patience()))
            while (message := self._inbox.get(0.0)) is not None:
                self._take(message)
            self._tick()

    # -- messages

    def _take(self, message: object | None) -> None:
        match message:
            case None:
                return
            case Answer():
                self._pump.on_answer(message)
            case Moved():
                self._pump.on_moved(message)
            case PreparedChunk():
                self._admission.on_prepared(message)
            case ChunkRead(chunk):
                self._asked = False
                self._take_up(chunk)
            case WorkerLost(worker) if self._recovery is not None:
                self._replace(self._recovery, worker)
            case InputEnded():
                self._asked, self._ended = False, True
                self._end_input()
            case InputFailed(error):
                self._asked, self._ended, self._failure = False, True, _input_failed(error)
                self._flush_batchers()
            case Interrupt(name):
                self._interrupt(name)
            case _:
                raise TypeError(f"no one knows what to do with {message!r}")

    def _take_up(self, chunk: Chunk) -> None:
        if self._pump.state.stop is not None:
            self._unread += self._rows_in(chunk)
            return
        try:
            self._admission.take(chunk)
        except ChangedInputError as error:
            self._stop(_input_changed(error))
        self._held_since = self._clock.now()

    def _end_input(self) -> None:
        if self._pump.state.stop is not None:
            return
        try:
            self._admission.end()
        except ChangedInputError as error:
            self._stop(_input_changed(error))
        self._flush_batchers()

    def _replace(self, recovery: Recovery, lost: WorkerHandle) -> None:
        """Give out again what lay at a worker that is gone, unless the run stops."""
        stop = recovery.replace(lost)
        if stop is not None:
            self._stop(stop)
        self._held_since = self._clock.now()

    def _interrupt(self, name: str) -> None:
        """The first signal stops in good order, the second at once."""
        again = self._pump.state.stop is not None
        self._stop(interrupted(f"interrupted by {name}"))
        if again:
            self._grace_ends = self._clock.now()

    # -- rows in

    def _ask_for_rows(self) -> None:
        if self._asked or self._ended or self._pump.state.stop is not None:
            return
        if self._pump.state.held < self._settings.max_held and self._admission.is_hungry:
            self._asked = True
            self._chunk_reader.ask()

    def _flush_batchers(self) -> None:
        self._held_since = None
        self._admission.flush()

    # -- time

    def _patience(self) -> float:
        """How long nothing needs to be done unless a message comes."""
        now = self._clock.now()
        wakes = [self._next_tick]
        if self._grace_ends is not None:
            wakes.append(self._grace_ends)
        elif (wake := self._pump.wake_at()) is not None and self._pump.has_room():
            wakes.append(wake)
        return max(0.0, min(wakes) - now)

    def _tick(self) -> None:
        if (reason := self._ledger.exceeds_limits()) is not None:
            self._stop(_too_many_errors(reason, self._settings))
        now = self._clock.now()
        if now < self._next_tick:
            return
        self._next_tick = now + TICK
        if self._held_since is not None and now - self._held_since >= self._settings.max_wait:
            self._flush_batchers()
        if self._settings.run_timeout and now - self._started >= self._settings.run_timeout:
            self._stop(stopped(f"timeouts.run: {self._settings.run_timeout:g} s are over", "resume to go on"))
        if now >= self._next_sync:
            self._next_sync = now + self._settings.checkpoint_every
            self._sync(final=False)
            self._watch_share(now)
        self._show()

    def _sync(self, *, final: bool) -> None:
        requests = chain(self._pump.open_requests, self._admission.open_requests)
        self._commit.sync(self._ledger, requests, final=final)
        self._ledger.mark_safe()

    def _watch_share(self, now: float) -> None:
        for window, by_target in ((self._ledger.reading, False), (self._ledger.sending, True)):
            if (alert := window.check(now)) is not None:
                self._notify(AlertRaised(alert.ratio, alert.failed, alert.rows, by_target))

    # -- the end

    def _is_over(self) -> bool:
        if self._pump.state.stop is not None:
            self._announce(self._pump.state.stop)
            return not self._pump.flights or self._grace_is_over()
        if self._asked or self._admission.is_busy or not self._pump.is_idle:
            return False
        if self._held_since is not None and self._ended:
            self._flush_batchers()
            return False
        if self._ended or self._pump.state.held >= self._settings.max_held:
            self._pump.judge_undecided()
        if self._ended and self._failure is not None and self._pump.is_idle:
            self._stop(self._failure)
        return self._ended and self._pump.state.stop is None

    def _stop(self, stop: Stop) -> None:
        self._pump.state.request_stop(stop)
        self._announce(stop)

    def _announce(self, stop: Stop) -> None:
        """Say once that the run stops, and let the grace time begin."""
        if self._grace_ends is not None:
            return
        grace = self._settings.grace if stop.grace is None else stop.grace
        self._grace_ends = self._clock.now() + grace
        self._notify(StopRequested(stop.status, stop.message, stop.hint))

    def _grace_is_over(self) -> bool:
        return self._grace_ends is not None and self._clock.now() >= self._grace_ends

    def _settle_what_is_under_way(self) -> None:
        """Rows that may not be repeated and whose answer did not come are unknown; all others are handed back."""
        for flight in list(self._pump.flights):
            if not flight.lane.target.repeatable:
                self._pump.give_up(flight, RUN_ENDED)
        self._ledger.in_doubt = self._in_doubt()
        self._ledger.cleared = list(self._cleared())

    def _end(self) -> End:
        stop = self._pump.state.stop
        if stop is None:
            return End(None, 0, 0)
        return End(stop, sum(count for _, count in self._in_doubt()), self._rest())

    def _in_doubt(self) -> list[Run]:
        """Runs of ordinals of the rows that are handed back and may have arrived."""
        waiting = (pending for lane in self._pump.lanes for pending in (*lane.queue, *lane.undecided))
        doubtful = [pending for pending in waiting if pending.history.ambiguous]
        under_way = (flight.pending for flight in self._pump.flights)
        ordinals = {ordinal for pending in (*doubtful, *under_way) for ordinal in pending.batch.rows.ordinals}
        return ordinal_runs(sorted(ordinals | self._admission.in_doubt))

    def _cleared(self) -> Iterator[Run]:
        """Runs of ordinals of the rows that were noted, wait again, and surely did not arrive."""
        lanes = self._pump.lanes
        if all(lane.target.repeatable for lane in lanes):
            return
        for pending in (pending for lane in lanes for pending in (*lane.queue, *lane.undecided)):
            if pending.history.first_sent is not None and not pending.history.ambiguous:
                yield from ordinal_runs(pending.batch.rows.ordinals)

    def _rest(self) -> int | None:
        """Rows of the input that were never taken up."""
        rest = self._chunk_reader.count_rest(self._settings.grace)
        while (message := self._inbox.get(0.0)) is not None:
            if isinstance(message, ChunkRead):
                self._unread += self._rows_in(message.chunk)
        return None if rest is None else rest + self._unread


def _input_failed(error: Exception) -> Stop:
    if (missing := shortage_behind(error)) is not None:
        return stopped(f"the input cannot be read on: {missing}", f"{HINT}; then resume")
    if isinstance(error, OSError | EOFError) or type(error).__name__ == "InputError":
        return stopped(f"the input cannot be read on: {error}", "mend the file, then resume")
    return failed(f"reading failed: {type(error).__name__}: {error}")


def _input_changed(error: ChangedInputError) -> Stop:
    hint = (
        "put back what it was (a stream is fed again from its start), then resume; or give this run up and start a new"
        " one, by the same command without --resume, which sends all rows again"
    )
    return stopped(f"the input changed since the run began: {error}", hint)


def _too_many_errors(reason: str, settings: Settings) -> Stop:
    # At the first error the requests under way are waited for; each is bounded by its own time limit.
    grace = settings.write_timeout if settings.errors.fail_on_first_error else None
    return stopped(reason, settings.after_errors, grace=grace)
