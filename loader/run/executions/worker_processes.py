"""Execution in worker processes: they prepare and send, this one decides."""

from __future__ import annotations

from collections.abc import Callable

from loader.engine.inbox import Inbox
from loader.engine.lanes.queues import WorkerQueue
from loader.run.executions.base import Executor, LoadWork
from loader.workers.pool import RemoteLimit, RemoteTarget, WorkerPool
from loader.workers.references import ChunkCache
from loader.workers.spawn import Link


class WorkerProcesses:
    """Other processes do it; the targets that this one opened have shown that they can be."""

    def __init__(self, size: int, inbox: Inbox, start: Callable[[Callable[[object], None]], Link]) -> None:
        """`start` starts one, whose reports go to the function that it is given."""
        self.inbox = inbox
        self._size = size
        self._start = start
        self._pool: WorkerPool | None = None

    def start(self, work: LoadWork) -> Executor:
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
