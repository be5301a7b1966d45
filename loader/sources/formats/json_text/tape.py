"""Tape: the bytes of an input that are not done with, and the place where they lie."""

from __future__ import annotations

import re

from loader.sources.start import Place
from loader.sources.text.edges import count_line_ends

SPACE = b" \t\r\n"
_SPACE = re.compile(rb"[ \t\r\n]*+")
_LINE = 64  # bytes of a line that are remembered


class Tape:
    """Bytes that come at the end of `data` and are dropped from its beginning. Used by one thread."""

    def __init__(self, place: Place, space: bytes = SPACE) -> None:
        """The first byte that is added lies at `place`; `space` means nothing."""
        self.data = b""
        self._space = _SPACE if space == SPACE else re.compile(b"[%b]*+" % re.escape(space))
        self._begun = place.offset
        self._before = b""
        self._offset = place.offset
        self._line = place.line
        self._after_cr = False

    @property
    def place(self) -> Place:
        """Where `data` begins."""
        return Place(self._offset, self._line)

    def place_of(self, at: int) -> Place:
        """Where the byte at `at` lies."""
        return Place(self._offset + at, self._line + self._line_ends(self.data[:at]))

    @property
    def line_before(self) -> bytes | None:
        """What stands before `data` on its line; None if that is long, or not all of it was added."""
        line = self._before[max(self._before.rfind(b"\n"), self._before.rfind(b"\r")) + 1 :]
        is_known = len(line) < len(self._before) or len(line) == self._offset - self._begun
        return line if is_known else None

    def add(self, fresh: bytes) -> None:
        self.data += fresh

    def drop(self, count: int) -> bytes:
        """Take the first `count` bytes off."""
        dropped, self.data = self.data[:count], self.data[count:]
        if dropped:
            self._offset += count
            self._line += self._line_ends(dropped)
            self._after_cr = dropped.endswith(b"\r")
            self._before = (self._before + dropped[-_LINE:])[-_LINE:]
        return dropped

    def drop_space(self) -> None:
        """Take the space off with which `data` begins."""
        self.drop(self.space_end())

    def space_end(self, at: int = 0) -> int:
        """Where the space that begins at `at` ends."""
        match = self._space.match(self.data, at)
        assert match is not None  # noqa: S101 - it matches nothing, too
        return match.end()

    def _line_ends(self, data: bytes) -> int:
        """An LF that comes behind a CR that is dropped ends no line."""
        return count_line_ends(data) - (self._after_cr and data.startswith(b"\n"))


def space_end(data: bytes, at: int) -> int:
    """Where the space that begins at `at` ends."""
    match = _SPACE.match(data, at)
    assert match is not None  # noqa: S101 - it matches nothing, too
    return match.end()
