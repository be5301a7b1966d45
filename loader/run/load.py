"""Load: opens files and targets, runs the coordinator, reports, and leaves nothing open."""

from __future__ import annotations

import random
import secrets
import signal
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import pairwise

from loader.checkpoint.folder import new_run_id
from loader.clock import SystemClock
from loader.config import TargetSettings
from loader.dlq.letter_factory import LetterFactory
from loader.dlq.source import DlqParser
from loader.engine.admission import Admission
from loader.engine.chunk_reader import ThreadedChunkReader
from loader.engine.coordinator import Coordinator, End, Interrupt, Settings
from loader.engine.inbox import Inbox, ThreadInbox
from loader.engine.judge import Policies
from loader.engine.lane import Lane
from loader.engine.lanes import LaneBuilder
from loader.engine.omissions import omissions
from loader.engine.pump import Pump
from loader.engine.queues import WorkerQueue
from loader.engine.recovery import Recovery
from loader.engine.stop import Stop, failed, target_fault
from loader.errors import UsageError
from loader.events import BatchLimitLowered, Event, RunEnded, RunStarted, Warned
from loader.garbage_collection import relaxed_collection
from loader.ledger.ledger import Ledger
from loader.preparation.base import InProcessPreparation, Preparation
from loader.preparation.preparer import PreparedChunk, Preparer
from loader.report.counters import EventCounters
from loader.report.final import Report
from loader.report.run_log import LogError
from loader.report.screen import Screen
from loader.resilience.rate import RateLimit
from loader.rows import Batch, Chunk, Source
from loader.run.advice import after_errors
from loader.run.opening import NotOpenedError, Opener, bind
from loader.run.plan import Plan
from loader.run.reporting import final_report, snapshot
from loader.run.run_files import RunFiles, open_files
from loader.run.worker_count import workers_for
from loader.shortage import HINT, cause_of_shortage, shortage
from loader.signals import handled
from loader.sources import chunks, parser_for
from loader.sources.parser import Parser
from loader.targets.base import Target
from loader.targets.context import Context
from loader.targets.preview import preview_of
from loader.workers.inbox import ChannelInbox
from loader.workers.pool import RemoteLimit, RemoteTarget, WorkerPool
from loader.workers.process import Start
from loader.workers.references import ChunkCache
from loader.workers.spawn import WorkerProcess

Wrapper = Callable[[Target], Target]


def run_load(plan: Plan, screen: Screen, wrap: Wrapper | None = None) -> Report:
    """Run `plan` and report. Raises UsageError where nothing could be read; whatever happens later is in the report.

    `wrap` stands before each of the plan's own targets, as `DryRun` does; to see all that goes there it has the load to
    itself, without other workers. To be called from the main thread, which takes over SIGINT, SIGTERM and SIGHUP
    meanwhile.
    """
    clock = SystemClock()
    run_id = plan.resumes or new_run_id(clock.wall(), secrets.token_bytes(3))
    with ExitStack() as stack:
        stack.enter_context(plan.inputs)
        stack.enter_context(relaxed_collection())
        files = open_files(plan, run_id, clock, stack)
        try:
            load = _Load(plan, run_id, clock, files, screen, stack, workers=workers_for(plan) if wrap is None else 1)
            load.open_lanes(wrap, stack)
            chunk_reader = load.open_chunk_reader(stack)
        except (UsageError, OSError, RuntimeError, MemoryError) as error:
            if not plan.resumes:
                files.discard()  # nothing was read, so there is nothing to go on with
            missing = shortage(error)
            if missing is None:
                raise
            raise UsageError(f"{missing}, and nothing was read; {HINT}") from error
        return load.run(chunk_reader)


