"""Partition keys as the server hashes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from struct import Struct

LONGEST = 65_535
"""The most bytes of a partition key, and of each part of a primary key."""

_pack_length = Struct(">H").pack


def partition_keys(values: Sequence[Sequence[bytes]]) -> list[bytes]:
    """The key of each row, from the values of each of its columns; [] where there are no columns.

    A single value is the key; of several, each stands after its length in two bytes and before a zero byte. No value
    may be longer than LONGEST.
    """
    if len(values) <= 1:
        return [key for column in values for key in column]
    parts: list[Iterable[bytes]] = []
    for column in values:
        parts += (map(_pack_length, map(len, column)), column, repeat(b"\0"))
    return list(map(b"".join, zip(*parts, strict=False)))
