"""A dead letter queue as a source of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from zlib import crc32

import msgspec

from loader.config import sections
from loader.dlq import letter as letters
from loader.dlq.errors import LetterError
from loader.dlq.letter import DeadLetter
from loader.dlq.replayed import SettledLetters
from loader.dlq.selection import Selection
from loader.rows import BadRow, Chunk, Format, Layout, Rows, Source
from loader.sources.base import Group, Parsed
from loader.sources.jsonl import fault_of
from loader.sources.lines import lines_of
from loader.sources.parsers import parser_for

Saw = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Place:
    """A letter's own place in the queue."""

    ordinal: int
    line: int
    offset: int


@dataclass(frozen=True, slots=True)
class _Row:
    """What a letter's row is when it is read again."""

    raw: bytes
    layout: Layout
    fields: Sequence[str] = ()


@dataclass(slots=True)
class _Group:
    """Letters of one target and layout, gathered as the columns of `Rows`."""

    places: list[_Place] = field(default_factory=list)
    rows: list[_Row] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)

    def as_rows(self, source: Source, layout: Layout) -> Rows:
        return Rows(
            source,
            layout,
            [place.ordinal for place in self.places],
            [place.line for place in self.places],
            [place.offset for place in self.places],
            [row.raw for row in self.rows],
            [row.fields for row in self.rows] if layout.format.is_delimited else None,
            [letter.origin for letter in self.letters],
        )


@dataclass(slots=True)
class _Sorted:
    """The letters of a chunk, each in one of three places."""

    groups: dict[tuple[str, Layout], _Group] = field(default_factory=lambda: defaultdict(_Group))
    bad: list[BadRow] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)

    def add(self, place: _Place, row: _Row, letter: DeadLetter) -> None:
        group = self.groups[letter.target or "", row.layout]
        group.places.append(place)
        group.rows.append(row)
        group.letters.append(letter)

    def parsed(self, source: Source) -> Parsed:
        groups = (Group(group.as_rows(source, layout), target) for (target, layout), group in self.groups.items())
        return Parsed(tuple(groups), tuple(self.bad), tuple(self.skipped))


class DlqParser:
    """Parses chunks of one queue: each letter is a row again, mapped by the rules of its own format.

    `saw(offset, checksum)` is told of every letter that becomes a row, good or bad, for the marks in `.replayed`.
    `settings` say how delimited rows are read that could not be read before: they need its `columns`.
    """

    def __init__(
        self, selection: Selection, settled: SettledLetters, saw: Saw, settings: sections.Input | None = None
    ) -> None:
        self._selection = selection
        self._settled = settled
        self._saw = saw
        self._settings = settings or sections.Input()

    def parse(self, chunk: Chunk) -> Parsed:
        """Rows in groups by target and layout, damaged and unreadable letters as bad rows, the others skipped."""
        found = _Sorted()
        if chunk.bad is not None:
            place = _Place(chunk.bad.ordinal, chunk.bad.line, chunk.bad.offset)
            if self._is_meant(chunk.bad.raw, place, found):
                found.bad.append(chunk.bad)
        else:
            for ordinal, line, offset, raw in zip(*lines_of(chunk, blank=b" \t"), strict=True):
                self._sort(raw, _Place(ordinal, line, offset), found)
        return found.parsed(chunk.source)

    def _sort(self, raw: bytes, place: _Place, found: _Sorted) -> None:
        """Put the letter on one line where it belongs."""
        try:
            letter = letters.decode(raw)
        except LetterError as error:
            if self._is_meant(raw, place, found):
                found.bad.append(_bad(place, raw, len(raw), "damaged_letter", str(error)))
            return
        if not self._selection.takes(letter):
            found.skipped.append(place.ordinal)
        elif self._is_meant(raw, place, found):
            row = _row(letter, place, self._settings)
            if isinstance(row, BadRow):
                found.bad.append(row)
            else:
                found.add(place, row, letter)

    def _is_meant(self, raw: bytes, place: _Place, found: _Sorted) -> bool:
        """Whether the letter is not settled yet, or is to be taken again."""
        if self._settled.holds(place.offset, raw) and not self._selection.settled:
            found.skipped.append(place.ordinal)
            return False
        self._saw(place.offset, crc32(raw))
        return True


def _row(letter: DeadLetter, place: _Place, settings: sections.Input) -> _Row | BadRow:
    """The letter's row, or why it still is none."""
    row_format = letter.format or Format.JSONL
    row: _Row | None = None
    if letter.has_row:
        row = _text_row(letter, row_format) if row_format.is_delimited else _json_row(letter)
        if row is None:
            return _bad_again(letter, place, "damaged_letter", f"its row is none of the format {row_format}")
    elif not letter.truncated:
        row = _mended(letter.original or b"", row_format, settings)
    return _bad_again(letter, place, letter.error_type, letter.error) if row is None else row


def _json_row(letter: DeadLetter) -> _Row | None:
    row = letter.json_row
    return _Row(row, Layout(Format.JSONL)) if fault_of(row) is None else None


def _text_row(letter: DeadLetter, row_format: Format) -> _Row | None:
    try:
        members = letters.members(letter)
    except (msgspec.DecodeError, RecursionError):
        return None
    raw = letter.original
    return _Row(bytes(letter.row) if raw is None else raw, Layout(row_format, tuple(members)), tuple(members.values()))


def _mended(raw: bytes, row_format: Format, settings: sections.Input) -> _Row | None:
    """The row in the original bytes of one that could not be read before, if it can be now."""
    if row_format is Format.JSONL:
        return _Row(letters.embedded(raw), Layout(row_format)) if fault_of(raw) is None else None
    if row_format is Format.DLQ or not settings.columns:
        return None
    source = Source(0, "", Layout(row_format, settings.columns), stream=True, size=None)
    parsed = parser_for(source, settings).parse(Chunk(0, source, 0, 1, 0, 1, raw + b"\n", 0))
    if parsed.bad or len(parsed.groups) != 1:
        return None
    fields = parsed.groups[0].rows.fields
    return _Row(raw, source.layout, fields[0]) if fields is not None and len(fields) == 1 else None


def _bad(place: _Place, raw: bytes, length: int, error_type: str, error: str) -> BadRow:
    return BadRow(place.ordinal, place.line, place.offset, raw, length, error_type, error)


def _bad_again(letter: DeadLetter, place: _Place, error_type: str, error: str) -> BadRow:
    """A bad row that remembers where it stood first."""
    original = letter.original
    raw = bytes(letter.row) if original is None else original
    bad = _bad(place, raw, max(letter.length or 0, len(raw)), error_type, error)
    return msgspec.structs.replace(bad, origin=letter.origin, format=letter.format)
