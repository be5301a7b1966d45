"""Every kind of target as a load has it: rows are prepared, batches are sent, and it can be seen what arrived."""

from __future__ import annotations

import contextlib
import itertools
import json
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from loader.config import Config
from loader.config.sections import Batching, FieldMapping
from loader.engine.inbox import Inbox, ThreadInbox
from loader.outcomes import Result
from loader.preparation.base import Preparation
from loader.preparation.preparer import PreparedChunk
from loader.rehearsal.recording_target import RecordingTarget
from loader.rows import Batch, Chunk, Layout, Source
from loader.run.executions.base import Execution, LoadWork
from loader.run.executions.in_process import InProcess
from loader.run.executions.worker_processes import WorkerProcesses
from loader.sources import parser_for
from loader.targets.base import Sender, SizeLimit, Target, UnfitRows
from loader.targets.cassandra.open_table import open_table
from loader.targets.cassandra.settings.cassandra_target import CassandraTarget
from loader.targets.dry_run import DryRun
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.settings.row_answers import MULTI_STATUS
from loader.targets.http.target import HttpEndpoint
from loader.workers.channel_inbox import ChannelInbox
from loader.workers.process import WorkerStart
from loader.workers.spawn import WorkerProcess
from tests.targets.cassandra.proxy import HoldingProxy
from tests.targets.http.conftest import context
from tests.targets.http.servers import Seen, answer, keep_alive, serving
from tests.targets.line_file import LineFile, LineFileTarget

SOURCE = Source(0, "rows.jsonl", Layout("jsonl"), stream=False, size=None)
WAIT = 60  # seconds for what comes at once, on a busy machine
BATCHING = Batching(size=4)
MAPPING = FieldMapping(fields={"name": "kind"})
GOOD, REFUSED = "good", "bad"


def row(number: int, kind: str = GOOD) -> bytes:
    """A row; the target refuses it if it is of the kind REFUSED and the target can refuse rows."""
    return json.dumps({"id": number, "kind": kind}).encode()


def misfit(number: int) -> bytes:
    """A row of which two fields would have one name at the target."""
    return json.dumps({"id": number, "kind": GOOD, "name": GOOD}).encode()


@dataclass
class Answers:
    """How attempts ended, as they came; `within` are those that came from within `submit`."""

    post: Callable[[object], None]
    results: deque[Result]
    within: int = 0
    submitting: int | None = None

    def take(self, result: Result) -> None:
        self.within += self.submitting == threading.get_ident()
        self.results.append(result)
        self.post(None)


class Side:
    """A target and what prepares rows for it, in this process or in another.

    `stored` gives the numbers of the rows that arrived, None where that is not to be seen; `bytes_of` how many bytes of
    requests so many rows of these sizes are, `carried` how many went over the wire. `hold` keeps answers back until
    `release` is called. `refuses` says whether it refuses rows of the kind REFUSED, `has_misfits` whether rows can be
    unfit.
    """

    def __init__(self, inbox: Inbox, preparation: Preparation, target: Sender, limit: SizeLimit) -> None:
        self.target = target
        self.limit = limit
        self.refuses = self.has_misfits = True
        self.stored: Callable[[], Sequence[int]] | None = None
        self.carried: Callable[[], int] | None = None
        self.around: Callable[[int], int] = lambda rows: rows + 1  # brackets, and commas between rows
        self.hold: Callable[[], None] = lambda: None
        self.release: Callable[[], None] = lambda: None
        self._inbox = inbox
        self._preparation = preparation
        self._answers = Answers(inbox.put, deque())
        self._prepared: deque[PreparedChunk] = deque()
        self._numbers = itertools.count()
        self._ordinal = 0

    def prepare(self, *rows: bytes) -> tuple[list[Batch], list[UnfitRows]]:
        """All batches of these rows, and what does not fit."""
        data = b"".join(each + b"\n" for each in rows)
        chunk = Chunk(next(self._numbers), SOURCE, self._ordinal, 1, 0, len(rows), data, len(data))
        self._ordinal += len(rows)
        self._preparation.open(chunk)
        self._preparation.take(chunk, ())
        made = [self._next_prepared() for _ in range(1 + self._preparation.flush())]
        ready = [prepared for each in made for _, prepared in each.prepared]
        return [batch for each in ready for batch in each.batches], [part for each in ready for part in each.unfit]

    def send(self, *batches: Batch) -> list[Result]:
        """One attempt at each, all at once; their results in the order in which they came."""
        for batch in batches:
            self.submit(batch)
        return [self.next_result() for _ in batches]

    def submit(self, batch: Batch) -> None:
        answers = self._answers
        answers.submitting = threading.get_ident()
        self.target.submit(batch, answers.take)
        answers.submitting = None

    def next_result(self) -> Result:
        while not self._answers.results:
            self._serve()
        return self._answers.results.popleft()

    @property
    def results_left(self) -> int:
        return len(self._answers.results)

    @property
    def from_within(self) -> int:
        """How many results came from within `submit`."""
        return self._answers.within

    def _next_prepared(self) -> PreparedChunk:
        while not self._prepared:
            self._serve()
        return self._prepared.popleft()

    def _serve(self) -> None:
        message = self._inbox.get(WAIT)
        if isinstance(message, PreparedChunk):
            self._prepared.append(message)
        else:
            assert message is None


