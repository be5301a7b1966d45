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
    columns: tuple[str, ...] = ()
    fields: Sequence[str] = ()


@dataclass(slots=True)
class _Gathered:
    """Letters of one way and layout, gathered as the columns of `Rows`."""

    places: list[_Place] = field(default_factory=list)
    rows: list[_Row] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)

    def add(self, place: _Place, row: _Row, letter: DeadLetter) -> None:
        self.places.append(place)
        self.rows.append(row)
        self.letters.append(letter)

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


class DlqParser:
    """Parses chunks of one queue: each letter is a row again, mapped by the rules of its own format.

    `saw(offset, checksum)` is told of every letter that becomes a row, good or bad, for the marks in `.replayed`.
    `settings` say how delimited rows are read that could not be read before: with their `columns`.
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
        if chunk.bad is not None:
            return self._too_large(chunk.bad)
        groups: dict[tuple[str, Layout], _Gathered] = defaultdict(_Gathered)
        bad: list[BadRow] = []
        skipped: list[int] = []
        for ordinal, line, offset, raw in zip(*lines_of(chunk, blank=b" \t"), strict=True):
            place = _Place(ordinal, line, offset)
            letter = self._letter(raw, place)
            if letter is None:
                skipped.append(ordinal)
                continue
            self._saw(offset, crc32(raw))
            row = self._row(letter, place) if isinstance(letter, DeadLetter) else letter
            if isinstance(row, BadRow) or isinstance(letter, BadRow):
                bad.append(row)
            else:
                groups[_way(letter, row)].add(place, row, letter)
        rows = tuple(Group(found.as_rows(chunk.source, layout), target) for (target, layout), found in groups.items())
        return Parsed(rows, tuple(bad), tuple(skipped))
