from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.config.sections import Rate
from loader.resilience.rate import RateLimit


def test_without_limits_nothing_waits():
    limit = RateLimit(Rate())
    limit.take(10**12, 10**15, now=0.0)
    assert limit.wait(0.0) == 0.0


def test_the_first_batch_goes_at_once_and_the_next_when_its_rows_are_paid():
    limit = RateLimit(Rate(rows=1_000))
    assert limit.wait(50.0) == 0.0
    limit.take(500, 0, now=50.0)
    assert limit.wait(50.0) == 0.5
    assert limit.wait(50.25) == 0.25
    assert limit.wait(51.0) == 0.0


def test_a_batch_larger_than_a_seconds_budget_goes_and_leaves_its_debt():
    limit = RateLimit(Rate(rows=10))
    limit.take(100, 0, now=0.0)
    assert limit.wait(0.0) == 10.0


@pytest.mark.parametrize(("rows", "size", "wait"), [(100, 10, 1.0), (10, 300, 3.0)])
def test_the_scarcer_of_rows_and_bytes_decides(rows, size, wait):
    limit = RateLimit(Rate(rows=100, bytes=100))
    limit.take(rows, size, now=0.0)
    assert limit.wait(0.0) == wait


def test_unused_budget_is_made_up_for_up_to_a_second():
    limit = RateLimit(Rate(rows=100))
    limit.take(100, 0, now=0.0)
    limit.take(100, 0, now=1_000.0)
    assert limit.wait(1_000.0) == 0.0
    limit.take(100, 0, now=1_000.0)
    assert limit.wait(1_000.0) == 1.0


@given(
    st.integers(1, 1_000),
    st.lists(st.tuples(st.integers(1, 2_000), st.floats(0, 3)), min_size=1, max_size=100),
)
def test_over_any_time_no_more_goes_than_the_rate_and_one_second_and_one_batch(per_second, batches):
    limit, now, gone = RateLimit(Rate(rows=per_second)), 0.0, []
    for rows, idle in batches:
        now += idle + limit.wait(now + idle)
        limit.take(rows, 0, now)
        gone.append((now, rows))
    for first, (start, _) in enumerate(gone):
        rows = sum(rows for _, rows in gone[first:])
        assert rows <= per_second * (now - start + 1) + max(rows for _, rows in gone[first:]) + 1e-6


@given(st.integers(1, 1_000), st.lists(st.integers(1, 2_000), min_size=2, max_size=50))
def test_a_sender_that_never_idles_gets_the_full_rate(per_second, batches):
    limit, now = RateLimit(Rate(rows=per_second)), 0.0
    for rows in batches:
        now += limit.wait(now)
        limit.take(rows, 0, now)
    assert now == pytest.approx(sum(batches[:-1]) / per_second)