class _Load:
    """The parts of one load, joined."""

    def __init__(
        self,
        plan: Plan,
        run_id: str,
        clock: SystemClock,
        files: RunFiles,
        screen: Screen,
        stack: ExitStack,
        *,
        workers: int,
    ) -> None:
        self._plan = plan
        self._run_id = run_id
        self._clock = clock
        self._files = files
        self._screen = screen
        self._started = clock.now()
        self._counters = EventCounters()
        self._workers = workers
        self._inbox: ThreadInbox | ChannelInbox = ThreadInbox() if workers == 1 else _channel_inbox(stack)
        self._targets: list[Target] = []  # in the order of the lanes
        self._heads: list[Target] = []  # of the chains
        self._repetition: dict[str, str] = {}  # by target
        self._preparation: Preparation = InProcessPreparation(
            Preparer([], parser_of=self._parser_of, lane_of=self._lane_of), lambda: 0, self._inbox.put
        )
        self._pool: WorkerPool | None = None
        self._warnings = [*plan.warnings, *files.warnings]
        self._begun = False
        self._ledger = self._open_ledger()
        self._pump = self._open_pump()
        self._parsers = self._open_parsers()
        stack.callback(screen.close)

    def run(self, chunk_reader: ThreadedChunkReader) -> Report:
        """Load what `chunk_reader` brings, and tell how it ended."""
        for warning in self._warnings:
            self._tell(Warned(warning))
        self._begin()
        coordinator = self._coordinator(chunk_reader)
        with _signals(self._inbox):
            try:
                end = coordinator.run()
            except Exception as error:
                # What was made durable stays so, and the report says what is known.
                end = End(self._unforeseen(error), 0, None)
        self._screen.close()
        if end.stop is None:
            sources, before = self._plan.inputs.sources, self._files.resume_state.sources
            for told in omissions(sources, before, self._heads, self._ledger):
                self._record(Warned(told))  # the report shows it
        report = final_report(
            self._plan,
            self._run_id,
            self._files,
            self._ledger,
            self._counters,
            end,
            elapsed=self._clock.now() - self._started,
            means=self._repetition,
            once=(target.name for target in self._targets if not target.repeatable),
        )
        counts = (report.read, report.delivered, report.rejected, report.unknown)
        self._notify(RunEnded(self._run_id, report.status, report.exit_code, *counts))
        with suppress(LogError):  # a full disk has stopped the run already, and the report says so
            if self._files.log is not None:
                self._files.log.flush()
        return report

    def _unforeseen(self, error: Exception) -> Stop:
        """Why the run ends: this process had no more of something, or else has a defect."""
        cause = cause_of_shortage(error)
        if cause is not None:
            return target_fault("", cause)
        self._notify(Warned(traceback.format_exc()))
        return failed(f"{type(error).__name__}: {error}")

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._notify(RunStarted(self._run_id, tuple(self._plan.paths), self._plan.target_url))

    def _tell(self, event: Event) -> None:
        """Of what happens before the run begins; it begins with it, then."""
        self._begin()
        self._notify(event)

    def _record(self, event: Event) -> None:
        self._counters(event)
        if self._files.log is not None:
            self._files.log(event)

    def _notify(self, event: Event) -> None:
        self._record(event)
        if isinstance(event, BatchLimitLowered):
            self._files.limits[event.target] = event.bytes
        self._screen.tell(event)

    # -- parts

    def _open_ledger(self) -> Ledger:
        config = self._plan.config
        ledger = Ledger(
            LetterFactory(self._run_id, self._plan.target_name, config.secrets.mask, config.input),
            self._files.commit,
            marks=self._files.marks,
            limits=config.errors,
            clock=self._clock,
            notify=self._notify,
        )
        if self._files.resume_state.last is not None:
            ledger.restore(self._files.resume_state.last, taken=self._files.start.ordinal)
        return ledger

    def _open_pump(self) -> Pump:
        config = self._plan.config
        return Pump(
            Policies(
                config.retry, config.throttle, config.breaker, config.timeouts.row, config.concurrency.max_in_flight
            ),
            self._ledger,
            post=self._inbox.put,
            prepare_again=self._prepare_again,
            clock=self._clock,
            chance=random.random,
            rate=RateLimit(config.rate),
            notify=self._notify,
        )

    def open_lanes(self, wrap: Wrapper | None, stack: ExitStack) -> None:
        """A lane for each target of the plan, and one for each fallback behind it. Raises UsageError.

        Where a target must be asked first and cannot be, the run is stopped before it begins.
        """
        try:
            with _signals(self._inbox):
                for own, *fallbacks in self._plan.chains.values():
                    endpoint = self._open_endpoint(own, stack)
                    self._heads.append(endpoint)
                    self._targets.append(endpoint if wrap is None else wrap(endpoint))
                    self._targets += [self._open_endpoint(fallback, stack) for fallback in fallbacks]
        except NotOpenedError as error:
            self._pump.state.request_stop(error.stop)
            return
        inbox = self._inbox
        lanes = self._worker_lanes(inbox, stack) if isinstance(inbox, ChannelInbox) else self._own_lanes()
        self._pump.lanes += lanes
        for number, chain in zip(self._plan.heads.values(), self._plan.chains.values(), strict=True):
            for lane, fallback in pairwise(lanes[number : number + len(chain)]):
                lane.fallback = fallback
        for lane in lanes:
            if lane.name in self._files.limits:
                lane.batcher.limit_to(self._files.limits[lane.name])

    def _own_lanes(self) -> list[Lane]:
        """Lanes to targets that this process opened; it does all the work."""
        config, batchers = self._plan.config, [target.batcher() for target in self._targets]
        preparer = Preparer(batchers, parser_of=self._parser_of, lane_of=self._lane_of)
        self._preparation = InProcessPreparation(preparer, waiting=lambda: self._pump.fresh, post=self._inbox.put)
        builder = LaneBuilder(config.breaker, config.concurrency)
        return [builder.lane(target, batcher) for target, batcher in zip(self._targets, batchers, strict=True)]

    def _worker_lanes(self, inbox: ChannelInbox, stack: ExitStack) -> list[Lane]:
        """Lanes to targets that workers open; those of this process have shown that they can be."""
        plan, config = self._plan, self._plan.config
        settings = [each for chain in plan.chains.values() for each in chain]
        start = Start(config, self._run_id, self._files.started_us, plan.inputs.sources, settings, plan.heads)
        queues = [WorkerQueue() for _ in settings]
        self._preparation = self._pool = WorkerPool(
            self._workers,
            ChunkCache(plan.inputs.sources, self._parser_of),
            start=partial(WorkerProcess, start.packed(), inbox),
            post=inbox.put,
            left_in=self._left_in,
            waiting_at=lambda worker: sum(queue.fresh_at(worker) for queue in queues),
        )
        stack.callback(self._pool.close)
        builder = LaneBuilder(config.breaker, config.concurrency)
        return [
            builder.lane(
                RemoteTarget(number, target.name, repeatable=target.repeatable, keyed=target.keyed),
                RemoteLimit(self._pool, number, target.batcher()),
                queue,
            )
            for number, (target, queue) in enumerate(zip(self._targets, queues, strict=True))
        ]

    def _open_endpoint(self, settings: TargetSettings, stack: ExitStack) -> Target:
        config = self._plan.config
        context = Context.of(config, self._run_id, self._files.started_us, self._clock.wall, self._plan.schema)
        opener = Opener(
            context, config.retry, inbox=self._inbox, clock=self._clock, chance=random.random, notify=self._tell
        )
        endpoint = opener.open(settings)
        self._repetition[endpoint.name] = preview_of(endpoint).repetition
        stack.callback(endpoint.close)
        self._warnings += bind(self._plan.inputs, endpoint)
        return endpoint

    def _open_parsers(self) -> Mapping[int, Parser]:
        return {source.index: self._parser(source.index) for source in self._plan.inputs.sources}

    def _parser(self, index: int) -> Parser:
        replay = self._plan.replay
        if replay is None:
            return parser_for(self._plan.inputs.sources[index], self._plan.config.input)
        selection = replace(replay.selection, repeatable=self._may_repeat)
        return DlqParser(selection, replay.settled[index], self._files.seen_in(index))

    def _may_repeat(self, target: str) -> bool:
        """Whether letters of rows that may have arrived at a target may go there again."""
        return not self._targets or self._targets[self._lane_of(target)].repeatable

    def open_chunk_reader(self, stack: ExitStack) -> ThreadedChunkReader:
        """What reads the inputs; nothing is read before it is asked."""
        sources = self._plan.inputs.sources
        plan, resume_state, start = self._plan, self._files.resume_state, self._files.start
        chunk_reader = ThreadedChunkReader(
            chunks(plan.inputs, max_wait=plan.config.batch.max_wait, recorded=resume_state.recorded, start=start),
            self._inbox.put,
            rows_in=self._rows_in,
            counts=not any(source.stream for source in sources),
        )
        stack.callback(chunk_reader.close)
        return chunk_reader

    def _rows_in(self, chunk: Chunk) -> int:
        """Rows of the input in a chunk that was not taken up: letters that are left out are none."""
        replay = self._plan.replay
        if replay is None:
            return chunk.rows
        # A parser of its own: what is only counted is not on its way, and leaves nothing to be remembered.
        settled = replay.settled[chunk.source.index]
        counting = DlqParser(replay.selection, settled, lambda _offset, _mark: None)
        return chunk.rows - len(counting.parse(chunk).skipped)

    def _coordinator(self, chunk_reader: ThreadedChunkReader) -> Coordinator:
        plan, config = self._plan, self._plan.config
        settings = Settings(
            config.errors,
            config.concurrency.max_held,
            config.batch.max_wait,
            config.checkpoint.every,
            config.timeouts.run,
            config.timeouts.write,
            after_errors(plan),
        )
        admission = Admission(
            self._ledger, self._pump, self._preparation, self._files.resume_state, self._files.start.number
        )
        return Coordinator(
            settings,
            self._pump,
            self._ledger,
            self._files.commit,
            inbox=self._inbox,
            chunk_reader=chunk_reader,
            admission=admission,
            recovery=self._recovery(admission),
            rows_in=self._rows_in,
            clock=self._clock,
            notify=self._notify,
            show=self._show,
        )

    def _recovery(self, admission: Admission) -> Recovery | None:
        if self._pool is None:
            return None
        return Recovery(self._pool, self._pump, admission, left_in=self._left_in, notify=self._notify)

    def _parser_of(self, source: Source) -> Parser:
        return self._parsers[source.index]

    def _lane_of(self, target: str) -> int:
        """The number of the lane to a target, as letters name it; the run's own if they name another."""
        heads = self._plan.heads
        return heads[target] if target in heads else heads[""]

    def _prepare_again(self, lane: int, batch: Batch, then: Callable[[PreparedChunk], None]) -> None:
        self._preparation.prepare_again(lane, batch, then)

    def _left_in(self, chunk: Chunk) -> int:
        return self._ledger.states.left_in(chunk)

    def _show(self) -> None:
        elapsed = self._clock.now() - self._started
        self._screen.update(snapshot(self._plan, self._ledger, self._pump, self._clock, elapsed))


def _channel_inbox(stack: ExitStack) -> ChannelInbox:
    inbox = ChannelInbox()
    stack.callback(inbox.close)
    return inbox


@contextmanager
def _signals(inbox: Inbox) -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP reach the run as messages while it lasts."""

    def handle(number: int, _frame: object) -> None:
        inbox.put(Interrupt(signal.Signals(number).name))

    with handled(handle):
        yield
