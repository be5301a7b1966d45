"""Sites: the servers and buckets that inputs are read from, each with its breaker."""

from __future__ import annotations

import math
import threading

from loader.config.sections import BreakerSettings
from loader.resilience.breaker import Breaker, BreakerState, Change, Health


class Site:
    """One server, bucket or disk: what fails together. Thread-safe.

    An attempt goes there when `due` has come; it is told by `begin`, and its end by `end`.
    """

    def __init__(self, settings: BreakerSettings) -> None:
        self._breaker = Breaker(settings)
        self._lock = threading.Lock()
        self._closed_until = -math.inf

    def due(self, now: float) -> float:
        """When the next attempt may go there (monotonic)."""
        with self._lock:
            self._breaker.advance(now)
            probe = self._breaker.next_probe_at
            return max(now, self._closed_until, now if probe is None else probe)

    def begin(self) -> int:
        """An attempt goes there now; what it returns is for `end`."""
        with self._lock:
            return self._breaker.admit()

    def end(self, token: int, health: Health, now: float) -> Change:
        """How an attempt ended."""
        with self._lock:
            return self._breaker.record(token, health, now)

    def close(self, wait: float, now: float) -> None:
        """It asked to be left alone for `wait` seconds."""
        with self._lock:
            self._closed_until = max(self._closed_until, now + wait)

    @property
    def is_well(self) -> bool:
        """Whether its breaker is closed."""
        with self._lock:
            return self._breaker.state is BreakerState.CLOSED

    def is_given_up(self, now: float) -> bool:
        """Whether it was ill for as long as `breaker.give_up_after`."""
        with self._lock:
            return self._breaker.gave_up(now)


class Sites:
    """The sites of one load by name, made when they are first asked for. Thread-safe."""

    def __init__(self) -> None:
        self._sites: dict[str, Site] = {}
        self._lock = threading.Lock()

    def of(self, name: str, settings: BreakerSettings) -> Site:
        """The site of that name."""
        with self._lock:
            if name not in self._sites:
                self._sites[name] = Site(settings)
            return self._sites[name]
