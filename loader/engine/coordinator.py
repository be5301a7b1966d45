"""Coordinator: the loop of a load, from the first chunk to the last settled row or a stop."""

from __future__ import annotations

from dataclasses import dataclass

from loader.checkpoint.reading_order import LeftInput
from loader.clock import Clock
from loader.engine.admission import Admission
from loader.engine.chunk_reader import ChunkRead, InputEnded, InputFailed
from loader.engine.failover import Moved
from loader.engine.flights import Answer
from loader.engine.hand_back import hand_back, in_doubt
from loader.engine.held_rows import HeldRows
from loader.engine.inbox import Inbox
from loader.engine.input_progress import InputProgress
from loader.engine.interrupts import Interrupt
from loader.engine.periodic import PeriodicWork
from loader.engine.pump import Pump
from loader.engine.recovery import Recovery
from loader.engine.settings import Settings
from loader.engine.stop import Stop, input_changed, input_failed, unrecordable
from loader.engine.stopping import Stopping
from loader.errors import UnrecordableError
from loader.events import Observer, Warned
from loader.ledger.ledger import Ledger
from loader.ledger.resume_state import ChangedInputError
from loader.preparation.preparer import PreparedChunk
from loader.rows import Chunk
from loader.sources import Left
from loader.workers.handle import WorkerHandle
from loader.workers.pool import WorkerLost


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
        *,
        stopping: Stopping,
        periodic: PeriodicWork,
        inbox: Inbox,
        input_progress: InputProgress,
        admission: Admission,
        recovery: Recovery | None = None,
        clock: Clock,
        notify: Observer,
    ) -> None:
        self._settings = settings
        self._pump = pump
        self._ledger = ledger
        self._stopping = stopping
        self._periodic = periodic
        self._inbox = inbox
        self._input = input_progress
        self._admission = admission
        self._recovery = recovery
        self._clock = clock
        self._notify = notify
        self._held_rows = HeldRows(admission.flush, settings.max_wait, clock)

    def run(self) -> End:
        """Load until the input is settled or a stop has run its course. Never raises for what a run can meet."""
        try:
            self._loop()
            hand_back(self._pump, self._admission, self._ledger)
            self._periodic.commit(final=self._pump.state.stop is None)
        except UnrecordableError as error:
            self._stopping.request(unrecordable(error))
            self._ledger.forget_unsafe()
        self._periodic.watch_shares()
        if (strays := self._admission.strays.sentence) is not None:
            self._notify(Warned(strays))
        return self._end()

    def _loop(self) -> None:
        while not self._is_over():
            self._pump.dispatch()
            self._ask_for_rows()
            message = self._inbox.get(self._patience())
            while message is not None:
                self._take(message)
                message = self._inbox.get(0.0)
            self._tick()

    # -- messages

    def _take(self, message: object) -> None:
        match message:
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
                self._held_rows.flush()
            case Interrupt():
                self._stopping.interrupt(message)
            case Left() | Warned():
                self._take_note(message)
            case _:
                raise TypeError(f"no one knows what to do with {message!r}")

    def _take_note(self, message: Left | Warned) -> None:
        """An input that is left is recorded before any row of the next one is: their numbers depend on it."""
        if isinstance(message, Warned):
            self._notify(message)
            return
        self._notify(Warned(f"{message.why}; what is left of it is unread, and a resume reads it"))
        self._input.left(message.why)
        self._ledger.leave(LeftInput(message.source, message.number, message.ordinal, message.offset))
        self._periodic.commit(final=False)

    def _take_up(self, chunk: Chunk) -> None:
        if self._pump.state.stop is not None:
            self._input.pass_over(chunk)
            return
        try:
            self._admission.take(chunk)
        except ChangedInputError as error:
            self._stopping.request(input_changed(error))
        self._held_rows.came()

    def _end_input(self) -> None:
        if self._pump.state.stop is not None:
            return
        try:
            self._admission.end()
        except ChangedInputError as error:
            self._stopping.request(input_changed(error))
        self._held_rows.flush()

    def _replace(self, recovery: Recovery, lost: WorkerHandle) -> None:
        """Give out again what lay at a worker that is gone, unless the run stops."""
        stop = recovery.replace(lost)
        if stop is not None:
            self._stopping.request(stop)
        self._held_rows.came()

    # -- rows in

    def _ask_for_rows(self) -> None:
        state = self._pump.state
        if not self._input.may_ask or state.stop is not None:
            return
        if state.held < self._settings.max_held and self._admission.is_hungry:
            self._input.ask()

    # -- time

    def _patience(self) -> float:
        """How long nothing needs to be done unless a message comes."""
        now = self._clock.now()
        wakes = [self._periodic.due]
        if self._stopping.grace_ends is not None:
            wakes.append(self._stopping.grace_ends)
        elif (wake := self._pump.wake_at()) is not None and self._pump.flights.room > 0:
            wakes.append(wake)
        return max(0.0, min(wakes) - now)

    def _tick(self) -> None:
        self._periodic.watch_errors()
        if not self._periodic.is_due:
            return
        if self._held_rows.are_due:
            self._held_rows.flush()
        self._periodic.work()

    # -- the end

    def _is_over(self) -> bool:
        if self._stopping.is_under_way:
            return not self._pump.flights or self._stopping.grace_is_over
        if self._input.is_asked or self._admission.is_busy or not self._pump.is_idle:
            return False
        has_ended = self._input.has_ended
        if self._held_rows.may_be and has_ended:
            self._held_rows.flush()
            return False
        if has_ended or self._pump.state.held >= self._settings.max_held:
            self._pump.judge_undecided()
        if has_ended and self._input.failure is not None and self._pump.is_idle:
            self._stopping.request(self._input.failure)
        return has_ended and self._pump.state.stop is None

    def _end(self) -> End:
        stop = self._pump.state.stop
        if stop is None:
            return End(None, 0, 0)
        return End(
            stop,
            sum(count for _, count in in_doubt(self._pump, self._admission)),
            self._input.count_rest(self._inbox, self._settings.grace),
        )
