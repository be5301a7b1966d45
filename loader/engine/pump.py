"""The pump: one thread decides what goes when, and what an answer means for each row.

Targets answer from other threads through the inbox; everything here, policies included, is touched by one thread only
and on a clock that is given. The pump knows no files and no screen: it hands final fates to `Outcomes`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from loader.clock import Clock
from loader.config import sections
from loader.engine.lane import SUSPICIONS, Admission, Lane
from loader.engine.pending import Pending
from loader.engine.stop import Stop, failed, parked, stopped
from loader.events import (
    BatchLimitLowered,
    BatchSplit,
    BreakerClosed,
    BreakerHalfOpened,
    BreakerOpened,
    FailedOver,
    Observer,
    PartlyAccepted,
    RetryScheduled,
    Throttled,
    Warned,
)
from loader.outcomes import DEFECT, Cause, Ending, Fault, LetterClass, Result
from loader.resilience.backoff import backoff
from loader.resilience.breaker import Change
from loader.resilience.rate import RateLimit
from loader.rows import Batch, Rows
from loader.targets.base import Cut

_FIRST = float("-inf")  # due before everything else
_SWEEP = 0.25  # seconds between two looks for rows that are out of time


class Outcomes(Protocol):
    """Where rows end, each exactly once. Called by the pump's thread."""

    def delivered(self, rows: Rows, target: str) -> None:
        """All of `rows` were accepted."""

    def dead(self, pending: Pending, index: int, cause: Cause, letter_class: LetterClass, target: str) -> None:
        """The row at `index` is rejected, or unknown if `letter_class` says so."""

    def about_to_send(self, batches: Sequence[Rows]) -> None:
        """These rows may not be repeated: note them durably before they go."""


