from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.report.snapshot import Pace, Speed
from tests.report.examples import HALFWAY


def test_speed_is_that_of_the_last_seconds_not_of_the_whole_run():
    speed = Speed(5.0)
    for second in range(100):
        speed.update(float(second), second * 10)
    for second in range(100, 110):
        now = speed.update(float(second), 990 + (second - 99) * 1000)
    assert now == pytest.approx(1000)


def test_speed_falls_to_nothing_in_an_outage():
    speed = Speed(5.0)
    speed.update(0.0, 0)
    speed.update(1.0, 1000)
    for second in range(2, 10):
        now = speed.update(float(second), 1000)
    assert now == 0


def test_what_was_done_before_a_resume_is_no_speed():
    speed = Speed()
    assert speed.update(0.0, 1_000_000) == 0
    assert speed.update(1.0, 1_000_500) == pytest.approx(500)


@given(st.lists(st.floats(0, 1, allow_nan=False), max_size=300))
def test_speed_of_steady_work_is_steady_however_often_it_is_asked(steps):
    """Also: what it remembers is bounded."""
    speed = Speed(5.0)
    speed.update(0.0, 0)
    elapsed = 0.0
    for step in steps:
        elapsed += 0.01 + step
        assert speed.update(elapsed, round(elapsed * 1e6)) == pytest.approx(1e6, rel=1e-3)
    assert len(speed._points) <= 55


def test_pace_counts_settled_rows_and_bytes():
    pace = Pace()
    pace.update(HALFWAY)
    assert (pace.rows, pace.bytes) == (0, 0)
