"""A turned clock, a scripted target and rows from nowhere: the engine without threads, files or sleeping."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from loader.checkpoint.requests import SentRequest
from loader.config import sections
from loader.dlq.letter_factory import LetterFactory
from loader.engine.admission import Admission
from loader.engine.chunk_reader import ChunkRead, InputEnded
from loader.engine.coordinator import Commit, Coordinator, End, Settings
from loader.engine.judge import Policies
from loader.engine.lane import Lane
from loader.engine.lanes import LaneBuilder
from loader.engine.pump import Pump
from loader.engine.queues import WorkerQueue
from loader.engine.recovery import Recovery
from loader.ledger.chunk_states import ChunkStates, OpenChunk
from loader.ledger.ledger import Ledger
from loader.ledger.resume_state import ResumeState, no_resume_state
from loader.outcomes import ACCEPTED, Cause, Ending, Fault, Result
from loader.preparation.base import InProcessPreparation
from loader.preparation.preparer import PreparedChunk, Preparer
from loader.resilience.rate import RateLimit
from loader.rows import Batch, Chunk, Format, Layout, Rows, Source
from loader.sources.parser import Group, Parsed, Parser
from loader.targets.base import Done, Prepared
from loader.workers.channel import Hangup
from loader.workers.messages import Broken, Order, Ready, Report, Work
from loader.workers.pool import RemoteLimit, RemoteTarget, WorkerPool
from loader.workers.process import Worker
from loader.workers.references import ChunkCache

SOURCE = Source(0, "rows.jsonl", Layout(Format.JSONL), stream=False, size=None)


class TurnedClock:
    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return 1_700_000_000.0 + self.time


class TurnedInbox:
    """Messages by virtual time; waiting turns the clock to the next of them."""

    def __init__(self, clock: TurnedClock) -> None:
        self._clock = clock
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._now: deque[object] = deque()
        self._count = itertools.count()

    def put(self, message: object) -> None:
        self._now.append(message)

    def at(self, delay: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self._clock.time + delay, next(self._count), action))

    def get(self, timeout: float) -> object | None:
        end = self._clock.time + timeout
        while not self._now and self._due and self._due[0][0] <= end:
            when, _, action = heapq.heappop(self._due)
            self._clock.time = max(self._clock.time, when)
            action()
        if self._now:
            return self._now.popleft()
        self._clock.time = end
        return None


@dataclass
class Attempt:
    """One request as the target saw it."""

    number: int  # over all requests, from 1
    at: float
    names: tuple[str, ...]

    @property
    def ordinals(self) -> list[int]:
        return [int(name) for name in self.names]


Script = Callable[[Attempt], "Result | tuple[float, Result]"]


class CountBatcher:
    def __init__(self, size: int) -> None:
        self.size = size
        self.shrunk: list[int] = []
        self.limits: list[int] = []

    def add(self, rows: Rows) -> Prepared:
        parts = [rows.slice(i, i + self.size) for i in range(0, len(rows), self.size)]
        return Prepared([Batch(part, part.raw, [len(raw) for raw in part.raw]) for part in parts])

    def flush(self) -> Prepared:
        return Prepared(())

    def limit_to(self, max_bytes: int) -> None:
        self.limits.append(max_bytes)

    def shrink(self, batch: Batch) -> int:
        self.shrunk.append(len(batch))
        return sum(batch.sizes) // 2


class ScriptedTarget:
    """Answers as a function says, after the latency it says."""

    def __init__(self, inbox: TurnedInbox, script: Script, *, size: int = 1, name: str = "target") -> None:
        self._inbox = inbox
        self._script = script
        self._size = size
        self._name = name
        self.repeatable = True
        self.keyed = False
        self.batchers: list[CountBatcher] = []
        self.attempts: list[Attempt] = []
        self.accepted: Counter[str] = Counter()
        self.under_way = self.most_under_way = 0

    @property
    def name(self) -> str:
        return self._name

    def batcher(self) -> CountBatcher:
        self.batchers.append(CountBatcher(self._size))
        return self.batchers[-1]

    def submit(self, batch: Batch, done: Done) -> None:
        names = tuple(raw.decode() for raw in batch.payload)
        attempt = Attempt(len(self.attempts) + 1, self._inbox._clock.time, names)
        self.attempts.append(attempt)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        answer = self._script(attempt)
        latency, result = answer if isinstance(answer, tuple) else (0.01, answer)

        def answered() -> None:
            self.under_way -= 1
            for i, name in enumerate(names):
                if result.rows.get(i, result.cause) is None:
                    self.accepted[name] += 1
            done(result)

        self._inbox.at(latency, answered)

    def close(self) -> None:
        pass


class ScriptedWorker:
    """What a real worker process does, in virtual time and without a process; it dies when a test says so."""

    def __init__(self, world: World, hear: Callable[[object], None]) -> None:
        self.is_dead = False
        self.works: list[int] = []  # the numbers of the chunks it was given
        self._inbox = world.inbox
        self._hear = hear
        batchers = [target.batcher() for target in world.targets]
        preparer = Preparer(batchers, parser_of=lambda _: world.parser, lane_of=lambda _: 0)
        self._worker = Worker((SOURCE,), world.targets, preparer, say=self._say, wake=self._woken, now=world.clock.now)
        self._say(Ready())

    def send(self, order: Order) -> None:
        if isinstance(order, Work):
            self.works.append(order.number)
        self._inbox.at(0.001, lambda: self._do(order))

    def die(self) -> None:
        self.is_dead = True
        self._inbox.at(0.0, lambda: self._hear(Hangup()))

    def break_down(self) -> None:
        self.report_finally(Broken("ValueError: no", "Traceback: no"))

    def report_finally(self, word: Report) -> None:
        self._inbox.at(0.0, lambda: self._hear(word))
        self.die()

    def how_it_ended(self) -> str:
        return "worker process 1 ended by SIGKILL"

    def hang_up(self) -> None:
        self.is_dead = True

    def close(self) -> None:
        self.is_dead = True

    def _do(self, message: object) -> None:
        if not self.is_dead:
            self._worker.obey(message)
            self._worker.work()

    def _woken(self) -> None:
        for delay in (0.0, 0.002):
            self._inbox.at(delay, lambda: None if self.is_dead else self._worker.work())

    def _say(self, report: Report) -> None:
        said = msgspec.msgpack.encode([report])  # as it would have crossed
        self._inbox.at(0.0, lambda: None if self.is_dead else self._hear_all(said))

    def _hear_all(self, said: bytes) -> None:
        for report in msgspec.msgpack.decode(said, type=list[Report]):
            self._hear(report)


class ScriptedChunkReader:
    """Chunks of rows named by their ordinals, without a thread."""

    def __init__(self, inbox: TurnedInbox, rows: int, chunk_rows: int) -> None:
        self._inbox = inbox
        starts = range(0, rows, chunk_rows)
        self._chunks = [self._chunk(n, s, min(chunk_rows, rows - s)) for n, s in enumerate(starts)]

    @staticmethod
    def _chunk(number: int, start: int, count: int) -> Chunk:
        data = b"".join(b"%d\n" % i for i in range(start, start + count))
        return Chunk(number, SOURCE, start, start + 1, start * 8, count, data, 0)

    def ask(self) -> None:
        self._inbox.put(ChunkRead(self._chunks.pop(0)) if self._chunks else InputEnded())

    def count_rest(self, timeout: float) -> int:
        return sum(chunk.rows for chunk in self._chunks)

    def close(self) -> None:
        self._chunks.clear()


class NameParser:
    def parse(self, chunk: Chunk) -> Parsed:
        n = chunk.rows
        offsets = range(chunk.offset, chunk.offset + 8 * n, 8)
        ordinals = range(chunk.ordinal, chunk.ordinal + n)
        rows = Rows(SOURCE, SOURCE.layout, ordinals, range(chunk.line, chunk.line + n), offsets, chunk.data.split())
        return Parsed((Group(rows),))


class MemoryRecorder:
    """Letters in memory; every sync checks the law of rows."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.notes: list[list[int]] = []

    def append(self, lines: bytes) -> None:
        self.lines.extend(lines.splitlines(keepends=True))

    def note(self, batches: Sequence[Sequence[int]]) -> None:
        self.notes.extend(list(batch) for batch in batches)

    def send(self, target: str, requests: Sequence[Sequence[int]], opened: Sequence[OpenChunk]) -> None:
        pass

    def accept(self, target: str, ordinals: Sequence[int]) -> None:
        pass

    def sync(self, ledger: Ledger, open_requests: Iterable[SentRequest], *, final: bool) -> None:
        assert ledger.states.pending == ledger.handed_back


