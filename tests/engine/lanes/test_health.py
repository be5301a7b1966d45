"""What an answer means for its target as a whole: outages, requested waits, faults."""

from __future__ import annotations

import pytest

from loader.config import sections
from loader.events import (
    BreakerClosed,
    BreakerHalfOpened,
    BreakerOpened,
    ConnectFailed,
    RetryScheduled,
    Throttled,
)
from loader.outcomes import ACCEPTED, Cause, Ending, Fault, Result
from tests.engine.harness import (
    World,
    refused,
    retryable,
    suspected,
    throttled,
    totals,
    unsent,
)


def test_the_breaker_opens_after_threshold_failures_and_probes_after_its_timeout():
    breaker = sections.BreakerSettings(first_timeout=300)
    script = lambda a: retryable(503) if a.at < 1100 else ACCEPTED  # noqa: E731
    world = World(rows=50, max_in_flight=5, breaker=breaker, script=script)
    world.run()
    assert totals(world) == (50, 0, 0)
    opened = world.seen(BreakerOpened)
    assert len(opened) == 1
    assert opened[0].probe_in == 300
    assert world.seen(BreakerHalfOpened)
    assert world.seen(BreakerClosed)
    during = [a for a in world.target.attempts if 1002 < a.at < 1300]
    assert during == []


def test_a_short_outage_costs_a_load_seconds():
    """It once stood still for five minutes after one of two seconds."""
    world = World(rows=50, max_in_flight=5, script=lambda a: retryable(503) if a.at < 1002 else ACCEPTED)
    world.run()
    assert totals(world) == (50, 0, 0)
    assert world.clock.time < 1010


def test_the_line_of_the_breaker_carries_the_last_error_in_its_own_words():
    down = Result(Cause("http_503", "HTTP 503: back at noon", Ending.REFUSED, retryable=True, status=503))
    world = World(rows=50, script=lambda a: down if a.number > 5 else ACCEPTED)
    end = world.run()
    assert {(event.error_type, event.error) for event in world.seen(BreakerOpened)} == {
        ("http_503", "HTTP 503: back at noon")
    }
    assert "did not answer well for 900 s; the last error: HTTP 503: back at noon" in end.stop.message


def test_only_probes_go_while_half_open():
    def script(attempt):
        return retryable(503) if attempt.at < 1290 else (5.0, ACCEPTED)

    world = World(rows=50, max_in_flight=10, script=script)
    world.run()
    late = [a.at for a in world.target.attempts if a.at > 1290]
    assert late[2] == late[0]
    assert late[3] >= late[0] + 5


def test_a_target_that_stays_down_ends_the_run_and_blames_no_row():
    world = World(rows=100, script=lambda a: retryable(503), retry=sections.Retry(max_retries=50))
    end = world.run()
    assert end.stop.exit_code == 3
    assert totals(world) == (0, 0, 0)
    assert world.ledger.handed_back + (end.rest or 0) == 100
    assert world.clock.time == pytest.approx(1900, abs=60)


def test_an_unreachable_target_is_given_up_even_without_a_breaker():
    breaker = sections.BreakerSettings(threshold=0, give_up_after=50)
    world = World(rows=100, breaker=breaker, script=lambda a: ACCEPTED if a.number < 5 else unsent())
    end = world.run()
    assert end.stop.exit_code == 3
    assert totals(world)[1:] == (0, 0)


def test_retry_after_is_waited_for_by_all_senders_and_then_doubles():
    def script(attempt):
        return throttled(20.0) if attempt.at < 1001 and attempt.number > 5 else ACCEPTED

    world = World(rows=40, max_in_flight=8, script=script)
    world.run()
    assert totals(world) == (40, 0, 0)
    after = [a.at for a in world.target.attempts if a.at > 1001]
    first = after[0]
    assert first == pytest.approx(1020.01, abs=0.01)
    assert sum(at < first + 0.005 for at in after) == 1
    assert sum(first + 0.005 < at < first + 0.015 for at in after) == 2
    assert world.seen(Throttled)
    assert not world.seen(BreakerOpened)


def test_a_longer_wait_than_max_wait_parks_the_run():
    world = World(rows=30, script=lambda _: throttled(301.0))
    end = world.run()
    assert (end.stop.status, end.stop.exit_code) == ("parked", 4)
    assert end.stop.parked_until == pytest.approx(world.clock.wall() + 301, abs=6)
    assert totals(world) == (0, 0, 0)


def test_the_first_failure_to_connect_of_each_outage_is_told_at_once():
    def script(attempt):
        return unsent("connect_refused") if attempt.number in (1, 2, 5, 6) else ACCEPTED

    world = World(rows=10, max_in_flight=1, script=script)
    world.run()
    assert [(event.error_type, event.error) for event in world.seen(ConnectFailed)] == [
        ("connect_refused", "connect_refused")
    ] * 2
    assert world.events.index(world.seen(ConnectFailed)[0]) < world.events.index(world.seen(RetryScheduled)[0])


@pytest.mark.parametrize("status", [401, 407])
def test_unauthorized_stops_the_run_at_once(status):
    world = World(rows=50, script=lambda a: refused(status, fault=Fault.CERTAIN) if a.number > 20 else ACCEPTED)
    end = world.run()
    assert end.stop.exit_code == 3
    assert totals(world)[1:] == (0, 0)


def test_ten_suspected_answers_with_nothing_delivered_stop_the_run_and_dead_letter_nothing():
    world = World(rows=100, max_in_flight=4, script=lambda _: suspected(404))
    end = world.run()
    assert end.stop.exit_code == 3
    assert totals(world) == (0, 0, 0)
    assert 10 <= len(world.target.attempts) <= 14


def test_fewer_suspected_answers_decide_when_nothing_else_can_be_sent():
    world = World(rows=3, script=lambda _: suspected(403))
    assert world.run().stop.exit_code == 3
    assert totals(world) == (0, 0, 0)


def test_a_target_that_was_never_reached_stops_the_run_after_max_retries():
    world = World(rows=50, script=lambda _: unsent(), retry=sections.Retry(max_retries=2))
    end = world.run()
    assert end.stop.exit_code == 3
    assert totals(world) == (0, 0, 0)
    assert not world.seen(BreakerOpened)


def test_an_unknown_name_at_the_start_stops_at_once():
    world = World(rows=5, max_in_flight=1, script=lambda _: unsent("dns", fault=Fault.AT_START))
    assert world.run().stop.exit_code == 3
    assert len(world.target.attempts) == 1
