"""Integers of variable length, held to the driver's own."""

from __future__ import annotations

from cassandra.marshal import uvint_pack, vints_pack
from hypothesis import given
from hypothesis import strategies as st

from loader.mapping.cql.vint import signed_vint, unsigned_vint

_EDGES = sorted({number for bits in range(65) for number in ((1 << bits) - 1, 1 << bits) if number < 1 << 64})


def test_unsigned_numbers_at_every_edge_of_a_length():
    assert [unsigned_vint(number) for number in _EDGES] == [uvint_pack(number) for number in _EDGES]


@given(st.integers(-(2**63), 2**63 - 1))
def test_signed_numbers(number):
    assert signed_vint(number) == vints_pack([number])
