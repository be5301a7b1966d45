"""Assembly of a run: the parts of the engine joined, from the bottom up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from loader.clock import Clock
from loader.config import Config
from loader.dlq.letter_factory import LetterFactory
from loader.engine.admission import Admission
from loader.engine.chunk_reader import ChunkReader
from loader.engine.coordinator import Coordinator, End
from loader.engine.input_progress import InputProgress
from loader.engine.judge import Policies
from loader.engine.lanes.lane import Lane
from loader.engine.lanes.making import new_lane
from loader.engine.periodic import Commit, PeriodicWork
from loader.engine.pump import Pump
from loader.engine.recovery import Recovery
from loader.engine.settings import Settings
from loader.engine.stop import Stop
from loader.engine.stopping import Stopping
from loader.events import Observer
from loader.ledger.ledger import Ledger, Marks
from loader.ledger.resume_state import ResumeState
from loader.resilience.rate import RateLimit
from loader.rows import Source
from loader.run.executions.base import Execution, Executor, LoadWork
from loader.run.input_kinds import InputKind
from loader.sources import Start
from loader.targets.base import Target


@dataclass(frozen=True, slots=True)
class Opened:
    """Targets that stand open, one a lane.

    `heads` gives the number of the lane to the target that a group of rows names ("" is the run's own), `fallbacks`
    that of the one behind a lane. `stop` says why they could not all be opened: then the run ends before it begins.
    """

    targets: Sequence[Target]
    heads: Mapping[str, int]
    fallbacks: Mapping[int, int] = field(default_factory=dict)
    stop: Stop | None = None

    def repeatable(self, target: str) -> bool:
        """Whether a row may be sent twice to the target of that name; of one that is not there, to the run's own."""
        number = self.heads.get(target, self.heads.get("", 0))
        return number >= len(self.targets) or self.targets[number].repeatable


@dataclass(frozen=True, slots=True)
class RunInputs:
    """What is read: the inputs, what they are made of, and what reads them; that has read nothing yet."""

    sources: Sequence[Source]
    kind: InputKind
    reader: ChunkReader


@dataclass(frozen=True, slots=True)
class Records:
    """What keeps the fates of rows, and what earlier parts of the run have kept.

    `limits` are byte limits by target that earlier parts have learned. `start` is where this part begins to read.
    """

    commit: Commit
    letter_factory: LetterFactory
    resume_state: ResumeState
    marks: Marks | None = None
    start: Start = field(default_factory=Start)
    limits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run has around it.

    `chance` gives numbers from 0 to 1 for the spread of retries. `notify` is told of events, `show` is called a few
    times a second.
    """

    clock: Clock
    chance: Callable[[], float]
    notify: Observer
    show: Callable[[Ledger, Pump], None]


@dataclass(frozen=True, slots=True)
class Run:
    """One load, joined and not begun. Used by the thread that calls `run`."""

    ledger: Ledger
    pump: Pump
    coordinator: Coordinator

    def run(self) -> End:
        """Load to the end; see `Coordinator.run`."""
        return self.coordinator.run()


def assemble(
    config: Config, inputs: RunInputs, opened: Opened, records: Records, execution: Execution, world: Surroundings
) -> Run:
    """The parts of one load, each given what it needs of those before it.

    Nothing is read or sent yet, but `execution` is begun.
    """
    clock, notify = world.clock, world.notify
    ledger = Ledger(
        records.letter_factory, records.commit, marks=records.marks, limits=config.errors, clock=clock, notify=notify
    )
    if records.resume_state.last is not None:
        ledger.restore(records.resume_state.last, taken=records.start.ordinal)
    left_in = ledger.states.left_in
    parsers = {source.index: inputs.kind.parser(source, opened.repeatable) for source in inputs.sources}
    work = LoadWork(inputs.sources, parsers, opened.targets, opened.heads, left_in, config.concurrency.max_in_flight)
    executor = execution.start(work)
    pump = Pump(
        _policies(config),
        _lanes(config, executor, opened, records.limits),
        ledger,
        post=execution.inbox.put,
        prepare_again=executor.preparation.prepare_again,
        clock=clock,
        chance=world.chance,
        rate=RateLimit(config.rate),
        notify=notify,
    )
    if opened.stop is not None:
        pump.state.request_stop(opened.stop)
    admission = Admission(ledger, pump, executor.preparation, records.resume_state, records.start.number)
    settings = _settings(config, inputs.kind.after_errors)
    stopping = Stopping(pump.state, settings.grace, clock, notify)
    periodic = PeriodicWork(
        settings,
        ledger,
        records.commit,
        stopping,
        open_requests=lambda: chain(pump.open_requests, admission.open_requests),
        clock=clock,
        notify=notify,
        show=lambda: world.show(ledger, pump),
    )
    pool = executor.pool
    coordinator = Coordinator(
        settings,
        pump,
        ledger,
        stopping=stopping,
        periodic=periodic,
        inbox=execution.inbox,
        input_progress=InputProgress(inputs.reader, inputs.kind.rows_in),
        admission=admission,
        recovery=None if pool is None else Recovery(pool, pump, admission, left_in=left_in, notify=notify),
        clock=clock,
        notify=notify,
    )
    return Run(ledger, pump, coordinator)


def _lanes(config: Config, executor: Executor, opened: Opened, limits: Mapping[str, int]) -> list[Lane]:
    parts = zip(executor.senders, executor.limits, executor.queues, strict=True)
    lanes = [new_lane(*part, config.breaker, config.concurrency) for part in parts]
    for number, fallback in opened.fallbacks.items():
        lanes[number].fallback = lanes[fallback]
    for lane in lanes:
        if lane.name in limits:
            lane.batcher.limit_to(limits[lane.name])
    return lanes


def _policies(config: Config) -> Policies:
    in_flight = config.concurrency.max_in_flight
    return Policies(config.retry, config.throttle, config.breaker, config.timeouts.row, in_flight)


def _settings(config: Config, after_errors: str) -> Settings:
    return Settings(
        errors=config.errors,
        max_held=config.concurrency.max_held,
        max_wait=config.batch.max_wait,
        checkpoint_every=config.checkpoint.every,
        run_timeout=config.timeouts.run,
        write_timeout=config.timeouts.write,
        after_errors=after_errors,
    )
