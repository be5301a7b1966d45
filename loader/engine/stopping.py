"""Stopping: the announcement of a stop, and the grace time of what is under way."""

from __future__ import annotations

from loader.clock import Clock
from loader.engine.interrupts import Interrupt
from loader.engine.run_state import RunState
from loader.engine.stop import Stop, interrupted
from loader.events import Observer, StopRequested


class Stopping:
    """Asks for stops and tells of them once. Touched by the pump's thread alone."""

    def __init__(self, state: RunState, grace: float, clock: Clock, notify: Observer) -> None:
        """`grace` is the run's own, in seconds, for stops that have none."""
        self._state = state
        self._grace = grace
        self._clock = clock
        self._notify = notify
        self._interrupts: set[Interrupt] = set()
        self.grace_ends: float | None = None

    def request(self, stop: Stop) -> None:
        """Send nothing more, for this reason."""
        self._state.request_stop(stop)
        self._announce(stop)

    def interrupt(self, interrupt: Interrupt) -> None:
        """The first one stops in good order, the second at once; the same one again does nothing."""
        if interrupt in self._interrupts:
            return
        self._interrupts.add(interrupt)
        again = self._state.stop is not None
        self.request(interrupted(f"interrupted by {interrupt.name}"))
        if again:
            self.grace_ends = self._clock.now()

    @property
    def is_under_way(self) -> bool:
        """Whether the run stops, whoever asked for it; then it is told of."""
        if self._state.stop is not None:
            self._announce(self._state.stop)
        return self._state.stop is not None

    @property
    def grace_is_over(self) -> bool:
        """Whether what is under way is waited for no longer."""
        return self.grace_ends is not None and self._clock.now() >= self.grace_ends

    def _announce(self, stop: Stop) -> None:
        """Say once that the run stops, and let the grace time begin."""
        if self.grace_ends is not None:
            return
        self.grace_ends = self._clock.now() + (self._grace if stop.grace is None else stop.grace)
        self._notify(StopRequested(stop.status, stop.message, stop.hint))
