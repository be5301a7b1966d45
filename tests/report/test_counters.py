from __future__ import annotations

import pytest

from loader.events import (
    AlertRaised,
    BatchSplit,
    BreakerOpened,
    FailedOver,
    PartlyAccepted,
    RetryScheduled,
    RunStarted,
    Throttled,
    Warned,
)
from loader.report.counters import EventCounters


@pytest.fixture
def counters():
    return EventCounters()


def test_events_are_counted_by_what_they_say(counters):
    for event in [
        RunStarted("run", ("a",), "api"),
        RetryScheduled("api", "a", 1, 10, 1, 1.0, "http_503", ""),
        RetryScheduled("api", "a", 1, 10, 2, 1.0, "http_503", ""),
        BatchSplit("api", "a", 1, 10, "http_400", ""),
        PartlyAccepted("api", "a", 1, 9, 1, 0),
        BreakerOpened("api", 10, 300.0, 0.0, "http_503", "HTTP 503"),
        FailedOver("api", "spare", 10),
        FailedOver("api", "spare", 5),
        AlertRaised(0.5, 1, 2),
    ]:
        counters(event)
    assert (counters.retries, counters.splits, counters.partial_answers) == (2, 1, 1)
    assert (counters.breaker_openings, counters.failed_over, counters.alerts) == (1, 15, 1)


def test_waits_that_overlap_count_once(counters):
    """A hundred requests under way may all be answered by the same 429."""
    for _ in range(100):
        counters(Throttled("api", 10.0, 1010.0, 429))
    counters(Throttled("api", 5.0, 1012.0, 429))
    counters(Throttled("api", 1.0, 1005.0, 429))
    counters(Throttled("api", 2.0, 1100.0, 429))
    assert counters.throttled_seconds == pytest.approx(14)


def test_waits_of_two_targets_count_each(counters):
    counters(Throttled("api", 10.0, 1010.0, 429))
    counters(Throttled("spare", 10.0, 1010.0, 429))
    assert counters.throttled_seconds == pytest.approx(20)


def test_only_the_first_warnings_are_kept(counters):
    for i in range(1000):
        counters(Warned(f"warning {i}"))
    assert len(counters.warnings) == 100
    assert counters.warnings[0] == "warning 0"
