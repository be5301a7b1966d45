"""Coordinator: the loop of a load, from the first chunk to the last settled row or a stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from loader.checkpoint.requests import SentRequest
from loader.clock import Clock
from loader.config import sections
from loader.engine.admission import Admission
from loader.engine.chunk_reader import ChunkRead, InputEnded, InputFailed
from loader.engine.failover import Moved
from loader.engine.flights import Answer
from loader.engine.hand_back import cleared, in_doubt
from loader.engine.inbox import Inbox
from loader.engine.input_progress import InputProgress
from loader.engine.interrupts import Interrupt
from loader.engine.pump import Pump
from loader.engine.recovery import Recovery
from loader.engine.stop import Stop, input_changed, input_failed, stopped, unrecordable
from loader.engine.stopping import Stopping
from loader.errors import UnrecordableError
from loader.events import AlertRaised, Observer, Warned
from loader.ledger.ledger import DeadLetters, Ledger
from loader.ledger.resume_state import ChangedInputError
from loader.outcomes import RUN_ENDED
from loader.preparation.preparer import PreparedChunk
from loader.rows import Chunk
from loader.workers.handle import WorkerHandle
from loader.workers.pool import WorkerLost

TICK = 0.25  # seconds between two looks at clocks, limits and the screen
GRACE = 5.0  # seconds that a stop waits for what is under way


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
        input_progress: InputProgress,
        admission: Admission,
        recovery: Recovery | None = None,
        clock: Clock,
        notify: Observer,
        show: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._pump = pump
        self._ledger = ledger
        self._commit = commit
        self._inbox = inbox
        self._input = input_progress
        self._admission = admission
        self._recovery = recovery
        self._clock = clock
        self._notify = notify
        self._show = show
        self._held_since: float | None = None  # when a batcher last took rows that it may still hold
        self._stopping = Stopping(pump.state, settings.grace, clock, notify)
        self._started = self._next_sync = self._next_tick = clock.now()

    def run(self) -> End:
        """Load until the input is settled or a stop has run its course. Never raises for what a run can meet."""
        try:
            self._loop()
            self._settle_what_is_under_way()
            self._sync(final=self._pump.state.stop is None)
        except UnrecordableError as error:
            self._stopping.request(unrecordable(error))
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
                self._pump.failover.on_moved(message)
            case PreparedChunk():
                self._admission.on_prepared(message)
            case ChunkRead(chunk):
                self._input.arrived()
                self._take_up(chunk)
            case WorkerLost(worker) if self._recovery is not None:
                self._replace(self._recovery, worker)
            case InputEnded():
                self._input.ended()
                self._end_input()
            case InputFailed(error):
                self._input.ended(input_failed(error))
                self._flush_batchers()
            case Interrupt():
                self._stopping.interrupt(message)
            case _:
                raise TypeError(f"no one knows what to do with {message!r}")

    def _take_up(self, chunk: Chunk) -> None:
        if self._pump.state.stop is not None:
            self._input.pass_over(chunk)
            return
        try:
            self._admission.take(chunk)
        except ChangedInputError as error:
            self._stopping.request(input_changed(error))
        self._held_since = self._clock.now()

    def _end_input(self) -> None:
        if self._pump.state.stop is not None:
            return
        try:
            self._admission.end()
        except ChangedInputError as error:
            self._stopping.request(input_changed(error))
        self._flush_batchers()

    def _replace(self, recovery: Recovery, lost: WorkerHandle) -> None:
        """Give out again what lay at a worker that is gone, unless the run stops."""
        stop = recovery.replace(lost)
        if stop is not None:
            self._stopping.request(stop)
        self._held_since = self._clock.now()

    # -- rows in

    def _ask_for_rows(self) -> None:
        state = self._pump.state
        if not self._input.may_ask or state.stop is not None:
            return
        if state.held < self._settings.max_held and self._admission.is_hungry:
            self._input.ask()

    def _flush_batchers(self) -> None:
        self._held_since = None
        self._admission.flush()

    # -- time

    def _patience(self) -> float:
        """How long nothing needs to be done unless a message comes."""
        now = self._clock.now()
        wakes = [self._next_tick]
        if self._stopping.grace_ends is not None:
            wakes.append(self._stopping.grace_ends)
        elif (wake := self._pump.wake_at()) is not None and self._pump.flights.room > 0:
            wakes.append(wake)
        return max(0.0, min(wakes) - now)

    def _tick(self) -> None:
        if (reason := self._ledger.shares.exceeded()) is not None:
            # At the first error the requests under way are waited for; each is bounded by its own time limit.
            grace = self._settings.write_timeout if self._settings.errors.fail_on_first_error else None
            self._stopping.request(stopped(reason, self._settings.after_errors, grace=grace))
        now = self._clock.now()
        if now < self._next_tick:
            return
        self._next_tick = now + TICK
        if self._held_since is not None and now - self._held_since >= self._settings.max_wait:
            self._flush_batchers()
        if self._settings.run_timeout and now - self._started >= self._settings.run_timeout:
            self._stopping.request(
                stopped(f"timeouts.run: {self._settings.run_timeout:g} s are over", "resume to go on")
            )
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
        for alert, by_target in self._ledger.shares.alerts(now):
            self._notify(AlertRaised(alert.ratio, alert.failed, alert.rows, by_target))

    # -- the end

    def _is_over(self) -> bool:
        if self._stopping.is_under_way:
            return not self._pump.flights or self._stopping.grace_is_over
        if self._input.is_asked or self._admission.is_busy or not self._pump.is_idle:
            return False
        has_ended = self._input.has_ended
        if self._held_since is not None and has_ended:
            self._flush_batchers()
            return False
        if has_ended or self._pump.state.held >= self._settings.max_held:
            self._pump.judge_undecided()
        if has_ended and self._input.failure is not None and self._pump.is_idle:
            self._stopping.request(self._input.failure)
        return has_ended and self._pump.state.stop is None

    def _settle_what_is_under_way(self) -> None:
        """Rows that may not be repeated and whose answer did not come are unknown; all others are handed back."""
        for flight in list(self._pump.flights):
            if not flight.lane.target.repeatable:
                self._pump.give_up(flight, RUN_ENDED)
        self._ledger.in_doubt = in_doubt(self._pump, self._admission)
        self._ledger.cleared = list(cleared(self._pump.lanes))

    def _end(self) -> End:
        stop = self._pump.state.stop
        if stop is None:
            return End(None, 0, 0)
        return End(
            stop,
            sum(count for _, count in in_doubt(self._pump, self._admission)),
            self._input.count_rest(self._inbox, self._settings.grace),
        )
