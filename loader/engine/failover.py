"""Failover: what becomes of batches while the breaker of their target is not closed, if it has a fallback."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from loader.engine.judge import Judge
from loader.engine.lanes.lane import Lane
from loader.engine.pending import Pending
from loader.engine.run_state import RunState
from loader.events import FailedOver, Observer
from loader.preparation.preparer import PreparedChunk
from loader.rows import Batch


@dataclass(frozen=True, slots=True)
class Moved:
    """A batch that goes to `fallback` was cut for it; comes back through the inbox."""

    pending: Pending
    fallback: Lane
    made: PreparedChunk


class PrepareForLane(Protocol):
    """Has the rows of a batch cut for another lane, by its number; `then` is called once, from any thread."""

    def __call__(self, lane: int, batch: Batch, then: Callable[[PreparedChunk], None]) -> None: ...


class Failover:
    """Batches on their way to fallbacks, each prepared anew for where it goes. Touched by the pump's thread alone."""

    def __init__(
        self,
        lanes: Sequence[Lane],
        judge: Judge,
        state: RunState,
        *,
        post: Callable[[Moved], None],
        prepare_again: PrepareForLane,
        notify: Observer,
    ) -> None:
        """`post` puts into the inbox what is then to be given to `on_moved`."""
        self._lanes = lanes
        self._judge = judge
        self._state = state
        self._post = post
        self._prepare_again = prepare_again
        self._notify = notify
        self._moving: Counter[Lane] = Counter()  # batches, by the lane to which they go

    @property
    def is_idle(self) -> bool:
        """Whether no batch is on its way."""
        return not any(self._moving.values())

    def move(self, lane: Lane, fallback: Lane, now: float) -> None:
        """Start on their way the batches that the lane's probes leave, as far as the fallback has room."""
        room = fallback.allowance(now) - fallback.queue.fresh - self._moving[fallback]
        while room > 0 and (pending := lane.pop_for_fallback(now)) is not None:
            room -= 1
            self._start(pending, fallback)
            self._notify(FailedOver(lane.name, fallback.name, len(pending)))

    def _start(self, pending: Pending, fallback: Lane) -> None:
        self._moving[fallback] += 1
        post, number = self._post, self._lanes.index(fallback)
        self._prepare_again(number, pending.batch, lambda made: post(Moved(pending, fallback, made)))

    def on_moved(self, moved: Moved) -> None:
        """Queue what a batch became for the fallback."""
        pending, fallback, history = moved.pending, moved.fallback, moved.pending.history.moved()
        self._moving[fallback] -= 1
        self._judge.prepared_again(pending.batch.rows.ordinals, moved.made.mended)
        successors: list[Pending] = []
        for _, ready in moved.made.prepared:
            for refused in ready.unfit:
                self._judge.end_unfit(fallback, refused, history)
            successors += [Pending(batch, history, pending.last) for batch in ready.batches]
        self._state.replace(pending, successors)
        for successor in successors:
            fallback.queue.add(successor)
