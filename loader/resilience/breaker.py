"""Circuit breaker: a failing target is left alone, then probed with a few real batches."""

from __future__ import annotations

from enum import Enum

from loader.config.sections import BreakerSettings


class BreakerState(Enum):
    """What the breaker lets pass: everything, nothing, or a few probes."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Health(Enum):
    """What the end of one attempt says about the health of the target."""

    SUCCESS = "success"  # it does its work: it accepted rows, or refused them for what they are
    FAILURE = "failure"  # a retryable failure
    NEUTRAL = "neutral"  # nothing: it spoke of pace (429, Retry-After), or the attempt never reached a verdict


class Change(Enum):
    """The transition a call made, worth an event; NONE is none."""

    NONE = "none"
    OPENED = "opened"  # also from half-open, again
    HALF_OPENED = "half-opened"
    CLOSED = "closed"


class Breaker:
    """Opens after `threshold` failures in a row, counted as attempts complete; with a threshold of 0 it never does.

    Open, it lets nothing pass for `first_timeout` seconds. Then, half-open, at most `probes` batches (at least 1) pass:
    when that many succeeded it closes, when one failed it opens for twice as long as before, but never longer than
    `timeout`; when it is given up it is probed once more. A neutral probe gives its place back. Fewer batches than
    probes leave it half-open, with places free for whatever comes.

    Every `admit` is followed by exactly one `record`, so a probe that hangs holds its place no longer than the time
    limit of one attempt. A token is the generation it was given in, and each transition starts a new one: a late answer
    never moves the breaker.
    """

    def __init__(self, settings: BreakerSettings) -> None:
        self._settings = settings
        self._state = BreakerState.CLOSED
        self._generation = 0
        self._failures = 0
        self._admitted = 0  # in this generation, neutral ones left out: in half-open, the places taken
        self._succeeded = 0  # in this generation
        self._opened_at: float | None = None
        self._next_probe_at: float | None = None
        self._pause = 0.0  # seconds from the last opening to the probe
        self._quiet_since = 0.0

    @property
    def state(self) -> BreakerState:
        """As of the last call that took the time."""
        return self._state

    @property
    def failures(self) -> int:
        """Failures in a row up to now, probes included."""
        return self._failures

    @property
    def opened_at(self) -> float | None:
        """When it first opened since it was last closed (monotonic); None while closed."""
        return self._opened_at

    @property
    def next_probe_at(self) -> float | None:
        """When an open breaker lets the next probes pass (monotonic); None in the other states."""
        return self._next_probe_at

    @property
    def gives_up_at(self) -> float | None:
        """`give_up_after` seconds after `opened_at` or the last success since (monotonic); None while closed."""
        return None if self._opened_at is None else self._quiet_since + self._settings.give_up_after

    def gave_up(self, now: float) -> bool:
        """Whether no success came for `give_up_after` seconds since it opened."""
        return self.gives_up_at is not None and now >= self.gives_up_at

    def advance(self, now: float) -> Change:
        """Make the transition that is due by time alone: from open to half-open."""
        if self._next_probe_at is None or now < self._next_probe_at:
            return Change.NONE
        self._enter(BreakerState.HALF_OPEN)
        return Change.HALF_OPENED

    def allowance(self, now: float) -> int | None:
        """How many more batches may go now, after `advance`; None means any number."""
        self.advance(now)
        if self._state is BreakerState.CLOSED:
            return None
        return self._settings.probes - self._admitted if self._state is BreakerState.HALF_OPEN else 0

    def admit(self) -> int:
        """A token for a batch that is sent now; the caller has looked at the allowance."""
        self._admitted += 1
        return self._generation

    def record(self, token: int, health: Health, now: float) -> Change:
        """Take in how the attempt of `token` ended, in the order in which attempts complete."""
        if health is Health.SUCCESS:
            self._quiet_since = now  # a late success moves nothing, yet the target is not to be given up
        if token != self._generation or not self._settings.threshold:
            return Change.NONE
        if health is Health.NEUTRAL:
            self._admitted -= 1
            return Change.NONE
        return self._succeed() if health is Health.SUCCESS else self._fail(now)

    def _succeed(self) -> Change:
        self._failures = 0
        self._succeeded += 1
        if self._state is not BreakerState.HALF_OPEN or self._succeeded < self._settings.probes:
            return Change.NONE
        self._enter(BreakerState.CLOSED)
        self._opened_at = None
        return Change.CLOSED

    def _fail(self, now: float) -> Change:
        self._failures += 1
        if self._state is BreakerState.CLOSED and self._failures < self._settings.threshold:
            return Change.NONE
        self._enter(BreakerState.OPEN)
        if self._opened_at is None:
            self._opened_at = self._quiet_since = now
            self._pause = self._settings.first_timeout
        else:
            self._pause *= 2
        self._pause = min(self._pause, self._settings.timeout)
        self._next_probe_at = self._probe_after(now)
        return Change.OPENED

    def _probe_after(self, now: float) -> float:
        """When to probe after the pause, and before giving up: a target that is up again by then is not given up."""
        ends = self._quiet_since + self._settings.give_up_after
        return min(now + self._pause, ends) if now < ends else now + self._pause

    def _enter(self, state: BreakerState) -> None:
        self._state = state
        self._generation += 1
        self._admitted = self._succeeded = 0
        self._next_probe_at = None
