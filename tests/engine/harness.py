"""A turned clock, a scripted target and rows from nowhere: the engine without threads, files or sleeping."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

import msgspec

from loader.checkpoint.requests import SentRequest
from loader.config import Config, sections
from loader.contents import RawJson
from loader.dlq.letter_factory import LetterFactory
from loader.engine.chunk_reader import ChunkRead, InputEnded
from loader.engine.coordinator import End
from loader.engine.periodic import Commit
from loader.ledger.chunk_states import ChunkStates, OpenChunk
from loader.ledger.ledger import Ledger
from loader.ledger.resume_state import ResumeState, no_resume_state
from loader.outcomes import ACCEPTED, Cause, Ending, Fault, Result
from loader.preparation.preparer import Preparer
from loader.rows import Batch, Chunk, Layout, Rows, Source
from loader.run.assemble import Opened, Records, RunInputs, Surroundings, assemble
from loader.run.executions.in_process import InProcess
from loader.run.executions.worker_processes import WorkerProcesses
from loader.sources import Start
from loader.sources.parser import Group, Parsed, Parser
from loader.targets.base import Done, Prepared
from loader.workers.channel import Hangup
from loader.workers.messages import Broken, Order, Ready, Report, Work
from loader.workers.process import Worker

SOURCE = Source(0, "rows.jsonl", Layout("jsonl"), stream=False, size=None)


class TurnedClock:
    def __init__(self) -> None:
        self.time = 1000.0
        self.jump: Callable[[], float] = lambda: 0.0  # by which the clock for people was set

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return 1_700_000_000.0 + self.time + self.jump()


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
        rows = Rows(
            SOURCE, SOURCE.layout, ordinals, range(chunk.line, chunk.line + n), offsets, RawJson(chunk.data.split())
        )
        return Parsed((Group(rows),))


class NamedRows:
    """Fresh rows, by a parser that is given."""

    after_errors = ""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser

    def parser(self, source: Source, repeatable: Callable[[str], bool]) -> Parser:
        return self._parser

    def chosen(self, chunks: Iterable[Chunk], start: Start) -> Iterable[Chunk]:
        return chunks

    def rows_in(self, chunk: Chunk) -> int:
        return chunk.rows


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
        self.targets = [self._target(self.script, "target")]
        if self.fallback is not None:
            self.targets.append(self._target(self.fallback, "fallback"))
        self.target, self.other = self.targets[0], self.targets[-1]
        self.started_workers: list[ScriptedWorker] = []
        in_process = InProcess(self.inbox)
        workers = WorkerProcesses(self.workers, self.inbox, self._start_worker)
        self.load = assemble(
            self._config(),
            RunInputs((SOURCE,), NamedRows(self.parser), ScriptedChunkReader(self.inbox, self.rows, self.chunk_rows)),
            Opened(self.targets, {"": 0}, {0: 1} if self.fallback is not None else {}),
            Records(self.commit, LetterFactory("run", "target", lambda text: text), self.resume_state),
            in_process if self.workers == 1 else workers,
            Surroundings(self.clock, self.chance, self.events.append, lambda _ledger, _pump: None),
        )
        self.ledger, self.pump, self.coordinator = self.load.ledger, self.load.pump, self.load.coordinator
        self.lane = self.pump.lanes[0]

    def _target(self, script: Script, name: str) -> ScriptedTarget:
        target = ScriptedTarget(self.inbox, script, size=self.size, name=name)
        target.repeatable, target.keyed = self.repeatable, self.keyed
        return target

    def _config(self) -> Config:
        return Config(
            batch=sections.Batching(max_wait=1.0),
            concurrency=sections.Concurrency(self.max_in_flight, mode="fixed", max_held=self.max_held),
            retry=self.retry,
            throttle=self.throttle,
            breaker=self.breaker,
            timeouts=sections.Timeouts(row=self.row_timeout, run=self.run_timeout, write=30.0),
            errors=self.errors,
            checkpoint=sections.CheckpointSettings(every=1.0),
            rate=self.rate,
        )

    def _start_worker(self, hear: Callable[[object], None]) -> ScriptedWorker:
        self.started_workers.append(ScriptedWorker(self, hear))
        if len(self.started_workers) <= self.failed_starts:
            self.started_workers[-1].die()
        return self.started_workers[-1]

    def run(self) -> End:
        self.end = self.load.run()
        return self.end

    @property
    def recorded(self) -> MemoryRecorder:
        """What was made durable, where that is memory."""
        assert isinstance(self.commit, MemoryRecorder)
        return self.commit

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
    return [msgspec.json.decode(line) for line in world.recorded.lines]


class Facts(TypedDict, total=False):
    """What else a `Cause` may say."""

    retryable: bool
    fault: Fault
    retry_after: float | None
    throttled: bool
    timeout: bool
    hint: str


def refused(status: int, **more: Unpack[Facts]) -> Result:
    too_large = status == 413
    return Result(Cause(f"http_{status}", f"HTTP {status}", Ending.REFUSED, status=status, too_large=too_large, **more))


def retryable(status: int, **more: Unpack[Facts]) -> Result:
    facts: Facts = {"retryable": True, **more}
    return refused(status, **facts)


def throttled(wait: float | None = None, status: int = 429) -> Result:
    return retryable(status, throttled=True, retry_after=wait)


def ambiguous(kind: str = "reset", **more: Unpack[Facts]) -> Result:
    facts: Facts = {"retryable": True, **more}
    return Result(Cause(kind, kind, Ending.AMBIGUOUS, **facts))


def unsent(kind: str = "connect_refused", **more: Unpack[Facts]) -> Result:
    facts: Facts = {"retryable": True, **more}
    return Result(Cause(kind, kind, Ending.UNSENT, **facts))


def suspected(status: int = 404) -> Result:
    return refused(status, fault=Fault.SUSPECTED)
