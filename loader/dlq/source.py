"""Parser of dead letter queues: letters back to rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from loader.dlq import letter as letters
from loader.dlq.error_types import DAMAGED_LETTER
from loader.dlq.errors import LetterError
from loader.dlq.letter import DeadLetter
from loader.dlq.replayed import SettledLetters, fingerprint
from loader.dlq.rereading import row_of
from loader.dlq.selection import Selection
from loader.outcomes import Skip
from loader.rows import BadRow, Chunk, Layout, Origin, Rows, Source
from loader.sources.formats.base import OneRow
from loader.sources.parser import Group, Parsed, Skipped
from loader.sources.text.lines import lines_of

Saw = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Place:
    """A letter's own place in the queue."""

    ordinal: int
    line: int
    offset: int


@dataclass(slots=True)
class _Group:
    """Letters of one target and layout, gathered as the columns of `Rows`."""

    places: list[_Place] = field(default_factory=list)
    rows: list[OneRow] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)

    def as_rows(self, source: Source, layout: Layout) -> Rows:
        contents = [row.content for row in self.rows]
        return Rows(
            source,
            layout,
            [place.ordinal for place in self.places],
            [place.line for place in self.places],
            [place.offset for place in self.places],
            contents[0].join(contents),
            [_origin(letter, place, source) for letter, place in zip(self.letters, self.places, strict=True)],
        )


@dataclass(slots=True)
class _Sorted:
    """The letters of a chunk, each in one of three places."""

    groups: dict[tuple[str, Layout], _Group] = field(default_factory=lambda: defaultdict(_Group))
    bad: list[BadRow] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, place: _Place, row: OneRow, letter: DeadLetter) -> None:
        group = self.groups[letter.target or "", row.layout]
        group.places.append(place)
        group.rows.append(row)
        group.letters.append(letter)

    def parsed(self, source: Source) -> Parsed:
        groups = (Group(group.as_rows(source, layout), target) for (target, layout), group in self.groups.items())
        return Parsed(tuple(groups), tuple(self.bad), tuple(self.skipped))


class DlqParser:
    """Parses chunks of one queue: each letter is a row again, mapped by the rules of its own format.

    `saw(offset, fingerprint)` is told of every letter whose row can be read, for the marks in `.replayed`. One that
    cannot be read is not settled by a replay: it may be mended.
    """

    def __init__(self, selection: Selection, settled: SettledLetters, saw: Saw) -> None:
        self._selection = selection
        self._settled = settled
        self._saw = saw

    def parse(self, chunk: Chunk) -> Parsed:
        """Rows in groups by target and layout, damaged and unreadable letters as bad rows, the others skipped."""
        found = _Sorted()
        if chunk.bad is not None:
            place = _Place(chunk.bad.ordinal, chunk.bad.line, chunk.bad.offset)
            if not self._skips(None, place, found):
                found.bad.append(chunk.bad)
        else:
            for ordinal, line, offset, raw in zip(*lines_of(chunk, blank=b" \t"), strict=True):
                self._sort(raw, _Place(ordinal, line, offset), found, chunk.source)
        return found.parsed(chunk.source)

    def _sort(self, raw: bytes, place: _Place, found: _Sorted, source: Source) -> None:
        """Put the letter on one line where it belongs."""
        try:
            letter = letters.decode(raw)
        except LetterError as error:
            if not self._skips(None, place, found):
                found.bad.append(_bad(place, raw, len(raw), DAMAGED_LETTER.name, str(error)))
            return
        if self._skips(letter, place, found):
            return
        row = row_of(letter)
        if isinstance(row, OneRow):
            self._saw(place.offset, fingerprint(letter))
            found.add(place, row, letter)
        else:
            found.bad.append(_bad_again(letter, place, source, *row))

    def _skips(self, letter: DeadLetter | None, place: _Place, found: _Sorted) -> bool:
        """Whether a letter, None for a damaged one, is left out; it is noted why."""
        why = self._why_not(letter, place)
        if why is not None:
            found.skipped.append(Skipped(place.ordinal, why))
        return why is not None

    def _why_not(self, letter: DeadLetter | None, place: _Place) -> Skip | None:
        if letter is not None and not self._selection.matches(letter):
            return Skip.FILTERED
        if self._settled.holds(place.offset) and not self._selection.settled:
            return Skip.SETTLED
        if letter is not None and self._selection.is_delivered(letter):
            return Skip.MENDED
        return None if letter is None or self._selection.may_go(letter) else Skip.MAY_HAVE_ARRIVED


def _origin(letter: DeadLetter, place: _Place, queue: Source) -> Origin:
    """Where the row of a letter stood first; where that is not told, its place in the queue: no two share a key."""
    origin = letter.origin
    if letter.offset is not None or origin.idempotency_key is not None:
        return origin
    return msgspec.structs.replace(
        origin, source=origin.source or queue.name, line=origin.line or place.line, offset=place.offset
    )


def _bad(place: _Place, raw: bytes, length: int, error_type: str, error: str) -> BadRow:
    return BadRow(place.ordinal, place.line, place.offset, raw, length, error_type, error)


def _bad_again(letter: DeadLetter, place: _Place, source: Source, error_type: str, error: str) -> BadRow:
    """A bad row that remembers where it stood first."""
    original = letter.original
    raw = bytes(letter.row) if original is None else original
    bad = _bad(place, raw, max(letter.length or 0, len(raw)), error_type, error)
    return msgspec.structs.replace(bad, origin=_origin(letter, place, source), format=letter.format)
