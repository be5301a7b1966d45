"""What is sent when: rates, deadlines of rows, the requests under way, the fallback."""

from __future__ import annotations

import pytest

from loader.config import sections
from loader.events import (
    FailedOver,
)
from loader.outcomes import ACCEPTED
from tests.engine.harness import (
    World,
    ambiguous,
    letters,
    retryable,
    suspected,
    totals,
)


@pytest.mark.parametrize(("size", "rate"), [(500, sections.Rate(rows=1000)), (300, sections.Rate(bytes=4000))])
def test_the_rate_is_kept_by_batches(size, rate):
    """At no moment was more sent than the rate allows since the start, but for the batch that went last."""
    world = World(rows=10_000, size=size, chunk_rows=4_000, rate=rate)
    start = world.clock.now()
    world.run()
    sent = 0
    for attempt in world.target.attempts:
        allowed = (attempt.at - start) * (rate.rows or rate.bytes)
        assert sent <= allowed + 1e-6
        assert sent >= allowed - 1e-6  # nor less: there was always something to send
        sent += len(attempt.names) if rate.rows else sum(map(len, attempt.names))
    assert totals(world) == (10_000, 0, 0)


def test_the_rate_is_kept():
    world = World(rows=100, rate=sections.Rate(rows=10))
    world.run()
    assert world.clock.time - 1000 == pytest.approx(9.0, abs=1.5)


def test_a_row_out_of_time_is_rejected():
    world = World(
        rows=1, row_timeout=20, retry=sections.Retry(max_retries=1000, max_backoff=5.0), script=lambda _: retryable(503)
    )
    world.run()
    assert totals(world) == (0, 1, 0)
    assert world.clock.time <= 1021


def test_a_row_out_of_time_behind_an_open_breaker_is_rejected_too():
    world = World(rows=30, row_timeout=60, script=lambda _: retryable(503))
    world.run()
    assert totals(world)[1] > 0
    assert letters(world)[0]["class"] == "exhausted"


def test_a_few_rows_that_fail_for_ever_do_not_stop_the_others():
    world = World(
        rows=2000,
        max_in_flight=10,
        script=lambda a: retryable(503) if a.ordinals[0] % 100 == 0 else ACCEPTED,
        retry=sections.Retry(max_retries=5),
        breaker=sections.BreakerSettings(threshold=0),  # at the end only rows that fail are left: they would open it
    )
    world.run()
    assert totals(world) == (1980, 20, 0)
    good = [a.at for a in world.target.attempts if a.ordinals[0] % 100]
    assert max(good) - min(good) == pytest.approx(2000 / 10 * 0.01, rel=0.2)


def test_the_fallback_takes_rows_while_the_breaker_is_open_and_probes_go_to_the_primary():
    world = World(
        rows=200,
        max_in_flight=4,
        script=lambda a: retryable(503) if a.at < 1200 else ACCEPTED,
        fallback=lambda _: (10.0, ACCEPTED),
    )
    assert world.run().stop is None
    assert totals(world) == (200, 0, 0)
    by_target = world.ledger.totals.by_target
    assert by_target["fallback"] > 0
    assert by_target["target"] > 0
    assert world.seen(FailedOver)


def test_one_request_at_a_time_a_batch_that_went_to_the_fallback_does_not_end_reading():
    """It was counted as waiting for ever after, so that no more rows were asked for, and the run gave up."""
    world = World(
        rows=10,
        chunk_rows=1,
        max_in_flight=1,
        breaker=sections.BreakerSettings(threshold=2),
        script=lambda attempt: retryable(503) if attempt.number <= 2 else ACCEPTED,
        fallback=lambda _: ACCEPTED,
    )
    assert world.run().stop is None
    assert totals(world) == (10, 0, 0)
    assert world.ledger.totals.by_target["fallback"] > 0


def test_rows_that_may_have_arrived_never_go_to_the_fallback():
    world = World(
        rows=30,
        max_in_flight=4,
        script=lambda a: ambiguous() if a.at < 1200 else ACCEPTED,
        fallback=lambda _: ACCEPTED,
    )
    world.run()
    tried = {name for a in world.target.attempts for name in a.names if a.at < 1200}
    assert tried
    assert not tried & set(world.other.accepted)
    assert totals(world) == (30, 0, 0)


def test_a_target_fault_does_not_fail_over():
    world = World(rows=30, script=lambda _: suspected(403), fallback=lambda _: ACCEPTED)
    assert world.run().stop.exit_code == 3
    assert not world.other.attempts
