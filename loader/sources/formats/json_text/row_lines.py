"""Lines that begin with rows: there reading goes on behind a row that does not tell by itself where it ends."""

from __future__ import annotations

import re
from typing import Protocol

from loader.sources.formats.json_text.nesting import Nesting
from loader.sources.formats.json_text.row_ends import RowEnds

_LINE_END = re.compile(rb"[\r\n]")
_FIRST_KEY = re.compile(rb'\{[ \t\r\n]*(?P<key>"(?:[^"\\\r\n]|\\.)*")[ \t\r\n]*:')
_KEPT = 64 * 1024  # bytes of a line that may begin a row
_GOES_ON = b",:["  # behind them something follows within the same document


class RowLines(Protocol):
    """What is known of the lines of an input on which rows begin. Pure."""

    def nesting(self) -> Nesting:
        """What tells where a row ends that is no valid JSON."""

    def is_row(self, data: bytes, row: int, at: int, stop: int) -> bool:
        """Whether another row begins at `at`, where that at `row` cannot go on, as far as `data` up to `stop` tells."""

    def ends_of(self, data: bytes) -> RowEnds | None:
        """What finds the next row behind one that begins `data`; None where that cannot be told."""


class UnknownLines:
    """Rows begin anywhere in a line."""

    def nesting(self) -> Nesting:
        return Nesting()

    def is_row(self, data: bytes, row: int, at: int, stop: int) -> bool:
        return False

    def ends_of(self, data: bytes) -> RowEnds | None:
        return None


class ElementLines:
    """Each element of an array begins a line, behind `lead`. One that is like another has its first key, too.

    So objects within an element are not taken for elements, unless they stand at the same place in their lines and
    have the same first key.
    """

    def __init__(self, lead: bytes) -> None:
        self._lead = lead

    def nesting(self) -> Nesting:
        return Nesting.by_lines()

    def is_row(self, data: bytes, row: int, at: int, stop: int) -> bool:
        is_like = re.compile(_like(data[row:at])).match(data, at, stop) is not None
        return is_like and _before(data, row, at) == self._lead

    def ends_of(self, data: bytes) -> RowEnds | None:
        lead = re.escape(self._lead)
        bracket = rb"[ \t]{0,%d}(?=\])" % max(len(self._lead) - 1, 0)
        return LikeLineEnds(re.compile(rb"[\r\n](?:%b(?=%b)|%b)" % (lead, _like(data), bracket)), b"")


class DocumentLines:
    """Each document begins a line, behind `lead`, and what is nested in one does not, unless more of it was to come."""

    def __init__(self, lead: bytes) -> None:
        self._lead = lead

    def nesting(self) -> Nesting:
        return Nesting.by_lines()

    def is_row(self, data: bytes, row: int, at: int, stop: int) -> bool:
        return data[at : at + 1] == b"{" and _before(data, row, at) == self._lead

    def ends_of(self, data: bytes) -> RowEnds | None:
        return LikeLineEnds(re.compile(rb"[\r\n]%b(?=\{)" % re.escape(self._lead)), _GOES_ON)


class LikeLineEnds:
    """A row ends before a line that begins like one, unless it goes on there: behind a byte of `goes_on`."""

    def __init__(self, line: re.Pattern[bytes], goes_on: bytes) -> None:
        self._line = line
        self._goes_on = goes_on
        self._last = b""

    def go(self, data: bytes, *, final: bool) -> tuple[int, bool]:
        for found in self._line.finditer(data):
            last = data[: found.start()].rstrip()[-1:] or self._last
            if not last or last not in self._goes_on:
                return found.end(), True
        taken = len(data) if final else self._begun_line(data)
        self._last = data[:taken].rstrip()[-1:] or self._last
        return taken, False

    def _begun_line(self, data: bytes) -> int:
        """Where the end of the line before the last one begins, which may begin like a row with more bytes."""
        at = max(data.rfind(b"\n"), data.rfind(b"\r"))
        return at if at >= len(data) - _KEPT and at >= 0 else len(data)


def _before(data: bytes, row: int, at: int) -> bytes | None:
    """What stands on the line before `at`; None if that is the line on which `row` begins."""
    end = max(data.rfind(b"\n", row, at), data.rfind(b"\r", row, at))
    return None if end < 0 else data[end + 1 : at]


def _like(data: bytes) -> bytes:
    """A pattern for rows that begin like `data`."""
    found = _FIRST_KEY.match(data)
    if found is None:
        return rb'\{[ \t\r\n]*"'
    return rb"\{[ \t\r\n]*%b[ \t\r\n]*:" % re.escape(found["key"])
