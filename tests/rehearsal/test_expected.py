"""What writes to one column come to, in whatever order they arrive."""

from __future__ import annotations

import random
import struct
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from loader.rehearsal.expected import Write, latest, total

INT64 = st.integers(-(2**63), 2**63 - 1)
STAMPED = st.lists(
    st.tuples(st.integers(), st.none() | st.binary(max_size=3)), min_size=1, unique_by=lambda each: each[0]
)


@given(STAMPED, st.randoms())
def test_the_write_with_the_latest_timestamp_wins(stamped, chance: random.Random):
    writes = [Write(value, stamp) for stamp, value in stamped]
    chance.shuffle(writes)
    assert reduce(latest, writes) == max(writes, key=lambda write: write.stamp)


def test_two_writes_of_one_time_are_not_certain_until_a_later_one():
    tie = latest(Write(b"a", 1), Write(b"b", 1))
    assert not tie.certain
    assert latest(Write(b"c", 2), tie) == Write(b"c", 2)
    assert not latest(Write(b"c", 0), tie).certain


def test_a_write_of_unknown_time_makes_all_uncertain():
    assert not latest(Write(b"a", None), Write(b"b", 1)).certain


@given(st.lists(INT64, min_size=1))
def test_increments_add_up_and_wrap_around(increments):
    packed = [Write(struct.pack(">q", each), None) for each in increments]
    (found,) = struct.unpack(">q", reduce(total, packed).value)
    assert (found - sum(increments)) % 2**64 == 0