@dataclass(frozen=True, slots=True, eq=False)
class Flight:
    """One attempt under way."""

    lane: Lane
    pending: Pending
    admission: Admission


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back through the inbox, once for each flight."""

    flight: Flight
    result: Result


@dataclass(frozen=True, slots=True)
class Policies:
    """The settings that the pump decides by."""

    retry: sections.Retry
    throttle: sections.Throttle
    breaker: sections.BreakerSettings
    row_timeout: float  # seconds from a row's first attempt; 0 = none
    max_in_flight: int


class Pump:
    """Sends batches over lanes and brings every row to its fate. Not thread-safe, but for the inbox it posts to."""

    def __init__(
        self,
        policies: Policies,
        outcomes: Outcomes,
        *,
        post: Callable[[Answer], None],
        clock: Clock,
        chance: Callable[[], float],
        rate: RateLimit,
        notify: Observer,
    ) -> None:
        self._policies = policies
        self._outcomes = outcomes
        self._post = post
        self._clock = clock
        self._chance = chance
        self._rate = rate
        self._notify = notify
        self.lanes: list[Lane] = []
        self.flights: set[Flight] = set()
        self.held = 0  # bytes of all rows that were offered and are not settled
        self.requests = 0  # sent in this part of the run
        self.stop: Stop | None = None
        self._next_sweep = _FIRST

    # -- what comes in

    def offer(self, lane: Lane, cut: Cut, *, in_doubt: bool = False) -> None:
        """Take what a lane's batcher made of rows; `in_doubt`: an earlier part had an ambiguous attempt at them."""
        for refusal in cut.refused:
            pending = Pending(Batch(refusal.rows, (None,), (0,)))
            self._outcomes.dead(pending, 0, refusal.cause, LetterClass.DATA, lane.name)
        for batch in cut.batches:
            pending = Pending(batch, ambiguous=in_doubt, mark=lane.delivered)
            self.held += pending.charge
            lane.queue.add(pending)

    def request_stop(self, stop: Stop) -> None:
        """Send nothing more; the first reason stays unless a graver one comes."""
        if self.stop is None:
            self.stop = stop

    # -- what goes out

    def dispatch(self) -> None:
        """Send whatever may go now."""
        if self.stop is not None:
            return
        now = self._clock.now()
        self._end_rows_out_of_time(now)
        for lane in self.lanes:
            self._dispatch_lane(lane, now)
            if lane.fallback is not None and lane.is_tripped:
                self._fail_over(lane, lane.fallback, now)
            if lane.given_up(now, self._policies.breaker.give_up_after):
                self.request_stop(_gave_up(lane, now))

    def _dispatch_lane(self, lane: Lane, now: float) -> None:
        going: list[Pending] = []
        if lane.breaker.advance(now) is Change.HALF_OPENED:
            self._notify(BreakerHalfOpened(lane.name, self._policies.breaker.probes))
        free = min(lane.allowance(now), self._policies.max_in_flight - len(self.flights))
        while len(going) < free and self._rate.wait(now) <= 0 and (pending := lane.queue.pop(now)) is not None:
            self._rate.take(len(pending), sum(pending.batch.sizes), now)
            going.append(pending)
        if going and not lane.target.repeatable:
            self._outcomes.about_to_send([pending.batch.rows for pending in going])
        for pending in going:
            self._send(lane, pending, now)

    def _send(self, lane: Lane, pending: Pending, now: float) -> None:
        if pending.first_sent is None:
            pending.first_sent = now
        self.requests += 1
        pending.request = self.requests
        flight = Flight(lane, pending, lane.admit(now))
        self.flights.add(flight)
        post = self._post
        lane.target.submit(pending.batch, lambda result: post(Answer(flight, result)))

    def _fail_over(self, lane: Lane, fallback: Lane, now: float) -> None:
        """While the primary's breaker is not closed, what its probes leave goes to the fallback, as far as it can."""
        while fallback.allowance(now) > fallback.queue.fresh and (pending := lane.pop_for_fallback(now)) is not None:
            self._notify(FailedOver(lane.name, fallback.name, len(pending)))
            for cut in (fallback.batcher.add(pending.batch.rows), fallback.batcher.flush()):
                for refusal in cut.refused:
                    lone = pending.recut(Batch(refusal.rows, (None,), (0,)))
                    self._bury(lone, 0, refusal.cause, LetterClass.DATA, fallback)
                    self._release(lone)
                for batch in cut.batches:
                    fallback.queue.add(pending.recut(batch))
        self._dispatch_lane(fallback, now)

    # -- what comes back

    def on_answer(self, answer: Answer) -> None:
        """Record how an attempt ended and decide what follows for each of its rows."""
        flight, result = answer.flight, answer.result
        if flight not in self.flights:
            return  # it was handed back when the grace time of a stop was over
        self.flights.remove(flight)
        lane, pending, now = flight.lane, flight.pending, self._clock.now()
        accepted, failed = _partition(result, len(pending))
        pending.attempts += 1
        causes = _causes(result)
        congested = any(cause.throttled or cause.timeout for cause in causes)
        spokesman = None if accepted else _spokesman(causes)
        change = lane.record(flight.admission, spokesman, accepted=len(accepted), congested=congested, now=now)
        self._tell_breaker(lane, change, result, now)
        self._obey_waits(lane, result, now)
        if accepted:
            self._deliver(lane, pending, accepted)
        if failed:
            self._judge_failure(lane, pending, result, failed, partly=bool(accepted), now=now)
        if accepted and lane.undecided:
            self._resolve_undecided(lane, now)

    def _deliver(self, lane: Lane, pending: Pending, accepted: Sequence[int]) -> None:
        whole = len(accepted) == len(pending)
        rows = pending.batch.rows if whole else pending.batch.rows.take(accepted)
        self._outcomes.delivered(rows, lane.name)
        if whole:
            self._release(pending)

    def _judge_failure(
        self, lane: Lane, pending: Pending, result: Result, failed: Sequence[int], *, partly: bool, now: float
    ) -> None:
        pending.last = result
        if pending.first_error_at is None:
            pending.first_error_at = self._clock.wall()
        if not result.rows:
            pending.failures += 1
            self._judge_batch(lane, pending, pending.cause(0), now)
            return
        refused = [i for i in failed if not pending.cause(i).retryable or self._is_unknown(lane, pending.cause(i))]
        again = sorted(set(failed).difference(refused))
        if partly:
            line = pending.batch.rows.lines[0]
            accepted = len(pending) - len(failed)
            source = pending.batch.rows.source.name
            self._notify(PartlyAccepted(lane.name, source, line, accepted, len(refused), len(again), pending.request))
        for i in refused:
            self._bury_refused(lane, pending, i)
        if again:
            rest = pending.take(again)
            rest.failures += 1
            self._swap(pending, rest)
            self._retry(lane, rest, rest.cause(0), now)
        else:
            self._release(pending)

    def _judge_batch(self, lane: Lane, pending: Pending, cause: Cause, now: float) -> None:
        """The whole request ended by one cause."""
        if cause.ending is Ending.AMBIGUOUS:
            pending.ambiguous = True
        if cause.error_type == DEFECT:
            self._notify(Warned(cause.hint or cause.message))
            self.request_stop(failed(cause.message))
        if self._is_unknown(lane, cause):
            self._bury_all(lane, pending, LetterClass.UNKNOWN)
        elif cause.fault is not Fault.NONE and (cause.fault is Fault.CERTAIN or lane.delivered == 0):
            self._suspect_target(lane, pending, cause)
        elif cause.ending is Ending.UNSENT:
            self._retry_unsent(lane, pending, cause, now)
        elif cause.error_type == DEFECT:
            lane.queue.again(pending)
        elif cause.retryable:
            self._retry(lane, pending, cause, now)
        else:
            self._judge_refused(lane, pending, cause)

    @staticmethod
    def _is_unknown(lane: Lane, cause: Cause) -> bool:
        """Whether the attempt may have arrived at a target to which nothing may be sent twice."""
        return cause.ending is Ending.AMBIGUOUS and not lane.target.repeatable

    def _suspect_target(self, lane: Lane, pending: Pending, cause: Cause) -> None:
        """The answer speaks of the target: no row is blamed for it before another was delivered."""
        lane.undecided.append(pending)
        lane.suspicions += 1
        if cause.fault is not Fault.SUSPECTED or lane.suspicions >= SUSPICIONS:
            self.request_stop(_target_fault(lane, cause))

    def judge_undecided(self) -> None:
        """Nothing else can be sent: what is undecided and met no delivery is the target's fault."""
        for lane in self.lanes:
            if lane.undecided and not lane.delivered:
                self.request_stop(_target_fault(lane, lane.undecided[0].cause(0)))

    def _resolve_undecided(self, lane: Lane, now: float) -> None:
        """A row was delivered, so the target is no longer under suspicion: judge the rows that waited."""
        undecided, lane.undecided = lane.undecided, []
        for pending in undecided:
            self._judge_batch(lane, pending, pending.cause(0), now)

    def _retry_unsent(self, lane: Lane, pending: Pending, cause: Cause, now: float) -> None:
        if lane.delivered == 0:
            pending.connects += 1
            if pending.connects > self._policies.retry.max_retries:
                self.request_stop(_target_fault(lane, cause))
        self._schedule(lane, pending, cause, now)

    def _retry(self, lane: Lane, pending: Pending, cause: Cause, now: float) -> None:
        counts = not lane.is_tripped and not (cause.throttled and lane.delivered > pending.mark)
        pending.mark = lane.delivered
        pending.retries += counts
        pending.timeouts += counts and cause.timeout
        lone = len(pending) == 1
        if pending.retries > self._policies.retry.max_retries and lone:
            self._bury_all(lane, pending, LetterClass.EXHAUSTED)
        elif not lone and (pending.retries > self._policies.retry.max_retries or pending.timeouts >= 2):
            self._split(lane, pending, cause)
        else:
            self._schedule(lane, pending, cause, now)

    def _judge_refused(self, lane: Lane, pending: Pending, cause: Cause) -> None:
        if len(pending) == 1:
            self._bury_refused(lane, pending, 0)
            self._release(pending)
            return
        if cause.status == 413:
            limit = lane.batcher.shrink(pending.batch)
            self._notify(BatchLimitLowered(lane.name, limit))
        self._split(lane, pending, cause)

    def _split(self, lane: Lane, pending: Pending, cause: Cause) -> None:
        """Halve a batch to find the row that is at fault; halves go first and count as one attempt no more."""
        rows = pending.batch.rows
        facts = (rows.source.name, rows.lines[0], len(rows), cause.error_type, cause.message)
        self._notify(BatchSplit(lane.name, *facts, pending.request))
        for half in pending.halves():
            half.due = _FIRST
            lane.queue.again(half)

    def _schedule(self, lane: Lane, pending: Pending, cause: Cause, now: float) -> None:
        """Queue a batch to go again, after its backoff or as long as the server asked for."""
        wait = cause.retry_after
        if wait is None:
            wait = backoff(self._policies.retry, pending.failures, self._chance())
        pending.due = now + wait
        if self._is_out_of_time(pending, pending.due):
            self._bury_all(lane, pending, LetterClass.EXHAUSTED)
            return
        lane.queue.again(pending)
        rows = pending.batch.rows
        place = (lane.name, rows.source.name, rows.lines[0], len(rows))
        why = (cause.error_type, cause.message)
        self._notify(RetryScheduled(*place, pending.attempts, wait, *why, pending.request))

    # -- policies that speak for a whole lane

    def _obey_waits(self, lane: Lane, result: Result, now: float) -> None:
        """Close the gate for as long as the server asked, or park the run."""
        waits = [cause for cause in _causes(result) if cause.retry_after is not None]
        asked = max(waits, key=lambda cause: cause.retry_after or 0.0, default=None)
        if asked is None or asked.retry_after is None:
            return
        until = self._clock.wall() + asked.retry_after
        if asked.retry_after > self._policies.throttle.max_wait:
            self.request_stop(parked(f"{lane.name} asked for a wait of {asked.retry_after:.0f} s", until))
            return
        lane.gate.close(asked.retry_after, now)
        self._notify(Throttled(lane.name, asked.retry_after, until, asked.status))

    def _tell_breaker(self, lane: Lane, change: Change, result: Result, now: float) -> None:
        if change is Change.OPENED:
            cause = result.cause or next(iter(result.rows.values()), None)
            probe_in = (lane.breaker.next_probe_at or now) - now
            name = cause.error_type if cause is not None else ""
            at = self._clock.wall() + probe_in
            self._notify(BreakerOpened(lane.name, lane.breaker.failures, probe_in, at, name))
        elif change is Change.CLOSED:
            self._notify(BreakerClosed(lane.name))

    # -- ends of rows

    def _end_rows_out_of_time(self, now: float) -> None:
        if not self._policies.row_timeout or now < self._next_sweep:
            return
        self._next_sweep = now + _SWEEP
        for lane in self.lanes:
            for pending in [p for p in lane.queue if self._is_out_of_time(p, now)]:
                self._bury_all(lane, pending, LetterClass.EXHAUSTED)

    def _is_out_of_time(self, pending: Pending, at: float) -> bool:
        limit = self._policies.row_timeout
        return (
            bool(limit) and pending.attempts > 0 and pending.first_sent is not None and at - pending.first_sent >= limit
        )

    def _bury_refused(self, lane: Lane, pending: Pending, index: int) -> None:
        cause = pending.cause(index)
        unknown = pending.ambiguous or cause.ending is Ending.AMBIGUOUS
        self._bury(pending, index, cause, LetterClass.UNKNOWN if unknown else LetterClass.REFUSED, lane)

    def _bury_all(self, lane: Lane, pending: Pending, letter_class: LetterClass) -> None:
        for i in range(len(pending)):
            kind = LetterClass.UNKNOWN if pending.ambiguous else letter_class
            self._bury(pending, i, pending.cause(i), kind, lane)
        self._release(pending)

    def _bury(self, pending: Pending, index: int, cause: Cause, letter_class: LetterClass, lane: Lane) -> None:
        self._outcomes.dead(pending, index, cause, letter_class, lane.name)

    def _release(self, pending: Pending) -> None:
        pending.settled = True
        self.held -= pending.charge

    def _swap(self, pending: Pending, rest: Pending) -> None:
        """Some rows of a batch were settled; `rest` stands for the others from now on."""
        self.held -= pending.charge - rest.charge
        pending.settled = True

    def is_hungry(self) -> bool:
        """Whether there is less to send than could go soon."""
        fresh = sum(lane.queue.fresh for lane in self.lanes)
        return fresh < max((lane.limit.limit for lane in self.lanes), default=1)

    def has_room(self) -> bool:
        """Whether one more request may be under way."""
        return len(self.flights) < self._policies.max_in_flight

    def abandon(self, flight: Flight) -> None:
        """Its rows were settled without its answer, which is passed over if it comes."""
        self.flights.discard(flight)
        self._release(flight.pending)

    def wake_at(self) -> float | None:
        """When time alone lets something go; None where only an answer or new rows can."""
        now = self._clock.now()
        wakes = [at for lane in self.lanes if (at := lane.wake_at(now)) is not None]
        return max(min(wakes), now + self._rate.wait(now)) if wakes else None


