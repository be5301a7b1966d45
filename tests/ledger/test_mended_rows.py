"""Letters of mended rows: one each over all parts of a run, wherever a part dies."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loader.ledger.mended_rows import MendedRows
from loader.outcomes import Cause, Ending

CAUSE = Cause("bad_value", "no number", Ending.REFUSED)
ROWS = 6


@given(st.lists(st.tuples(st.permutations(range(ROWS)), st.integers(0, ROWS), st.integers(0, ROWS)), max_size=4))
def test_each_row_has_one_letter_and_is_counted_once_wherever_parts_die(parts):
    """A part delivers some rows in some order, and dies behind some of the letters that its last record has not."""
    queue: list[int] = []  # letters, by the ordinal of their row
    recorded = 0  # letters that the last record covers
    unclaimed: list[int] = []  # those of them whose rows have no fate yet
    settled: set[int] = set()
    counted = 0
    for order, deliveries, records in [*parts, (list(range(ROWS)), ROWS, ROWS)]:
        mended = MendedRows()
        past = {queue[at]: at for at in [*unclaimed, *range(recorded, len(queue))]}
        here, counts_here = set(settled), counted
        for ordinal in (ordinal for ordinal in range(ROWS) if ordinal not in settled):
            mended.expect({ordinal: CAUSE})
            if ordinal in past:
                mended.is_written(ordinal, (past[ordinal], 1))
        rows = [ordinal for ordinal in order if ordinal not in settled][:deliveries]
        for done, ordinal in enumerate(rows, start=1):
            causes, written = mended.delivered([ordinal], ())
            queue += [ordinal] * len(causes)
            counts_here += len(causes) + written
            here.add(ordinal)
            if done == min(records, len(rows)):
                settled, counted, recorded = set(here), counts_here, len(queue)
                unclaimed = sorted(first for first, _ in mended.letters)
    assert sorted(queue) == list(range(ROWS))
    assert counted == ROWS


def test_a_row_that_failed_has_no_letter_as_a_mended_one_but_that_of_an_earlier_part():
    mended = MendedRows()
    mended.expect({1: CAUSE, 2: CAUSE, 3: CAUSE})
    mended.is_written(2, (10, 5))
    assert mended.dead([1, 2]) == 1
    assert mended.delivered([1, 2, 3], [2]) == ({}, 0)
    assert mended.delivered(range(1, 4), ()) == ({2: CAUSE}, 0)
    assert not mended


def test_rows_that_are_prepared_for_another_target_are_judged_anew():
    mended = MendedRows()
    mended.expect({1: CAUSE, 2: CAUSE})
    mended.forget([1])
    assert mended.delivered([1, 2], ()) == ({1: CAUSE}, 0)
