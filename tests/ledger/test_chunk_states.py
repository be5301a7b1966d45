"""Rows are settled by ordinal, each once, whatever chunks they lie in and in whatever order they come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.ledger.chunk_states import BrokenLawError, ChunkStates
from loader.outcomes import Fate
from loader.rows import Chunk
from tests.engine.harness import SOURCE


def opened(*counts: int) -> ChunkStates:
    states, ordinal = ChunkStates(), 0
    for number, rows in enumerate(counts):
        states.open(Chunk(number, SOURCE, ordinal, 1, 0, rows, b"", 0))
        ordinal += rows
    return states


@pytest.mark.parametrize("ordinals", [range(2, 9), list(range(2, 9)), [8, 2, 7, 3, 6, 4, 5]])
def test_rows_of_several_chunks_are_settled_together(ordinals):
    states = opened(4, 4, 4)
    states.settle(ordinals, Fate.DELIVERED)
    assert [ordinal for ordinal in range(12) if states.is_pending(ordinal)] == [0, 1, 9, 10, 11]
    assert states.pending == 5
    assert [chunk.pending for chunk in states.take_changed()] == [2, 0, 3]


@pytest.mark.parametrize("ordinals", [range(3, 6), [3, 4], [4], range(4, 5)])
def test_a_row_is_never_settled_twice(ordinals):
    states = opened(4, 4)
    states.settle(range(4, 6), Fate.DELIVERED)
    with pytest.raises(BrokenLawError):
        states.settle(ordinals, Fate.REJECTED)


@pytest.mark.parametrize("kind", [range, lambda *bounds: list(range(*bounds))], ids=["range", "list"])
def test_rows_that_are_left_out_stay_as_they_are(kind):
    states = opened(4, 4, 4)
    states.settle([5], Fate.REJECTED)
    states.settle(kind(2, 10), Fate.DELIVERED, but=[1, 3, 7])
    assert [ordinal for ordinal in range(12) if states.is_pending(ordinal)] == [0, 1, 3, 9, 10, 11]
    assert states.pending == 6
    assert [list(chunk.states) for chunk in states.take_changed()] == [[0, 0, 1, 0], [1, 2, 1, 1], [1, 0, 0, 0]]


@pytest.mark.parametrize("kind", [range, lambda *bounds: list(range(*bounds))], ids=["range", "list"])
def test_a_row_beside_one_that_is_left_out_is_never_settled_twice(kind):
    states = opened(4)
    states.settle([2], Fate.DELIVERED)
    with pytest.raises(BrokenLawError):
        states.settle(kind(0, 4), Fate.REJECTED, but=[1])


@pytest.mark.parametrize("ordinals", [range(7, 9), [8], [-1]])
def test_a_row_that_was_never_read_is_not_settled(ordinals):
    with pytest.raises(BrokenLawError):
        opened(4, 4).settle(ordinals, Fate.DELIVERED)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.data())
def test_every_row_ends_once_in_any_order(counts, data):
    states, left = opened(*counts), list(range(sum(counts)))
    data.draw(st.randoms()).shuffle(left)
    while left:
        size = data.draw(st.integers(1, len(left)))
        batch, left = left[:size], left[size:]
        states.settle(batch, Fate.DELIVERED)
        assert states.pending == len(left)