def _partition(result: Result, count: int) -> tuple[Sequence[int], Sequence[int]]:
    """The indexes of accepted rows and of the others."""
    if result.cause is not None:
        return (), range(count)
    if not result.rows:
        return range(count), ()
    return [i for i in range(count) if i not in result.rows], sorted(result.rows)


def _causes(result: Result) -> list[Cause]:
    causes = list(result.rows.values())
    return causes if result.cause is None else [result.cause, *causes]


def _spokesman(causes: Sequence[Cause]) -> Cause | None:
    """The cause that tells most of the target's health: a refusal says that it works, pace says nothing."""
    healthy = (c for c in causes if c.ending is Ending.REFUSED and not c.retryable)
    failing = (c for c in causes if not c.throttled)
    return next(healthy, None) or next(failing, None) or next(iter(causes), None)


def _target_fault(lane: Lane, cause: Cause) -> Stop:
    return stopped(f"{lane.name}: {cause.message}: the target is at fault, not the rows", cause.hint)


def _gave_up(lane: Lane, now: float) -> Stop:
    since = lane.breaker.opened_at or lane.unreachable_since or now
    hint = "see that the target is up, then resume; breaker.give_up_after says how long to wait for it"
    return stopped(f"{lane.name} did not answer well for {now - since:.0f} s", hint)
