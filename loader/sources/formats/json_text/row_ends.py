"""Ends of rows that have no place in memory, or of which it is not known where they end, looked for piece by piece."""

from __future__ import annotations

import re
from typing import Protocol

from loader.sources.formats.json_text.nesting import Nesting

_LINE_END = re.compile(rb"[\r\n]")
_RS = b"\x1e"


class RowEnds(Protocol):
    """The end of one row. Used by one thread."""

    def go(self, data: bytes, *, final: bool) -> tuple[int, bool]:
        """How much of `data`, which goes on where the last ended, belongs to the row, and whether it ends there.

        What is left is given again, with more behind it; `final`: there is no more. Raises BrokenNestingError where it
        cannot be told by what is in brackets.
        """


class NestedEnds:
    """A row ends where all is closed that it opened: before one of `ends`, or where there are none at once."""

    def __init__(self, nesting: Nesting, ends: bytes) -> None:
        self._nesting = nesting
        self._ends = ends

    def go(self, data: bytes, *, final: bool) -> tuple[int, bool]:
        at, is_end = self._nesting.go(data, 0, len(data), self._ends)
        return (len(data), False) if final and not is_end else (at, is_end)


class LineEnds:
    """A row ends with its line."""

    def go(self, data: bytes, *, final: bool) -> tuple[int, bool]:
        found = _LINE_END.search(data)
        return (len(data), False) if found is None else (found.start(), True)


class RecordEnds:
    """A row ends before a record separator."""

    def go(self, data: bytes, *, final: bool) -> tuple[int, bool]:
        at = data.find(_RS)
        return (len(data), False) if at < 0 else (at, True)
