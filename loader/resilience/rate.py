"""Rate limit: rows and bytes a second."""

from __future__ import annotations

import math

from loader.config.sections import Rate

_CATCH_UP = 1.0
"""Seconds of unused budget that may be made up for: the size of the bucket."""


class RateLimit:
    """Two token buckets, rows and bytes, filled each second with what `[rate]` allows; 0 means no limit.

    They start empty and hold one second's budget. A batch goes as soon as neither is in debt, however large it is, and
    may leave a debt that the next one waits for: so a batch larger than a second's budget goes too, and the rate holds
    on average.
    """

    def __init__(self, settings: Rate) -> None:
        self._is_limited = bool(settings.rows or settings.bytes)
        self._rows = _Bucket(settings.rows)
        self._bytes = _Bucket(settings.bytes)

    def wait(self, now: float) -> float:
        """Seconds until the next batch may go, 0.0 if it may go now."""
        return max(self._rows.wait(now), self._bytes.wait(now)) if self._is_limited else 0.0

    def take(self, rows: int, size: int, now: float) -> None:
        """A batch of `rows` rows and `size` bytes goes now."""
        if self._is_limited:
            self._rows.take(rows, now)
            self._bytes.take(size, now)


class _Bucket:
    """A token bucket kept as the time at which it is (or was) at zero."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second or math.inf
        self._zero_at: float | None = None

    def wait(self, now: float) -> float:
        return 0.0 if self._zero_at is None else max(0.0, self._zero_at - now)

    def take(self, amount: int, now: float) -> None:
        start = now if self._zero_at is None else max(self._zero_at, now - _CATCH_UP)
        self._zero_at = start + amount / self._per_second
