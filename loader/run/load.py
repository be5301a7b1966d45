"""Load: opens files and targets, runs what is assembled, reports, and leaves nothing open."""

from __future__ import annotations

import random
import secrets
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from functools import partial

from loader.checkpoint.folder import new_run_id
from loader.choosing.choice import counts_rows
from loader.clock import Clock, SystemClock
from loader.dlq.letter_factory import LetterFactory
from loader.engine.chunk_reader import ThreadedChunkReader
from loader.engine.coordinator import End
from loader.engine.inbox import Inbox, ThreadInbox
from loader.engine.interrupts import StopToken
from loader.engine.pump import Pump
from loader.engine.stop import Stop, failed, target_fault
from loader.errors import UsageError, unforeseen
from loader.events import Observer, RunEnded, RunStarted, Warned
from loader.ledger.ledger import Ledger
from loader.mapping.reshaping.shape import asks_for_times
from loader.report.counters import EventCounters
from loader.report.final import Report
from loader.report.run_log import LogError
from loader.report.snapshot import Snapshot
from loader.rows import Source
from loader.run.assemble import Records, Run, RunInputs, Surroundings, assemble
from loader.run.executions.base import Execution
from loader.run.executions.in_process import InProcess
from loader.run.executions.worker_count import workers_for
from loader.run.executions.worker_processes import WorkerProcesses
from loader.run.input_kinds import InputKind, input_kind
from loader.run.observers import Announcer
from loader.run.omissions import omissions
from loader.run.opened_targets import OpenedTargets, Opener, Wrapper
from loader.run.plan import Plan
from loader.run.reporting import final_report, snapshot
from loader.run.run_files import RunFiles, open_files
from loader.shortage import HINT, cause_of_shortage, shortage
from loader.sources import chunks
from loader.sources.row_identity import RowIdentity
from loader.targets.context import Context
from loader.workers.channel_inbox import ChannelInbox
from loader.workers.process import WorkerStart
from loader.workers.spawn import WorkerProcess

Progress = Callable[[Snapshot], None]


def run_load(
    plan: Plan,
    observers: Sequence[Observer] = (),
    *,
    progress: Progress = lambda _: None,
    stop: StopToken | None = None,
    wrap: Wrapper | None = None,
) -> Report:
    """Run `plan` and report. Raises UsageError where nothing could be read; whatever happens later is in the report.

    `observers` are told of events, `progress` of the state of the run a few times a second, both by the thread that
    calls this; `stop` ends the run. `wrap` stands before each of the plan's own targets, as `DryRun` does; to see all
    that goes there it has the load to itself, without other workers. From any thread, and several at a time.
    """
    clock = SystemClock()
    run_id = plan.resumes or new_run_id(clock.wall(), secrets.token_bytes(3))
    with ExitStack() as stack:
        stack.enter_context(plan.inputs)
        files = open_files(plan, run_id, clock, stack)
        try:
            load = _Load(plan, run_id, clock, files, observers, progress)
            run, targets = load.open(1 if wrap is not None else workers_for(plan), stop or StopToken(), wrap, stack)
        except (UsageError, OSError, RuntimeError, MemoryError) as error:
            if not plan.resumes:
                files.discard()  # nothing was read, so there is nothing to go on with
            missing = shortage(error)
            if missing is None:
                raise
            raise UsageError(f"{missing}, and nothing was read; {HINT}") from error
        return load.run(run, targets)


