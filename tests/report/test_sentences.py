from __future__ import annotations

import pytest

from loader.events import (
    AlertRaised,
    BatchLimitLowered,
    BatchSplit,
    BreakerClosed,
    BreakerHalfOpened,
    BreakerOpened,
    ConnectFailed,
    FailedOver,
    PartlyAccepted,
    RetryScheduled,
    RowsFailed,
    RunEnded,
    RunStarted,
    StopRequested,
    Throttled,
    Warned,
)
from loader.report.phrases import clock_time
from loader.report.sentences import EventLines
from tests.report.examples import EVIL, Turned

AT = 1767323045.0


@pytest.fixture
def clock():
    return Turned()


@pytest.fixture
def lines(clock):
    return EventLines(clock, lambda text: text.replace("hunter2", "***"))


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (RunStarted("r1", ("a", "b"), "https://api"), "run r1: loading a, b into https://api"),
        (RunStarted("r1", ("a", "b", "c", "d", "e"), "x"), "run r1: loading a, b, c and 2 more into x"),
        (
            BreakerOpened("api", 10, 300.0, AT, "http_503", "HTTP 503: back at noon"),
            f"api: breaker opened after 10 failures in a row; next probe at {clock_time(AT)} (in 5:00);"
            " the last error, http_503: HTTP 503: back at noon",
        ),
        (
            ConnectFailed("api", "connect_refused", "no connection: refused", "check that the target is up"),
            "api: no connection: refused; check that the target is up; trying again",
        ),
        (ConnectFailed("api", "reset", "closed", None), "api: closed; trying again"),
        (BreakerHalfOpened("api", 3), "api: breaker half-open, probing with up to 3 requests"),
        (BreakerClosed("api"), "api: breaker closed, going on"),
        (Throttled("api", 90.0, AT, 429), f"api: asks to wait 1:30, until {clock_time(AT)} (status 429)"),
        (Throttled("api", 90.0, AT, None), f"api: asks to wait 1:30, until {clock_time(AT)}"),
        (FailedOver("api", "spare", 9), "api: breaker is not closed, rows go to spare meanwhile"),
        (BatchLimitLowered("api", 524288), "api: found a request too large; from now on at most 512.0 KiB"),
        (
            AlertRaised(0.25, 250, 1000),
            "warning: 250 of the 1,000 rows that the target settled in the last minute failed (25.0%)",
        ),
        (
            AlertRaised(0.25, 250, 1000, by_target=False),
            "warning: 250 of the 1,000 rows read in the last minute cannot be read or mapped (25.0%)",
        ),
        (Warned("mind the gap"), "warning: mind the gap"),
        (StopRequested("stopped", "too many errors", None), "stopping: too many errors"),
        (
            PartlyAccepted("api", "a", 1, 90, 8, 2),
            "warning: api: an answer accepted 90 of 100 rows and refused 8 (2 go again); the accepted ones are kept",
        ),
        (
            PartlyAccepted("api", "a", 1, 1, 2, 0),
            "warning: api: an answer accepted 1 of 3 rows and refused 2; the accepted ones are kept",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_matters_is_told_in_a_line(lines, event, line):
    assert lines.line(event) == line


@pytest.mark.parametrize(
    "event",
    [
        RowsFailed("bad_json", []),
        RetryScheduled("api", "a", 1, 10, 1, 1.0, "http_503", ""),
        BatchSplit("api", "a", 1, 10, "http_400", ""),
        RunEnded("r1", "complete", 0, 1, 1, 0, 0),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_only_the_log_needs_is_not_told(lines, event):
    assert lines.line(event) is None


def test_an_outage_does_not_flood(lines, clock):
    told = []
    for _ in range(10_000):
        clock.time += 0.1
        told += [
            lines.line(BreakerOpened("api", 10, 1.0, AT, "reset", "closed")),
            lines.line(Throttled("api", 1.0, AT, 429)),
        ]
    assert len([line for line in told if line]) <= 2 * (10 + 100)


def test_what_was_held_back_is_counted_in_the_next_line(lines, clock):
    assert "not shown" not in lines.line(Throttled("api", 1.0, AT, 429))
    for _ in range(7):
        assert lines.line(Throttled("api", 1.0, AT, 429)) is None
    clock.time += 10
    assert lines.line(Throttled("api", 1.0, AT, 429)).endswith("(7 more like this not shown)")
    clock.time += 10
    assert "not shown" not in lines.line(Throttled("api", 1.0, AT, 429))


def test_one_kind_in_a_flood_does_not_silence_another(lines):
    for _ in range(100):
        lines.line(Throttled("api", 1.0, AT, 429))
    assert lines.line(BreakerClosed("api"))


def test_a_stop_is_always_told(lines):
    for _ in range(100):
        assert lines.line(StopRequested("interrupted", "interrupted by SIGINT", None))


def test_secrets_are_masked_before_a_text_is_cut(lines):
    assert "hunt" not in lines.line(Warned("hunter2"))
    assert "hunt" not in lines.line(Warned("x" * 997 + "hunter2"))


@pytest.mark.parametrize(
    "event",
    [
        RunStarted(EVIL, (EVIL,), EVIL),
        Warned(EVIL),
        StopRequested("stopped", EVIL, EVIL),
        BreakerOpened(EVIL, 1, 1.0, AT, EVIL, EVIL),
        BreakerHalfOpened(EVIL, 1),
        BreakerClosed(EVIL),
        Throttled(EVIL, 1.0, AT, 429),
        FailedOver(EVIL, EVIL, 1),
        BatchLimitLowered(EVIL, 1),
        PartlyAccepted(EVIL, EVIL, 1, 1, 1, 1),
        ConnectFailed(EVIL, EVIL, EVIL, EVIL),
    ],
    ids=lambda event: type(event).__name__,
)
def test_foreign_texts_stay_on_their_line_and_are_no_escape_codes(lines, event):
    line = lines.line(event)
    assert line.isprintable()
    assert "\\x1b[31mred" in line
