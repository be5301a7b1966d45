"""A dead letter queue as a source of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from zlib import crc32

import msgspec

from loader.dlq import letter as letters
from loader.dlq.errors import LetterError
from loader.dlq.letter import DeadLetter
from loader.dlq.replayed import SettledLetters
from loader.dlq.selection import Selection
from loader.rows import BadRow, Chunk, Format, Layout, Rows, Source
from loader.sources.base import Group, Parsed
from loader.sources.jsonl import fault_of
from loader.sources.lines import lines_of


@dataclass(frozen=True, slots=True)
class _Place:
    """A letter's own place in the queue."""

    ordinal: int
    line: int
    offset: int


@dataclass(slots=True)
class _Column:
    """Letters of one way and layout, gathered as the columns of `Rows`."""

    places: list[_Place] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    fields: list[list[str]] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)

    def rows(self, source: Source, layout: Layout) -> Rows:
        return Rows(
            source,
            layout,
            [place.ordinal for place in self.places],
            [place.line for place in self.places],
            [place.offset for place in self.places],
            self.raw,
            self.fields if layout.format.is_delimited else None,
            [letter.origin for letter in self.letters],
        )


class DlqParser:
    """Parses chunks of one queue: each letter is a row again, mapped by the rules of its own format.

    `saw(offset, checksum)` is told of every letter that becomes a row, for the marks in `.replayed`.
    """

    def __init__(self, selection: Selection, settled: SettledLetters, saw: Callable[[int, int], None]) -> None:
        self._selection = selection
        self._settled = settled
        self._saw = saw

    def parse(self, chunk: Chunk) -> Parsed:
        """Rows in groups by target and layout, damaged and unreadable letters as bad rows, the others skipped."""
        groups: dict[tuple[str, Layout], _Column] = defaultdict(_Column)
        bad: list[BadRow] = []
        skipped: list[int] = []
        for ordinal, line, offset, raw in zip(*lines_of(chunk, blank=b" \t"), strict=True):
            place = _Place(ordinal, line, offset)
            if self._settled.holds(offset, raw) and not self._selection.settled:
                skipped.append(ordinal)
                continue
            try:
                letter = letters.decode(raw)
            except LetterError as error:
                self._saw(offset, crc32(raw))
                bad.append(BadRow(ordinal, line, offset, raw[: 64 * 1024], len(raw), "damaged_letter", str(error)))
                continue
            if not self._selection.takes(letter):
                skipped.append(ordinal)
                continue
            self._saw(offset, crc32(raw))
            if (unreadable := _gather(groups, letter, place)) is not None:
                bad.append(unreadable)
        rows = tuple(Group(column.rows(chunk.source, layout), target) for (target, layout), column in groups.items())
        return Parsed(rows, tuple(bad), tuple(skipped))


def _gather(groups: dict[tuple[str, Layout], _Column], letter: DeadLetter, place: _Place) -> BadRow | None:
    """Put a letter's row where it belongs; returns it as a bad row if it still is none."""
    fmt = letter.format or Format.JSONL
    row = bytes(letter.row) if letter.has_row else (letter.original or b"")
    fields: list[str] = []
    columns: tuple[str, ...] = ()
    if letter.truncated or (fmt.is_delimited and not letter.has_row):
        return _bad(letter, place, letter.error_type, letter.error)
    if fmt.is_delimited:
        members = _text_members(row)
        if members is None:
            return _bad(letter, place, "damaged_letter", "its row is not an object of texts")
        columns, fields = tuple(name for name, _ in members), [text for _, text in members]
    elif (fault := fault_of(row)) is not None:
        return _bad(letter, place, *fault)
    column = groups[letter.target or "", Layout(fmt, columns)]
    column.places.append(place)
    column.raw.append(row)
    column.fields.append(fields)
    column.letters.append(letter)
    return None


def _text_members(row: bytes) -> list[tuple[str, str]] | None:
    try:
        return list(msgspec.json.decode(row, type=dict[str, str]).items())
    except (msgspec.DecodeError, RecursionError):
        return None


def _bad(letter: DeadLetter, place: _Place, error_type: str, error: str) -> BadRow:
    raw = letter.original
    kept = raw if raw is not None else bytes(letter.row)
    length = max(letter.length or 0, len(kept))
    return BadRow(
        place.ordinal,
        place.line,
        place.offset,
        kept,
        length,
        error_type,
        error,
        origin=letter.origin,
        format=letter.format,
    )
