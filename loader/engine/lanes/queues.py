"""Queues of a lane: batches by due time, in turns between workers, or strictly in file order."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator
from typing import Protocol

from loader.engine.pending import Pending
from loader.workers.handle import WorkerHandle
from loader.workers.references import worker_of


class BatchQueue(Protocol):
    """Batches that wait to be sent. Batches that were settled meanwhile are passed over."""

    def add(self, pending: Pending) -> None:
        """A batch that was never sent, in file order."""

    def again(self, pending: Pending) -> None:
        """A batch to be sent again, not before its `due`."""

    def pop(self, now: float) -> Pending | None:
        """The next batch that may go at `now`."""

    def next_due(self) -> float | None:
        """When `pop` may have something, None when nothing is queued; in the past when it has."""

    def __iter__(self) -> Iterator[Pending]:
        """All that wait, in no order."""

    @property
    def fresh(self) -> int:
        """How many batches wait that were never sent."""


class DueQueue:
    """Batches to be sent again go first as they fall due; a waiting one holds nothing up."""

    def __init__(self) -> None:
        self._fresh: deque[Pending] = deque()
        self._again: list[tuple[float, Pending]] = []

    def add(self, pending: Pending) -> None:
        self._fresh.append(pending)

    def again(self, pending: Pending) -> None:
        heapq.heappush(self._again, (pending.due, pending))

    def pop(self, now: float) -> Pending | None:
        self._drop_settled()
        if self._again and self._again[0][0] <= now:
            return heapq.heappop(self._again)[1]
        return self._fresh.popleft() if self._fresh else None

    def next_due(self) -> float | None:
        self._drop_settled()
        if self._fresh:
            return self._fresh[0].due
        return self._again[0][0] if self._again else None

    def __iter__(self) -> Iterator[Pending]:
        yield from (p for p in self._fresh if not p.settled)
        yield from (p for _, p in self._again if not p.settled)

    @property
    def fresh(self) -> int:
        return len(self._fresh)

    def _drop_settled(self) -> None:
        _drop_settled(self._fresh)
        while self._again and self._again[0][1].settled:
            heapq.heappop(self._again)


class OrderedQueue:
    """File order: the first batch goes first, and while it waits nothing overtakes it."""

    def __init__(self) -> None:
        self._heap: list[tuple[Pending, bool]] = []  # and whether it was given by `add`
        self._fresh = 0

    def add(self, pending: Pending) -> None:
        self._fresh += 1
        heapq.heappush(self._heap, (pending, True))

    def again(self, pending: Pending) -> None:
        heapq.heappush(self._heap, (pending, False))

    def pop(self, now: float) -> Pending | None:
        due = self.next_due()
        return self._pop() if due is not None and due <= now else None

    def _pop(self) -> Pending:
        # What comes from another lane was sent there: whether it is fresh here, the batch itself does not tell.
        pending, fresh = heapq.heappop(self._heap)
        self._fresh -= fresh
        return pending

    def next_due(self) -> float | None:
        while self._heap and self._heap[0][0].settled:
            self._pop()
        return self._heap[0][0].due if self._heap else None

    def __iter__(self) -> Iterator[Pending]:
        return (pending for pending, _ in self._heap if not pending.settled)

    @property
    def fresh(self) -> int:
        return self._fresh


class WorkerQueue:
    """As `DueQueue`, for batches at workers: of those never sent, one goes whose worker has least under way."""

    def __init__(self) -> None:
        self._again = DueQueue()
        self._fresh: dict[WorkerHandle, deque[Pending]] = {}
        self._picked: dict[WorkerHandle, int] = {}  # what went at `_now`: the workers do not know of it yet
        self._now = 0.0

    def add(self, pending: Pending) -> None:
        self._fresh.setdefault(worker_of(pending.batch), deque()).append(pending)

    def again(self, pending: Pending) -> None:
        self._again.again(pending)

    def pop(self, now: float) -> Pending | None:
        self._drop_settled()
        return self._again.pop(now) or self._pop_fresh(now)

    def _pop_fresh(self, now: float) -> Pending | None:
        if now != self._now:
            self._now = now
            self._picked.clear()
        if not self._fresh:
            return None
        picked = self._picked
        worker = min(self._fresh, key=lambda each: each.under_way + picked.get(each, 0))
        picked[worker] = picked.get(worker, 0) + 1
        fresh = self._fresh[worker]
        pending = fresh.popleft()
        if not fresh:
            del self._fresh[worker]
        return pending

    def next_due(self) -> float | None:
        self._drop_settled()
        for fresh in self._fresh.values():
            return fresh[0].due
        return self._again.next_due()

    def __iter__(self) -> Iterator[Pending]:
        for fresh in self._fresh.values():
            yield from (p for p in fresh if not p.settled)
        yield from self._again

    @property
    def fresh(self) -> int:
        return sum(map(len, self._fresh.values()))

    def fresh_at(self, worker: WorkerHandle) -> int:
        """How many of the batches never sent lie at one worker."""
        return len(self._fresh.get(worker, ()))

    def _drop_settled(self) -> None:
        for worker in [worker for worker, fresh in self._fresh.items() if fresh[0].settled]:
            _drop_settled(self._fresh[worker])
            if not self._fresh[worker]:
                del self._fresh[worker]


def _drop_settled(fresh: deque[Pending]) -> None:
    """What came from another lane may run out of time here; what lies at a worker that is lost is settled, too."""
    while fresh and fresh[0].settled:
        fresh.popleft()


def queue_for(max_in_flight: int) -> BatchQueue:
    """The queue of a lane to a target that this process opened: one request in flight means file order."""
    return OrderedQueue() if max_in_flight == 1 else DueQueue()
