"""Expected row of a key after all writes to it, by Cassandra's rules of reconciliation."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

_int64 = struct.Struct(">q")


class Write(NamedTuple):
    """A value that was written to a column: its bytes, None for null. `stamp` is None where the server chose it.

    Of one that is not certain nobody can tell which of several values stands there.
    """

    value: bytes | None
    stamp: int | None
    certain: bool = True


Join = Callable[[Write, Write], Write]
"""What two writes to one column come to, in whatever order they arrived."""


def latest(one: Write, other: Write) -> Write:
    """The later write wins. Of two with one timestamp the server chooses by rules that differ by type."""
    if one.stamp is None or other.stamp is None:
        return Write(None, None, certain=False)
    if one.stamp == other.stamp:
        return Write(None, one.stamp, certain=False)
    return one if one.stamp > other.stamp else other


def total(one: Write, other: Write) -> Write:
    """Increments of a counter add up, and wrap around as 64 bits do."""
    values = (_int64.unpack(write.value)[0] for write in (one, other) if write.value is not None)
    return Write(_int64.pack((sum(values) + 2**63) % 2**64 - 2**63), None)


@dataclass(slots=True)
class Expected:
    """What is known of one key.

    `key` are the values of the key's columns. `place` says where the row seen last stands: "file:line". `writes` are by
    the names of columns. `doubts` are the ordinals of rows of which nobody knows whether they arrived.
    """

    key: tuple[bytes, ...]
    place: str = ""
    writes: dict[str, Write] = field(default_factory=dict)
    doubts: set[int] = field(default_factory=set)

    def add(self, column: str, write: Write, join: Join) -> None:
        """One more write to a column."""
        held = self.writes.get(column)
        self.writes[column] = write if held is None else join(held, write)

    @property
    def size(self) -> int:
        """About how many bytes it holds."""
        return sum(map(len, self.key)) + sum(len(write.value or b"") for write in self.writes.values())
