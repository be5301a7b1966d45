"""Lines that have no place in memory."""

from __future__ import annotations

from dataclasses import dataclass

from loader.sources.error_types import ROW_TOO_LARGE, UNCLOSED_QUOTE
from loader.sources.numbering import Unreadable
from loader.sources.text.blocks import shown_limit

RAW_KEPT = 64 * 1024  # bytes kept of a line


@dataclass(slots=True)
class LongLine:
    """A line over the limit that is being read past: where it began, its first bytes, and its length so far.

    `quote_open` says whether a quote was open at the limit, `blank` whether it may still be no row.
    """

    line: int
    offset: int
    quote_open: bool
    raw: bytes = b""
    length: int = 0
    blank: bool = True

    def add(self, data: bytes, blank: bytes) -> None:
        """More of the line; one of nothing but the bytes of `blank` is no row."""
        self.raw += data[: RAW_KEPT - len(self.raw)]
        self.length += len(data)
        self.blank = self.blank and not data.strip(blank)

    def is_row(self, comment: bytes) -> bool:
        """Whether it is one; what begins with `comment`, if that is anything, is none."""
        return not self.blank and not (comment and self.raw.startswith(comment))

    def as_row(self, max_row_bytes: int) -> Unreadable:
        """The bad row that it is, now that all of it was seen."""
        limit = shown_limit(max_row_bytes)
        if self.quote_open:
            error = f"a quote in this line of {self.length:,} bytes is not closed within {limit}"
            return Unreadable(self.line, self.offset, self.raw, self.length, UNCLOSED_QUOTE.name, error)
        error = f"the row is {self.length:,} bytes long, more than {limit}"
        return Unreadable(self.line, self.offset, self.raw, self.length, ROW_TOO_LARGE.name, error)
