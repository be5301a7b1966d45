"""Passing of rows that have no place in memory, or of which only another row tells where they end."""

from __future__ import annotations

from dataclasses import dataclass, field

from loader.sources.error_types import BAD_JSON, ROW_TOO_LARGE
from loader.sources.formats.json_parser import fault_of
from loader.sources.formats.json_text.row_ends import RowEnds
from loader.sources.numbering import Unreadable
from loader.sources.start import Place
from loader.sources.text.blocks import shown_limit
from loader.sources.text.long_line import RAW_KEPT

_AROUND = b" \t\r\n,\x1e"  # what may stand behind a row, and is no part of it


@dataclass(slots=True)
class PassedRow:
    """A row that is read past: where it begins, its first bytes, and how long it is.

    `ends` finds its end.
    """

    place: Place
    ends: RowEnds
    raw: bytes = b""
    length: int = 0
    solid: int = field(default=0)  # without what stands behind it

    def add(self, data: bytes) -> None:
        """More of it."""
        self.raw += data[: RAW_KEPT - len(self.raw)]
        row = data.rstrip(_AROUND)
        if row:
            self.solid = self.length + len(row)
        self.length += len(data)

    def as_row(self, max_row_bytes: int, line: int) -> Unreadable:
        """The bad row that it is; reading goes on on `line`."""
        raw = self.raw[: self.solid]
        error_type, error = self._fault(raw, max_row_bytes, line)
        return Unreadable(self.place.line, self.place.offset, raw, self.solid, error_type, error)

    def _fault(self, raw: bytes, max_row_bytes: int, line: int) -> tuple[str, str]:
        if self.solid > max_row_bytes:
            what = f"the row is {self.solid:,} bytes long, more than {shown_limit(max_row_bytes)}"
            return ROW_TOO_LARGE.name, what
        why = fault_of(raw) if len(raw) == self.solid else None
        error_type, what = why or (BAD_JSON.name, "the row is no JSON")
        return error_type, f"{what}; where it ends cannot be told: reading went on at line {line:,}"
