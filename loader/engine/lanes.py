"""Construction of lanes from the settings that all lanes share."""

from __future__ import annotations

from loader.config import sections
from loader.engine.lane import Lane
from loader.engine.queues import BatchQueue, DueQueue, OrderedQueue
from loader.resilience.breaker import Breaker
from loader.resilience.concurrency import concurrency_limit
from loader.resilience.gate import Gate
from loader.targets.base import Sender, SizeLimit


class LaneBuilder:
    """Makes lanes; one request in flight means file order."""

    def __init__(self, breaker: sections.BreakerSettings, concurrency: sections.Concurrency) -> None:
        self._breaker = breaker
        self._concurrency = concurrency

    def lane(self, target: Sender, batcher: SizeLimit, queue: BatchQueue | None = None) -> Lane:
        """A new lane to `target`, for which `batcher` makes batches, with a breaker, a gate and a limit of its own."""
        cap = self._concurrency.max_in_flight
        queue = queue or (OrderedQueue() if cap == 1 else DueQueue())
        limit = concurrency_limit(self._concurrency)
        return Lane(target, batcher, queue=queue, breaker=Breaker(self._breaker), gate=Gate(cap), limit=limit)
