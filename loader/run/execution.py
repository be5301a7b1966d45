"""Executions: where rows are prepared and sent, in this process or in worker processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from loader.engine.inbox import Inbox
from loader.engine.lanes.queues import BatchQueue, WorkerQueue, queue_for
from loader.preparation.base import InProcessPreparation, Preparation
from loader.preparation.preparer import Preparer
from loader.rows import Chunk, Source
from loader.sources.parser import Parser
from loader.targets.base import Sender, SizeLimit, Target
from loader.workers.pool import RemoteLimit, RemoteTarget, WorkerPool
from loader.workers.references import ChunkCache
from loader.workers.spawn import Link


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be prepared and sent.

    `targets` are opened, one a lane in their order; `heads` gives the number of the lane to the target that a group of
    rows names, "" being the run's own. `parsers` are by the index of the source. `left_in` tells how many rows of a
    chunk are not settled. `max_in_flight` is over all lanes.
    """

    sources: Sequence[Source]
    parsers: Mapping[int, Parser]
    targets: Sequence[Target]
    heads: Mapping[str, int]
    left_in: Callable[[Chunk], int]
    max_in_flight: int

    def parser_of(self, source: Source) -> Parser:
        return self.parsers[source.index]

    def lane_of(self, target: str) -> int:
        """The number of the lane to a target, as letters name it; that of the run's own if they name another."""
        return self.heads[target] if target in self.heads else self.heads[""]


@dataclass(frozen=True, slots=True)
class Executor:
    """What prepares the rows of one load and sends them; senders, limits and queues are one a lane, in their order.

    `pool` are the processes that do it, if it is not this one.
    """

    preparation: Preparation
    senders: Sequence[Sender]
    limits: Sequence[SizeLimit]
    queues: Sequence[BatchQueue]
    pool: WorkerPool | None = None


class Execution(Protocol):
    """A way to run the work of one load."""

    @property
    def inbox(self) -> Inbox:
        """Where messages to the engine are left from now on."""

    def start(self, work: Work) -> Executor:
        """Begin; messages of what is begun come through the inbox."""


class InProcess:
    """This process does all of it."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox

    def start(self, work: Work) -> Executor:
        batchers = [target.batcher() for target in work.targets]
        queues = [queue_for(work.max_in_flight) for _ in work.targets]
        preparation = InProcessPreparation(
            Preparer(batchers, parser_of=work.parser_of, lane_of=work.lane_of),
            waiting=lambda: sum(queue.fresh for queue in queues),
            post=self.inbox.put,
        )
        return Executor(preparation, work.targets, batchers, queues)


class WorkerProcesses:
    """Other processes do it; the targets that this one opened have shown that they can be."""

    def __init__(self, size: int, inbox: Inbox, start: Callable[[Callable[[object], None]], Link]) -> None:
        """`start` starts one, whose reports go to the function that it is given."""
        self.inbox = inbox
        self._size = size
        self._start = start
        self._pool: WorkerPool | None = None

    def start(self, work: Work) -> Executor:
        queues = [WorkerQueue() for _ in work.targets]
        pool = self._pool = WorkerPool(
            self._size,
            ChunkCache(work.sources, work.parser_of),
            start=self._start,
            post=self.inbox.put,
            left_in=work.left_in,
            waiting_at=lambda worker: sum(queue.fresh_at(worker) for queue in queues),
        )
        lanes = list(enumerate(work.targets))
        senders = [
            RemoteTarget(number, target.name, repeatable=target.repeatable, keyed=target.keyed)
            for number, target in lanes
        ]
        limits = [RemoteLimit(pool, number, target.batcher()) for number, target in lanes]
        return Executor(pool, senders, limits, queues, pool)

    def close(self) -> None:
        """End them, at once. Idempotent."""
        if self._pool is not None:
            self._pool.close()