@dataclass
class World:
    """One load in virtual time."""

    rows: int = 1
    size: int = 1  # rows a request
    chunk_rows: int = 100
    script: Script = lambda _: ACCEPTED
    fallback: Script | None = None
    repeatable: bool = True
    keyed: bool = False
    max_in_flight: int = 10
    max_held: int = 2**30
    chance: Callable[[], float] = lambda: 0.5
    retry: sections.Retry = sections.Retry()
    throttle: sections.Throttle = sections.Throttle()
    breaker: sections.BreakerSettings = sections.BreakerSettings()
    errors: sections.Errors = sections.Errors(max_error_ratio=1.0)
    row_timeout: float = 0.0
    run_timeout: float = 0.0
    rate: sections.Rate = sections.Rate()
    parser: Parser = NameParser()
    commit: Commit = field(default_factory=MemoryRecorder)
    resume_state: ResumeState = field(default_factory=lambda: no_resume_state("run"))
    workers: int = 1
    failed_starts: int = 0  # how many workers die before they are ready
    events: list = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = TurnedClock()
        self.began = self.clock.time
        self.inbox = TurnedInbox(self.clock)
        self.target = ScriptedTarget(self.inbox, self.script, size=self.size)
        self.target.repeatable, self.target.keyed = self.repeatable, self.keyed
        self.ledger = self._ledger()
        policies = Policies(self.retry, self.throttle, self.breaker, self.row_timeout, self.max_in_flight)
        self.pump = Pump(
            policies,
            self.ledger,
            post=self.inbox.put,
            prepare_again=self._prepare_again,
            clock=self.clock,
            chance=self.chance,
            rate=RateLimit(self.rate),
            notify=self.events.append,
        )
        lanes = LaneBuilder(self.breaker, sections.Concurrency(self.max_in_flight, mode="fixed"))
        self.targets = [self.target]
        if self.fallback is not None:
            self.other = ScriptedTarget(self.inbox, self.fallback, size=self.size, name="fallback")
            self.other.repeatable, self.other.keyed = self.repeatable, self.keyed
            self.targets.append(self.other)
        self.started_workers: list[ScriptedWorker] = []
        self.pump.lanes += self._own_lanes(lanes) if self.workers == 1 else self._worker_lanes(lanes)
        self.lane = self.pump.lanes[0]
        if self.fallback is not None:
            self.lane.fallback = self.pump.lanes[1]

    def _own_lanes(self, lanes: LaneBuilder) -> list[Lane]:
        batchers = [target.batcher() for target in self.targets]
        preparer = Preparer(batchers, parser_of=lambda _: self.parser, lane_of=lambda _: 0)
        self.preparation = InProcessPreparation(preparer, lambda: self.pump.fresh, self.inbox.put)
        return list(map(lanes.lane, self.targets, batchers))

    def _worker_lanes(self, lanes: LaneBuilder) -> list[Lane]:
        queues = [WorkerQueue() for _ in self.targets]
        self.preparation = WorkerPool(
            self.workers,
            ChunkCache((SOURCE,), lambda _: self.parser),
            start=self._start_worker,
            post=self.inbox.put,
            left_in=self.states.left_in,
            waiting_at=lambda station: sum(queue.fresh_at(station) for queue in queues),
        )
        return [
            lanes.lane(
                RemoteTarget(i, target.name, repeatable=target.repeatable, keyed=target.keyed),
                RemoteLimit(self.preparation, i, target.batcher()),
                queues[i],
            )
            for i, target in enumerate(self.targets)
        ]

    def _start_worker(self, hear: Callable[[object], None]) -> ScriptedWorker:
        self.started_workers.append(ScriptedWorker(self, hear))
        if len(self.started_workers) <= self.failed_starts:
            self.started_workers[-1].die()
        return self.started_workers[-1]

    def _prepare_again(self, lane: int, batch: Batch, then: Callable[[PreparedChunk], None]) -> None:
        self.preparation.prepare_again(lane, batch, then)

    def _ledger(self) -> Ledger:
        ledger = Ledger(
            LetterFactory("run", "target", lambda text: text),
            self.commit,
            marks=None,
            limits=self.errors,
            clock=self.clock,
            notify=self.events.append,
        )
        if self.resume_state.last is not None:
            ledger.restore(self.resume_state.last)
        return ledger

    def run(self) -> End:
        settings = Settings(self.errors, self.max_held, 1.0, 1.0, self.run_timeout, 30.0)
        admission = Admission(self.ledger, self.pump, self.preparation, self.resume_state)
        self.coordinator = Coordinator(
            settings,
            self.pump,
            self.ledger,
            self.commit,
            inbox=self.inbox,
            chunk_reader=ScriptedChunkReader(self.inbox, self.rows, self.chunk_rows),
            admission=admission,
            recovery=self._recovery(admission),
            rows_in=lambda chunk: chunk.rows,
            clock=self.clock,
            notify=self.events.append,
            show=lambda: None,
        )
        self.end = self.coordinator.run()
        return self.end

    def _recovery(self, admission: Admission) -> Recovery | None:
        if self.workers == 1:
            return None
        return Recovery(self.preparation, self.pump, admission, left_in=self.states.left_in, notify=self.events.append)

    @property
    def states(self) -> ChunkStates:
        return self.ledger.states

    def seen(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]


def totals(world: World) -> tuple[int, int, int]:
    """Rows that were delivered, rejected, unknown."""
    t = world.ledger.totals
    return t.delivered, t.rejected, t.unknown


def letters(world: World) -> list[dict]:
    """In the order in which they were written."""
    return [msgspec.json.decode(line) for line in world.commit.lines]


def refused(status: int, **more: object) -> Result:
    facts = {"status": status, "too_large": status == 413} | more
    return Result(Cause(f"http_{status}", f"HTTP {status}", Ending.REFUSED, **facts))


def retryable(status: int, **more: object) -> Result:
    return refused(status, retryable=True, **more)


def throttled(wait: float | None = None, status: int = 429) -> Result:
    return retryable(status, throttled=True, retry_after=wait)


def ambiguous(kind: str = "reset", **more: object) -> Result:
    return Result(Cause(kind, kind, Ending.AMBIGUOUS, retryable=True, **more))


def unsent(kind: str = "connect_refused", **more: object) -> Result:
    return Result(Cause(kind, kind, Ending.UNSENT, retryable=True, **more))


def suspected(status: int = 404) -> Result:
    return refused(status, fault=Fault.SUSPECTED)