class _Load:
    """One load, from its opened files to its report."""

    def __init__(
        self,
        plan: Plan,
        run_id: str,
        clock: Clock,
        files: RunFiles,
        observers: Sequence[Observer],
        progress: Progress,
    ) -> None:
        self._plan = plan
        self._run_id = run_id
        self._clock = clock
        self._files = files
        self._progress = progress
        self._started = clock.now()
        self._counters = EventCounters()
        self._records: list[Observer] = [self._counters, *([] if files.log is None else [files.log])]
        started = RunStarted(run_id, tuple(plan.input_names), plan.target_url)
        self._announce = Announcer(started, [*self._records, files.keep_limit, *observers])

    def open(self, workers: int, stop: StopToken, wrap: Wrapper | None, stack: ExitStack) -> tuple[Run, OpenedTargets]:
        """Open targets and inputs, and join all parts; `stack` closes them. Raises UsageError."""
        plan, files = self._plan, self._files
        execution = self._execution(workers, stack)
        stack.enter_context(stop.heard_by(execution.inbox.put))
        targets = OpenedTargets(plan, self._opener(execution.inbox), stack)
        opened = targets.open(wrap)
        kind = input_kind(plan, files.seen_in)
        reader = self._reader(kind, execution.inbox, stack)
        run = assemble(
            plan.config,
            RunInputs(plan.inputs.sources, kind, reader),
            opened,
            self._kept(),
            execution,
            Surroundings(self._clock, random.random, self._announce, self._show),
        )
        reader.start()
        return run, targets

    def run(self, run: Run, targets: OpenedTargets) -> Report:
        """Load, and tell how it ended."""
        for warning in (*self._plan.warnings, *self._files.warnings, *targets.warnings):
            self._announce(Warned(warning))
        self._announce.begin()
        try:
            end = run.run()
        except Exception as error:
            # What was made durable stays so, and the report says what is known.
            end = End(self._unforeseen(error), 0, None)
        if end.stop is None:
            before = self._files.resume_state.sources
            for told in omissions(self._read_sources(run.ledger), before, targets.heads, run.ledger):
                for record in self._records:  # whoever looks on sees it in the report
                    record(Warned(told))
        elapsed = self._clock.now() - self._started
        report = final_report(
            self._plan, self._run_id, self._files, run.ledger, self._counters, end, targets.all, elapsed=elapsed
        )
        counts = (report.read, report.delivered, report.rejected, report.unknown)
        self._announce(RunEnded(self._run_id, report.status, report.exit_code, *counts))
        with suppress(LogError):  # a full disk has stopped the run already, and the report says so
            if self._files.log is not None:
                self._files.log.flush()
        return report

    def _read_sources(self, ledger: Ledger) -> Sequence[Source]:
        """The inputs that were read: all of them, unless the limit was reached before."""
        limit, sources = self._plan.config.input.limit, self._plan.inputs.sources
        return sources[: ledger.place[0] + 1] if limit and ledger.totals.read >= limit else sources

    def _unforeseen(self, error: Exception) -> Stop:
        """Why the run ends: this process had no more of something, or else has a defect."""
        cause = cause_of_shortage(error)
        if cause is not None:
            return target_fault("", cause)
        self._announce(Warned(traceback.format_exc()))
        return failed(unforeseen(error))

    def _execution(self, workers: int, stack: ExitStack) -> Execution:
        if workers == 1:
            return InProcess(ThreadInbox())
        plan, inbox = self._plan, ChannelInbox()
        stack.callback(inbox.close)
        settings = [each for chain in plan.chains.values() for each in chain]
        start = WorkerStart(
            plan.config, self._run_id, self._files.started_us, plan.inputs.sources, settings, plan.heads
        ).packed()
        execution = WorkerProcesses(workers, inbox, partial(WorkerProcess, start, inbox))
        stack.callback(execution.close)
        return execution

    def _opener(self, inbox: Inbox) -> Opener:
        plan = self._plan
        context = Context.of(plan.config, self._run_id, self._files.started_us, self._clock.wall, plan.schema)
        return Opener(context, inbox=inbox, clock=self._clock, notify=self._announce)

    def _reader(self, kind: InputKind, inbox: Inbox, stack: ExitStack) -> ThreadedChunkReader:
        plan, files = self._plan, self._files
        recorded, start = files.resume_state.recorded, files.start
        # Rows of others would be counted in the place of those that are left out for now.
        is_left = not counts_rows(plan.config.input) or len(plan.inputs.sources) == 1
        for location in plan.inputs.locations:
            location.tell_to(lambda told: inbox.put(Warned(told)))
        read = chunks(
            plan.inputs,
            max_wait=plan.config.batch.max_wait,
            recorded=recorded,
            start=start,
            again=files.resume_state.check_again,
            leave=inbox.put if is_left else None,
        )
        reader = ThreadedChunkReader(
            iter(kind.chosen(read, start)),
            inbox.put,
            rows_in=kind.rows_in,
            counts=not any(source.stream for source in plan.inputs.sources),
        )
        stack.callback(reader.close)
        return reader

    def _kept(self) -> Records:
        plan, files = self._plan, self._files
        identity = RowIdentity(self._run_id, files.started_us) if asks_for_times(plan.config.mapping) else None
        letters = LetterFactory(self._run_id, plan.target_name, plan.config.secrets.mask, plan.config.input, identity)
        return Records(files.commit, letters, files.resume_state, files.marks, files.start, files.limits)

    def _show(self, ledger: Ledger, pump: Pump) -> None:
        elapsed = self._clock.now() - self._started
        self._progress(snapshot(self._plan.inputs.sources, ledger, pump, self._clock, elapsed))
