"""Pump: one thread that decides what is sent when.

Targets answer from other threads through the inbox; everything here, policies included, is touched by one thread only
and on a clock that is given. The pump knows no files and no screen: what an answer means for
each row is for the `Judge` to say, and final fates go to `Outcomes`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from loader.checkpoint.requests import SentRequest
from loader.checkpoint.spans import ordinal_runs
from loader.clock import Clock
from loader.engine.failover import Failover, Moved, PrepareForLane
from loader.engine.flights import Answer, Flight, Flights
from loader.engine.judge import Judge, Outcomes, Policies
from loader.engine.lanes.health import LaneHealth, gave_up
from loader.engine.lanes.lane import Lane
from loader.engine.pending import Pending
from loader.engine.run_state import RunState
from loader.engine.stop import target_fault
from loader.error_types import LetterClass
from loader.events import BreakerHalfOpened, Observer
from loader.history import History
from loader.outcomes import Cause, Ending
from loader.resilience.breaker import Change
from loader.resilience.rate import RateLimit
from loader.rows import Batch
from loader.targets.base import Prepared
from loader.targets.submitting import submit
from loader.workers.error_types import WORKER_LOST

_SWEEP = 0.25  # seconds between two looks for rows that are out of time
_LOST = Cause(
    WORKER_LOST.name, "the worker process that had sent the row died before the answer came", Ending.AMBIGUOUS
)


@dataclass(slots=True)
class LostWork:
    """What lay at a lost worker: ordinals of rows that may have arrived, and requests that are to go as they were."""

    doubtful: list[int] = field(default_factory=list)
    requests: list[SentRequest] = field(default_factory=list)


class Pump:
    """Sends batches over lanes and brings every row to its fate. Not thread-safe, but for the inbox it posts to."""

    def __init__(
        self,
        policies: Policies,
        lanes: Sequence[Lane],
        outcomes: Outcomes,
        *,
        post: Callable[[Answer | Moved], None],
        prepare_again: PrepareForLane,
        clock: Clock,
        chance: Callable[[], float],
        rate: RateLimit,
        notify: Observer,
    ) -> None:
        self._policies = policies
        self._outcomes = outcomes
        self._post = post
        self._clock = clock
        self._rate = rate
        self._notify = notify
        self.lanes = lanes
        self.flights = Flights(policies.max_in_flight)
        self.state = RunState()
        self._health = LaneHealth(policies.throttle, self.state, clock=clock, notify=notify)
        self._judge = Judge(policies, outcomes, self.state, chance=chance, notify=notify)
        self.failover = Failover(lanes, self._judge, self.state, post=post, prepare_again=prepare_again, notify=notify)
        self._next_sweep = float("-inf")

    # -- what comes in

    def offer(self, lane: Lane, ready: Prepared, *, in_doubt: bool = False, again: SentRequest | None = None) -> None:
        """Take what a lane's batcher made of rows.

        `in_doubt`: an earlier part had an ambiguous attempt at them. `again`: the request of an earlier part that they
        are.
        """
        resumed = again is not None and again.in_doubt
        history = History(ambiguous=in_doubt, resumed=resumed, delivered=lane.delivered)
        for refused in ready.unfit:
            self._judge.end_unfit(lane, refused, history)
        for batch in ready.batches:
            pending = Pending(batch, history, noted=again is not None)
            self.state.hold(pending)
            lane.queue.add(pending)

    # -- what goes out

    def dispatch(self) -> None:
        """Send whatever may go now."""
        if self.state.stop is not None:
            return
        now = self._clock.now()
        self._end_rows_out_of_time(now)
        for lane in self.lanes:
            self._dispatch_lane(lane, now)
            if lane.fallback is not None and lane.is_tripped:
                self.failover.move(lane, lane.fallback, now)
                self._dispatch_lane(lane.fallback, now)
            if lane.given_up(now, self._policies.breaker.give_up_after):
                self.state.request_stop(gave_up(lane, now))

    def _dispatch_lane(self, lane: Lane, now: float) -> None:
        going: list[Pending] = []
        if lane.breaker.advance(now) is Change.HALF_OPENED:
            self._notify(BreakerHalfOpened(lane.name, self._policies.breaker.probes))
        free = min(lane.allowance(now), self.flights.room)
        while len(going) < free and self._rate.wait(now) <= 0 and (pending := lane.queue.pop(now)) is not None:
            self._rate.take(len(pending), sum(pending.batch.sizes), now)
            going.append(pending)
        for pending in going:
            self._count_doubt(lane, pending)
        if going:
            self._note(lane, going)
        for pending in going:
            self._send(lane, pending, now)

    def _count_doubt(self, lane: Lane, pending: Pending) -> None:
        """Count rows that go again although they may have arrived: now, or when an earlier part of the run died."""
        if pending.history.in_doubt and not pending.history.sent_again:
            pending.history = pending.history.counted_again()
            self._outcomes.sent_again(len(pending), lane.name)

    def _note(self, lane: Lane, going: Sequence[Pending]) -> None:
        """Write down what must outlive this process before anything goes.

        Of a request that was answered it may be noted since that it did not arrive: it is noted anew.
        """
        if not lane.target.repeatable:
            self._outcomes.about_to_send([pending.batch.rows for pending in going])
        elif lane.target.keyed and (new := [each for each in going if not (each.noted and each.history.in_doubt)]):
            self._outcomes.going_out(lane.name, [pending.batch.rows for pending in new])
            for pending in new:
                pending.noted = True

    def _send(self, lane: Lane, pending: Pending, now: float) -> None:
        flight, post = self.flights.start(lane, pending, now), self._post
        submit(lane.target, pending.batch, lambda result: post(Answer(flight, result)))

    # -- what comes back

    def on_answer(self, answer: Answer) -> None:
        """Record how an attempt ended and decide what follows for each of its rows."""
        flight, result = answer
        if not self.flights.end(flight):
            return  # it was handed back when the grace time of a stop was over
        lane, pending, now = flight.lane, flight.pending, self._clock.now()
        failed = self._health.record(lane, flight.admission, result, len(pending), now)
        if failed:
            pending.last = result
            pending.history = pending.history.failed(flight.request, flight.admission.at, self._clock.wall())
        self._judge.judge(lane, pending, failed, now=now)

    def judge_undecided(self) -> None:
        """Nothing else can be sent: what is undecided and met no delivery is the target's fault."""
        for lane in self.lanes:
            if lane.undecided and not lane.delivered:
                self.state.request_stop(target_fault(lane.name, lane.undecided[0].cause(0)))

    # -- time, and how much goes on

    def _end_rows_out_of_time(self, now: float) -> None:
        if not self._policies.row_timeout or now < self._next_sweep:
            return
        self._next_sweep = now + _SWEEP
        for lane in self.lanes:
            self._judge.end_rows_out_of_time(lane, now)

    @property
    def fresh(self) -> int:
        """How many batches wait that were never sent."""
        return sum(lane.queue.fresh for lane in self.lanes)

    @property
    def enough(self) -> int:
        """How many such batches could go soon."""
        return max((lane.limit.limit for lane in self.lanes), default=1)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way and nothing waits, undecided batches left out."""
        return self.failover.is_idle and all(lane.is_idle for lane in self.lanes)

    def give_up(self, flight: Flight, cause: Cause) -> None:
        """Its rows are unknown without its answer, which is passed over if it comes."""
        pending, history = flight.pending, flight.pending.history.given_up(flight.request)
        causes = dict.fromkeys(range(len(pending)), cause)
        self._outcomes.dead(pending.batch.rows, history, causes, LetterClass.UNKNOWN, flight.lane.name)
        self.flights.end(flight)
        self.state.release(pending)

    def lose(self, is_lost: Callable[[Batch], bool]) -> LostWork:
        """The process at which some batches lay is gone: forget them, for their rows come again.

        What may not be repeated and was under way is unknown.
        """
        now, lost = self._clock.now(), LostWork()
        for flight in [flight for flight in self.flights if is_lost(flight.pending.batch)]:
            flight.lane.withdraw(flight.admission, now)
            flight.pending.history = flight.pending.history.lost(flight.request, flight.admission.at)
            if flight.lane.target.repeatable:
                self.flights.end(flight)
                self._forget(flight.lane, flight.pending, lost)
            else:
                self.give_up(flight, _LOST)
        for lane in self.lanes:
            for pending in [each for each in (*lane.queue, *lane.undecided) if is_lost(each.batch)]:
                self._forget(lane, pending, lost)
            lane.undecided = [pending for pending in lane.undecided if not pending.settled]
        return lost

    def _forget(self, lane: Lane, pending: Pending, lost: LostWork) -> None:
        if pending.history.ambiguous:
            lost.doubtful.extend(pending.batch.rows.ordinals)
        if pending.noted:
            lost.requests.append(_sent(lane, pending, in_doubt=pending.history.in_doubt))
        self.state.release(pending)

    @property
    def open_requests(self) -> Iterator[SentRequest]:
        """Noted requests that are under way or will go again, as they are."""
        for flight in self.flights:
            if flight.pending.noted:
                yield _sent(flight.lane, flight.pending, in_doubt=True)
        for lane in self.lanes:
            for pending in (*lane.queue, *lane.undecided):
                if pending.noted:
                    yield _sent(lane, pending, in_doubt=pending.history.in_doubt)

    def wake_at(self) -> float | None:
        """When time alone lets something go; None where only an answer or new rows can."""
        now = self._clock.now()
        wakes = [at for lane in self.lanes if (at := lane.wake_at(now)) is not None]
        return max(min(wakes), now + self._rate.wait(now)) if wakes else None


def _sent(lane: Lane, pending: Pending, *, in_doubt: bool) -> SentRequest:
    return SentRequest(lane.name, ordinal_runs(pending.batch.rows.ordinals), in_doubt)
