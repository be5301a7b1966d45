"""Rows that batchers hold back for fuller requests, and for how long."""

from __future__ import annotations

from collections.abc import Callable

from loader.clock import Clock


class HeldRows:
    """When batchers last took rows that they may still hold. Touched by the pump's thread alone."""

    def __init__(self, flush: Callable[[], None], max_wait: float, clock: Clock) -> None:
        """`flush` has batchers hand on what they hold; `max_wait` is in seconds since the last rows came."""
        self._flush = flush
        self._max_wait = max_wait
        self._clock = clock
        self._since: float | None = None

    def came(self) -> None:
        """Rows are on their way to batchers."""
        self._since = self._clock.now()

    def flush(self) -> None:
        """Hand on all of them."""
        self._since = None
        self._flush()

    @property
    def may_be(self) -> bool:
        """Whether there may be any."""
        return self._since is not None

    @property
    def are_due(self) -> bool:
        """Whether they have waited long enough."""
        return self._since is not None and self._clock.now() - self._since >= self._max_wait
