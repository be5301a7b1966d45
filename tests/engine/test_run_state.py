"""Of several reasons to stop, the gravest counts."""

from __future__ import annotations

import pytest

from loader.engine.run_state import RunState
from loader.engine.stop import failed, interrupted, parked, stopped

STOPS = {"parked": parked("", 0.0), "stopped": stopped(""), "interrupted": interrupted(""), "failed": failed("")}


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ("stopped", "parked", "parked"),
        ("parked", "stopped", "parked"),
        ("parked", "interrupted", "interrupted"),
        ("interrupted", "failed", "failed"),
        ("failed", "interrupted", "failed"),
    ],
)
def test_the_graver_reason_stays(first, second, kept):
    state = RunState()
    state.request_stop(STOPS[first])
    state.request_stop(STOPS[second])
    assert state.stop is STOPS[kept]


def test_of_two_alike_the_first_stays():
    state, first = RunState(), stopped("first")
    state.request_stop(first)
    state.request_stop(stopped("second"))
    assert state.stop is first
