"""Snapshot of a run, for the screen."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


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
    """Counts are rows, but for `in_flight`, requests, and bytes: those of the input lie on disk, `held` in memory.

    `bytes_total` is None where the size of an input cannot be known. Of `bytes_done`, `bytes_before` were done by
    earlier parts of the run. `pending` rows were read and have no fate yet; `retrying` are those of them that failed
    before and wait for another attempt. `skipped` rows, or letters, are left out. `mended`
    ones were delivered without some of their values.
    """

    elapsed: float
    bytes_done: int
    bytes_total: int | None
    delivered: int
    rejected: int
    unknown: int
    retrying: int
    in_flight: int
    targets: tuple[TargetState, ...]
    pending: int = 0
    held: int = 0
    bytes_before: int = 0
    skipped: int = 0
    mended: int = 0

    @property
    def settled(self) -> int:
        return self.delivered + self.rejected + self.unknown


class Speed:
    """How much of something is done a second, smoothed over the last `window` seconds.

    Keeps at most some fifty points, however often it is asked.
    """

    def __init__(self, window: float = 5.0) -> None:
        self._window = window
        self._points: deque[tuple[float, int]] = deque()

    def update(self, elapsed: float, count: int) -> float:
        """Take in that `count` were done after `elapsed` seconds; returns how many are done a second now."""
        points = self._points
        if len(points) > 1 and elapsed - points[-2][0] < self._window / 50:
            points.pop()
        points.append((elapsed, count))
        while len(points) > 2 and points[1][0] <= elapsed - self._window:
            points.popleft()
        first_elapsed, first_count = points[0]
        return (count - first_count) / (elapsed - first_elapsed) if elapsed > first_elapsed else 0.0


class Pace:
    """How fast rows are settled and bytes are done, a second, by this part of the run."""

    def __init__(self) -> None:
        self.rows = 0.0
        self.bytes = 0.0
        self._rows = Speed()
        # Over a longer time: the time left is reckoned by it, and should not jump.
        self._bytes = Speed(30.0)

    def update(self, snapshot: Snapshot) -> None:
        """Take in the state of the run now."""
        self.rows = self._rows.update(snapshot.elapsed, snapshot.settled)
        self.bytes = self._bytes.update(snapshot.elapsed, snapshot.bytes_done - snapshot.bytes_before)
