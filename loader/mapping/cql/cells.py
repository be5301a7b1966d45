"""Cells: the bound values of one row, as bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

Cell = bytes | None | msgspec.UnsetType
"""The bytes of a value, None for null, `msgspec.UNSET` for a column that is left as it is."""

_length = struct.Struct(">i").unpack_from


def cells(values: bytes) -> Iterator[Cell]:
    """The values that stand one after the other in an item of `CqlRows`, or in a collection behind its count."""
    at = 0
    while at < len(values):
        (length,) = _length(values, at)
        at += 4
        if length < 0:
            yield None if length == -1 else msgspec.UNSET
            continue
        yield values[at : at + length]
        at += length
