"""Construction of lanes from the settings that all lanes share."""

from __future__ import annotations

from loader.config import sections
from loader.engine.lanes.lane import Lane
from loader.engine.lanes.queues import BatchQueue
from loader.resilience.breaker import Breaker
from loader.resilience.concurrency import concurrency_limit
from loader.resilience.gate import Gate
from loader.targets.base import Sender, SizeLimit


def new_lane(
    target: Sender,
    batcher: SizeLimit,
    queue: BatchQueue,
    breaker: sections.BreakerSettings,
    concurrency: sections.Concurrency,
) -> Lane:
    """A lane to `target`, for which `batcher` makes batches, with a breaker, a gate and a limit of its own."""
    limit = concurrency_limit(concurrency)
    gate = Gate(concurrency.max_in_flight)
    return Lane(target, batcher, queue=queue, breaker=Breaker(breaker), gate=gate, limit=limit)
