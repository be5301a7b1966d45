"""Lane: the queue of one target, with its breaker, gate and concurrency limit."""

from __future__ import annotations

from typing import NamedTuple

from loader.engine.lanes.queues import BatchQueue
from loader.engine.pending import Pending
from loader.outcomes import Cause, Ending, Fault
from loader.resilience.breaker import Breaker, BreakerState, Change, Health
from loader.resilience.concurrency import ConcurrencyLimit
from loader.resilience.gate import Gate
from loader.targets.base import Sender, SizeLimit

# Answers of a suspected fault with nothing delivered after which the target, not the rows, is held to be at fault.
SUSPICIONS = 10


class Permit(NamedTuple):
    """What the policies gave a batch on its way out; they want it back with the answer."""

    at: float
    gate: int
    breaker: int
    limit: int


class Lane:
    """One target with its queue, breaker, gate and concurrency limit. Touched by the pump's thread alone."""

    def __init__(
        self,
        target: Sender,
        batcher: SizeLimit,
        *,
        queue: BatchQueue,
        breaker: Breaker,
        gate: Gate,
        limit: ConcurrencyLimit,
    ) -> None:
        self.target = target
        self.name = target.name
        self.batcher = batcher
        self.queue = queue
        self.breaker = breaker
        self.gate = gate
        self.limit = limit
        self.fallback: Lane | None = None
        self.in_flight = 0
        self.delivered = 0  # rows, in this part of the run
        self.suspicions = 0
        self.undecided: list[Pending] = []
        self.unreachable_since: float | None = None
        self.last_failure: Cause | None = None  # that speaks against the health of the target, or its way
        self.last_delivery = float("-inf")

    def allowance(self, now: float) -> int:
        """How many more batches may go to this target now."""
        allowed = min(self.gate.allowance(now), self.limit.limit) - self.in_flight
        probes = self.breaker.allowance(now)
        return max(0, allowed if probes is None else min(allowed, probes))

    def admit(self, now: float) -> Permit:
        """A batch goes out now."""
        self.in_flight += 1
        return Permit(now, self.gate.admit(), self.breaker.admit(), self.limit.admit())

    def record(self, admission: Permit, cause: Cause | None, *, accepted: int, congested: bool, now: float) -> Change:
        """An answer came for what was admitted: `cause` speaks for the request, None if any of it was accepted."""
        self.in_flight -= 1
        health = self._health(cause)
        self.limit.record(admission.limit, now - admission.at, congested)
        if accepted:
            self.delivered += accepted
            self.last_delivery = now
        if health is Health.FAILURE:
            self.last_failure = cause
        if health is Health.SUCCESS:
            self.gate.succeeded(admission.gate)
        self._watch_connection(cause, now)
        return self.breaker.record(admission.breaker, health, now)

    def withdraw(self, admission: Permit, now: float) -> None:
        """No answer comes for what was admitted, and the target is not to blame."""
        self.in_flight -= 1
        self.limit.record(admission.limit, now - admission.at, congested=False)
        self.breaker.record(admission.breaker, Health.NEUTRAL, now)

    def _health(self, cause: Cause | None) -> Health:
        """What an answer says of the target's health; refused rows and pace say nothing bad of it."""
        if cause is None:
            return Health.SUCCESS
        undelivered = self.delivered == 0
        if cause.throttled or (undelivered and (cause.ending is Ending.UNSENT or cause.fault is not Fault.NONE)):
            return Health.NEUTRAL
        failed = cause.retryable or cause.ending is not Ending.REFUSED
        return Health.FAILURE if failed else Health.SUCCESS

    def _watch_connection(self, cause: Cause | None, now: float) -> None:
        if cause is None or cause.ending is not Ending.UNSENT:
            self.unreachable_since = None
        elif self.unreachable_since is None:
            self.unreachable_since = now

    @property
    def is_tripped(self) -> bool:
        """Whether the breaker is open or half-open."""
        return self.breaker.state is not BreakerState.CLOSED

    def given_up(self, now: float, give_up_after: float) -> bool:
        """Whether the target has been down for too long; a fallback that delivers counts as an answer."""
        ends = self.breaker.gives_up_at or self._gives_up_unreachable_at(give_up_after)
        probing = (
            self.breaker.state is BreakerState.HALF_OPEN and self.in_flight > 0
        )  # the last probes may still succeed
        if ends is None or probing:
            return False
        if self.fallback is not None:
            ends = max(ends, self.fallback.last_delivery + give_up_after)
        return now >= ends

    def _gives_up_unreachable_at(self, give_up_after: float) -> float | None:
        # Failures to connect never use up retries once something was delivered, so without a breaker to open this
        # is all that ends the wait.
        return None if self.unreachable_since is None or not self.delivered else self.unreachable_since + give_up_after

    def pop_for_fallback(self, now: float) -> Pending | None:
        """The next batch that may go elsewhere: none that may have arrived here already."""
        kept: list[Pending] = []
        while (pending := self.queue.pop(now)) is not None and pending.history.in_doubt:
            kept.append(pending)
        for ambiguous in kept:
            self.queue.again(ambiguous)
        return pending

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way and nothing waits, undecided batches left out."""
        return self.in_flight == 0 and self.queue.next_due() is None

    def wake_at(self, now: float) -> float | None:
        """When time alone lets something go; None where nothing waits, or only an answer can make room."""
        due = self.queue.next_due()
        if due is None:
            return None
        at = max(due, self.gate.closed_until, self.breaker.next_probe_at or due)
        return at if at > now or self.allowance(now) > 0 else None
