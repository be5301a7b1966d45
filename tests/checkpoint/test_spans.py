"""Sets of rows: the same after any way of writing them."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.checkpoint.spans import pack, runs_of, unpack, without

STATES = st.lists(st.sampled_from([0, 0, 1, 2, 3]), max_size=300).map(bytes) | st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 60)), max_size=20
).map(lambda runs: b"".join(bytes([state]) * count for state, count in runs))
RUNS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)), max_size=12)


def members(runs):
    return {row for first, count in runs for row in range(first, first + count)}


@given(STATES)
def test_packed_states_come_back_as_settled_or_not(states):
    assert unpack(pack(states), len(states)) == bytes(min(state, 1) for state in states)


@given(STATES)
def test_runs_are_the_rows_that_are_not_pending(states):
    assert members(runs_of(states)) == {row for row, state in enumerate(states) if state}


@given(STATES)
def test_text_is_never_empty_for_that_means_all(states):
    assert pack(states)


def test_text_is_short_for_whatever_pattern():
    chance = random.Random(7)
    scattered = bytes(chance.randrange(2) for _ in range(8192))
    assert len(pack(scattered)) < 1500
    assert len(pack(b"\1" * 5000 + b"\0" * 3192)) <= 6
    assert len(pack(b"\1\0" * 4096)) < 60


@pytest.mark.parametrize("text", ["", "x", "1", "1+2+3", "9+2", "=!", "=AAAA", pack(b"\1\0" * 40)])
def test_what_pack_never_made_is_refused(text):
    with pytest.raises(ValueError):
        unpack(text, 10)


@given(RUNS, STATES)
def test_difference_is_that_of_the_sets(runs, states):
    taken = runs_of(states)
    left = without(runs, taken)
    assert members(left) == members(runs) - members(taken)
    assert all(before[0] + before[1] < after[0] for before, after in pairwise(left))
