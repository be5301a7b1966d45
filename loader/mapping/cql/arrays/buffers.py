"""Bytes of the values of an array, big-endian where they are numbers."""

from __future__ import annotations

import sys
from array import array as numbers
from collections.abc import Sequence
from itertools import chain
from struct import Struct

import pyarrow as pa
import pyarrow.compute as pc

from loader.mapping.cql.codec import Parts, pack_length

_ITEMS = {8: "b", 16: "h", 32: "i", 64: "q"}  # of the module array, by bits


def swapped(array: pa.Array) -> bytes:
    """The numbers of an array of 8 to 64 bits without nulls, one after the other and big-endian."""
    width = array.type.bit_width // 8
    start = array.offset * width
    data = memoryview(array.buffers()[1])[start : start + len(array) * width]
    found = numbers(_ITEMS[array.type.bit_width])
    found.frombytes(data)
    if sys.byteorder == "little":
        found.byteswap()
    return found.tobytes()


def fixed(data: bytes, width: int) -> list[bytes]:
    """Pieces of `width` bytes."""
    return list(chain.from_iterable(Struct(f"{width}s").iter_unpack(data)))


def floats(array: pa.Array) -> pa.Array:
    """Numbers as float32, rounded where it has no room for a digit. Raises OverflowError where one becomes infinite."""
    rounded = array.cast(pa.float32())
    if not pc.all(pc.equal(pc.is_inf(rounded), pc.is_inf(array.cast(pa.float64())))).as_py():
        raise OverflowError("a number beyond a float")
    return rounded


def number_cells(array: pa.Array) -> Parts:
    """Cells of the numbers of an array, as wide as there."""
    width = array.type.bit_width // 8
    return fixed_cells(swapped(array), width)


def fixed_cells(data: bytes, width: int) -> Parts:
    """Cells of values that are `width` bytes each."""
    bodies = fixed(data, width)
    return [pack_length(width)] * len(bodies), bodies


def bytes_of(array: pa.Array) -> Sequence[bytes]:
    """The bytes of each value of fixed width, as they lie there."""
    width = array.type.bit_width // 8
    start = array.offset * width
    return fixed(bytes(memoryview(array.buffers()[1])[start : start + len(array) * width]), width)
