"""The alert on an anomalous share of failed rows in the last minute."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

_SECONDS = 60
LEAST = 100
"""Rows of a minute below which their share says nothing."""


@dataclass(frozen=True, slots=True)
class Alert:
    """The share `ratio` of failed rows among the rows settled in one minute."""

    ratio: float
    failed: int
    rows: int


class AlertWindow:
    """Counts the last minute in buckets of one second; raises an alert when the share of failed rows is above `ratio`.

    The alert is raised once; again only after the share fell to `ratio` or below. A minute of fewer than `least` rows
    has the share 0. Memory is one small entry for each of 60 seconds.
    """

    def __init__(self, ratio: float, least: int = LEAST) -> None:
        self._ratio = ratio
        self._least = max(1, least)
        self._buckets: deque[list[int]] = deque()  # second, rows, failed
        self._rows = 0
        self._failed = 0
        self._raised = False
        self._worst: Alert | None = None

    @property
    def worst(self) -> Alert | None:
        """The highest share above `ratio` that any `check` saw, for the report; None if there was none."""
        return self._worst

    def add(self, rows: int, failed: int, now: float) -> None:
        """`rows` rows were settled, of which `failed` were rejected or are unknown."""
        second = int(now)
        if not self._buckets or self._buckets[-1][0] != second:
            self._expire(now)
            self._buckets.append([second, 0, 0])
        bucket = self._buckets[-1]
        bucket[1] += rows
        bucket[2] += failed
        self._rows += rows
        self._failed += failed

    def check(self, now: float) -> Alert | None:
        """The alert to raise now, if any."""
        self._expire(now)
        share = self._failed / self._rows if self._rows >= self._least else 0.0
        if share <= self._ratio:
            self._raised = False
            return None
        alert = Alert(share, self._failed, self._rows)
        if self._worst is None or share > self._worst.ratio:
            self._worst = alert
        if self._raised:
            return None
        self._raised = True
        return alert

    def _expire(self, now: float) -> None:
        while self._buckets and self._buckets[0][0] <= int(now) - _SECONDS:
            _, rows, failed = self._buckets.popleft()
            self._rows -= rows
            self._failed -= failed
