"""Error shares: how many rows of this part of the load failed, and of how many, against the limits of errors."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from loader.clock import Clock
from loader.config import sections
from loader.resilience.alert import LEAST, Alert, AlertWindow
from loader.resilience.error_limits import ErrorLimits


class ErrorShares:
    """What the limits of `[errors]` and the alert go by. Touched by the pump's thread alone.

    A part judges itself: rows whose fate was left behind by an earlier part of the run count in neither share. Rows
    that cannot be read are settled before their neighbours are sent, so all errors are held against all rows that were
    read, and those of the target against the rows that it has settled.
    """

    def __init__(self, limits: sections.Errors, clock: Clock) -> None:
        least = min(LEAST, limits.min_rows)
        self._reading = AlertWindow(limits.alert_ratio, least)
        self._sending = AlertWindow(limits.alert_ratio, least)
        self._limits = ErrorLimits(limits)
        self._clock = clock
        self._read = 0
        self._unfit = 0  # not readable, or not to be mapped
        self._settled = 0  # by the target
        self._failed = 0  # those of them that it did not take

    def read(self, rows: int) -> None:
        """Rows were read that no part has settled."""
        self._read += rows
        self._reading.add(rows, 0, self._clock.now())

    def leave_out(self, rows: int) -> None:
        """Rows that were read tell nothing of this part: letters left out, or rows that an earlier part was at."""
        self._read -= rows

    def unfit(self, rows: int) -> None:
        """Rows were rejected without being sent."""
        self._unfit += rows
        self._reading.add(0, rows, self._clock.now())

    def settle(self, rows: int, *, failed: int) -> None:
        """The target settled rows, some of which failed."""
        self._settled += rows
        self._failed += failed
        self._sending.add(rows, failed, self._clock.now())

    def exceeded(self, more: int = 0) -> str | None:
        """Why the run must stop, if so many rows more could not be read; None if it may go on."""
        errors = self._unfit + self._failed + more
        return self._limits.exceeded(self._read, errors, "read so far") or self._limits.exceeded(
            self._settled, self._failed, "that the target has settled"
        )

    def alerts(self, now: float) -> Iterator[tuple[Alert, bool]]:
        """The alerts to raise now, each with whether it is of rows that the target settled."""
        for window, by_target in ((self._reading, False), (self._sending, True)):
            if (alert := window.check(now)) is not None:
                yield alert, by_target

    @property
    def worst(self) -> float | None:
        """The highest share of any minute that was over the alert's; None if there was none."""
        return max(
            (each.worst.ratio for each in (self._reading, self._sending) if each.worst is not None), default=None
        )

    def allowed(self, rows: int) -> int:
        """How many of so many unreadable rows may be rejected before the run must stop, the one too many included."""
        return bisect_left(range(rows), True, key=lambda more: self.exceeded(more) is not None)
