"""The state of a run at one moment, for the screen."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

_WINDOW = 5.0  # seconds over which speed is smoothed


@dataclass(frozen=True, slots=True)
class TargetState:
    """One target. Times are seconds from now but `probe_at`, seconds since the epoch; 0 = not throttled."""

    name: str
    breaker: str  # "closed" | "open" | "half-open"
    probe_in: float | None
    probe_at: float | None
    throttled_for: float
    in_flight: int
    limit: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Counts are rows, but for `in_flight`, requests, and bytes as they lie on disk."""

    elapsed: float
    bytes_done: int
    bytes_total: int | None
    delivered: int
    rejected: int
    unknown: int
    retrying: int
    in_flight: int
    targets: tuple[TargetState, ...]

    @property
    def settled(self) -> int:
        return self.delivered + self.rejected + self.unknown


class Speed:
    """Something a second, smoothed over the last five seconds."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, int]] = deque()

    def update(self, elapsed: float, count: int) -> float:
        """Take in how much was done after `elapsed` seconds; returns how much is done a second now."""
        self._points.append((elapsed, count))
        while len(self._points) > 2 and self._points[1][0] <= elapsed - _WINDOW:
            self._points.popleft()
        first_elapsed, first_count = self._points[0]
        return (count - first_count) / (elapsed - first_elapsed) if elapsed > first_elapsed else 0.0