def side_of(execution: Execution, target: Target) -> Side:
    work = LoadWork((SOURCE,), {0: parser_for(SOURCE, Config().input)}, (target,), {"": 0}, lambda chunk: chunk.rows, 4)
    executor = execution.start(work)
    return Side(execution.inbox, executor.preparation, executor.senders[0], executor.limits[0])


def in_process(target: Target) -> Side:
    return side_of(InProcess(ThreadInbox()), target)


# -- kinds


def _http(stack: ExitStack, make: Callable[[HttpTarget], Side]) -> Side:
    """A server that takes each row or refuses it."""
    flows = threading.Event()
    flows.set()
    arrived: list[int] = []
    carried: list[int] = []

    def respond(seen: Seen) -> bytes:
        flows.wait(WAIT)
        rows = json.loads(seen.body)
        arrived.extend(each["id"] for each in rows if each["kind"] != REFUSED)
        carried.append(len(seen.body))
        statuses = [{"status": 422 if each["kind"] == REFUSED else 201} for each in rows]
        return answer(207, json.dumps(statuses).encode())

    server = stack.enter_context(serving(keep_alive(respond)))
    stack.callback(flows.set)
    side = make(HttpTarget("api", server.url, items=MULTI_STATUS))
    side.stored, side.carried = lambda: arrived, lambda: sum(carried)
    side.hold, side.release = flows.clear, flows.set
    return side


def _opened(stack: ExitStack, settings: HttpTarget) -> HttpEndpoint:
    endpoint = HttpEndpoint(settings, context(batching=BATCHING, mapping=MAPPING))
    stack.callback(endpoint.close)
    return endpoint


def libcurl(stack: ExitStack, request: pytest.FixtureRequest) -> Side:
    pytest.importorskip("pycurl")
    return _http(stack, lambda settings: in_process(_opened(stack, settings)))


def urllib3(stack: ExitStack, request: pytest.FixtureRequest) -> Side:
    request.getfixturevalue("monkeypatch").setitem(sys.modules, "pycurl", None)  # as if it were not installed
    return _http(stack, lambda settings: in_process(_opened(stack, settings)))


def worker_process(stack: ExitStack, request: pytest.FixtureRequest) -> Side:
    def make(settings: HttpTarget) -> Side:
        inbox = ChannelInbox()
        stack.callback(inbox.close)
        start = WorkerStart(
            Config(batch=BATCHING, mapping=MAPPING), "run-1", 0, (SOURCE,), (settings,), {"": 0}
        ).packed()
        execution = WorkerProcesses(1, inbox, partial(WorkerProcess, start, inbox))
        stack.callback(execution.close)
        return side_of(execution, _opened(stack, settings))

    return _http(stack, make)


def recording_target(stack: ExitStack, request: pytest.FixtureRequest) -> Side:
    return _http(stack, lambda settings: in_process(RecordingTarget(_opened(stack, settings), lambda *_answer: None)))


def dry_run(stack: ExitStack, request: pytest.FixtureRequest) -> Side:
    target = DryRun(_opened(stack, HttpTarget("api", "http://no-such-host.invalid/")), lambda _text: None)
    stack.callback(target.close)
    side = in_process(target)
    side.refuses = False
    return side


def line_file(stack: ExitStack, request: pytest.FixtureRequest) -> Side:
    path: Path = request.getfixturevalue("tmp_path") / "stored"
    target = LineFileTarget(
        LineFile("", f"lines://{path}", refuse=REFUSED), context(batching=BATCHING, mapping=MAPPING)
    )
    stack.callback(target.close)
    side = in_process(target)
    side.stored = lambda: [json.loads(line)["id"] for line in path.read_text().splitlines()]
    side.carried = lambda: path.stat().st_size
    side.around = lambda rows: rows
    return side


def cassandra(stack: ExitStack, request: pytest.FixtureRequest) -> Side:
    contact, session, keyspace = map(request.getfixturevalue, ("cassandra", "session", "keyspace"))
    session.execute(f"CREATE TABLE {keyspace}.t (id int PRIMARY KEY, kind text)")
    proxy = HoldingProxy(contact.host, contact.port)
    stack.callback(proxy.close)
    settings = CassandraTarget("", replace(contact, host="127.0.0.1", port=proxy.port).url(f"{keyspace}.t"))
    target = open_table(settings, context(batching=BATCHING, mapping=MAPPING))
    stack.callback(target.close)
    side = in_process(target)
    side.refuses = False
    side.stored = lambda: [found.id for found in session.execute(f"SELECT id FROM {keyspace}.t")]
    side.hold, side.release = proxy.hold, proxy.release
    return side


KINDS = (libcurl, urllib3, worker_process, recording_target, dry_run, line_file, cassandra)


@contextlib.contextmanager
def opened(kind: Callable[[ExitStack, pytest.FixtureRequest], Side], request: pytest.FixtureRequest) -> Iterator[Side]:
    with ExitStack() as stack:
        yield kind(stack, request)
