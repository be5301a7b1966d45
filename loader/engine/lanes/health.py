"""What an answer says of its target as a whole: its policies learn of it, waits are obeyed, people are told."""

from __future__ import annotations

from collections.abc import Sequence

from loader.clock import Clock
from loader.config import sections
from loader.engine.judge import causes_of, failed_in
from loader.engine.lanes.lane import Lane, Permit
from loader.engine.run_state import RunState
from loader.engine.stop import Stop, parked, stopped
from loader.events import BreakerClosed, BreakerOpened, ConnectFailed, Observer, Throttled
from loader.outcomes import Cause, Ending, Result
from loader.resilience.breaker import Change


class LaneHealth:
    """Records answers with the policies of their lane. Touched by the pump's thread alone."""

    def __init__(self, throttle: sections.Throttle, state: RunState, *, clock: Clock, notify: Observer) -> None:
        self._throttle = throttle
        self._state = state
        self._clock = clock
        self._notify = notify

    def record(self, lane: Lane, admission: Permit, result: Result, rows: int, now: float) -> Sequence[int]:
        """Take in the answer to a request of so many `rows`; gives the indexes of those that failed, ascending."""
        causes, failed = causes_of(result), failed_in(result, rows)
        congested = bool(causes) and any(cause.throttled or cause.timeout for cause in causes)
        accepted = rows - len(failed)
        representative = None if accepted else _representative(causes)
        was_reachable = lane.unreachable_since is None
        change = lane.record(admission, representative, accepted=accepted, congested=congested, now=now)
        if was_reachable and lane.unreachable_since is not None and representative is not None:
            self._notify(
                ConnectFailed(lane.name, representative.error_type, representative.message, representative.hint)
            )
        if change is not Change.NONE:
            self._tell_breaker(lane, change, now)
        if causes:
            self._obey_waits(lane, causes, now)
        return failed

    def _obey_waits(self, lane: Lane, causes: Sequence[Cause], now: float) -> None:
        """Close the gate for as long as the server asked, or park the run."""
        waits = [cause for cause in causes if cause.retry_after is not None]
        asked = max(waits, key=lambda cause: cause.retry_after or 0.0, default=None)
        if asked is None or asked.retry_after is None:
            return
        until = self._clock.wall() + asked.retry_after
        if asked.retry_after > self._throttle.max_wait:
            self._state.request_stop(parked(f"{lane.name} asked for a wait of {asked.retry_after:.0f} s", until))
            return
        lane.gate.close(asked.retry_after, now)
        self._notify(Throttled(lane.name, asked.retry_after, until, asked.status))

    def _tell_breaker(self, lane: Lane, change: Change, now: float) -> None:
        last = lane.last_failure
        if change is Change.OPENED and last is not None:
            probe_in = (lane.breaker.next_probe_at or now) - now
            at = self._clock.wall() + probe_in
            why = (last.error_type, last.message)
            self._notify(BreakerOpened(lane.name, lane.breaker.failures, probe_in, at, *why))
        elif change is Change.CLOSED:
            self._notify(BreakerClosed(lane.name))


def _representative(causes: Sequence[Cause]) -> Cause | None:
    """The cause that tells most of the target's health: a refusal says that it works, pace says nothing."""
    healthy = (c for c in causes if c.ending is Ending.REFUSED and not c.retryable)
    failing = (c for c in causes if not c.throttled)
    return next(healthy, None) or next(failing, None) or next(iter(causes), None)


def gave_up(lane: Lane, now: float) -> Stop:
    """No good answer came for `breaker.give_up_after`."""
    since = lane.breaker.opened_at or lane.unreachable_since or now
    hint = "see that the target is up, then resume; breaker.give_up_after says how long to wait for it"
    last = "" if lane.last_failure is None else f"; the last error: {lane.last_failure.message}"
    return stopped(f"{lane.name} did not answer well for {now - since:.0f} s{last}", hint)
