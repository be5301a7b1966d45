"""Counts events for the report."""

from __future__ import annotations

from loader.events import (
    AlertRaised,
    BatchSplit,
    BreakerOpened,
    Event,
    FailedOver,
    PartlyAccepted,
    RetryScheduled,
    Throttled,
    Warned,
)

WARNINGS = 100


class EventCounters:
    """An observer. Used by one thread.

    `throttled_seconds` is the time for which a target was to be left alone: waits of one target that overlap count
    once. `warnings` are the first hundred.
    """

    def __init__(self) -> None:
        self.retries = 0
        self.splits = 0
        self.partial_answers = 0
        self.breaker_openings = 0
        self.throttled_seconds = 0.0
        self.failed_over = 0
        self.alerts = 0
        self.warnings: list[str] = []
        self._throttled_until: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case RetryScheduled():
                self.retries += 1
            case BatchSplit():
                self.splits += 1
            case PartlyAccepted():
                self.partial_answers += 1
            case BreakerOpened():
                self.breaker_openings += 1
            case Throttled():
                self._throttle(event)
            case FailedOver():
                self.failed_over += event.rows
            case AlertRaised():
                self.alerts += 1
            case Warned() if len(self.warnings) < WARNINGS:
                self.warnings.append(event.message)

    def _throttle(self, event: Throttled) -> None:
        until = self._throttled_until.get(event.target, 0.0)
        self.throttled_seconds += max(0.0, event.until - max(until, event.until - event.wait))
        self._throttled_until[event.target] = max(until, event.until)
