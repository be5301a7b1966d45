"""What is known to stand between rows: how one ends, what follows it, and how the next one begins."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEAD = re.compile(rb'\{[ \t\r\n]*+"(?:[^"\\]|\\.)*+"')
_LONGEST = 1000  # bytes


class KnownJoint:
    """The bytes from the end of one object to the first key of the next, which mostly come again. Used by one thread.

    Where they come again the same need not stand: they may be within a row, too.
    """

    def __init__(self) -> None:
        self._bytes = b""
        self._next = 0  # where in them the next row begins

    @property
    def is_known(self) -> bool:
        return bool(self._bytes)

    def learn(self, data: bytes, starts: Sequence[int], ends: Sequence[int]) -> None:
        """What stands between the last two of the rows in `data`, if they are objects."""
        if len(starts) < 2 or data[ends[-2] - 1 : ends[-2]] != b"}":
            return
        begin, start = ends[-2] - 1, starts[-1]
        head = _HEAD.match(data, start)
        if head is not None and head.end() - begin <= _LONGEST:
            self._bytes, self._next = data[begin : head.end()], start - begin

    def last_in(self, data: bytes) -> tuple[int, int] | None:
        """Where the last row before the last joint ends, and where the one behind it begins; None if there is none."""
        at = data.rfind(self._bytes) if self._bytes else -1
        return None if at < 0 else (at + 1, at + self._next)
