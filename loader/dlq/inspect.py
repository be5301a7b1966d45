"""Looking into dead letter queues: counts, letters, and the original rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from loader.dlq import letter as letters
from loader.dlq.errors import DlqError, LetterError
from loader.dlq.letter import DeadLetter
from loader.dlq.replayed import SettledLetters, read_settled
from loader.dlq.selection import Selection
from loader.rows import Format
from loader.sources.delimited import Dialect, written


@dataclass(slots=True)
class Stats:
    """Counts over queues; times are those of the letters as they stand there."""

    letters: int = 0
    damaged: int = 0
    truncated: int = 0  # letters that hold only the beginning of their row
    replayed: int = 0
    bytes: int = 0
    first: str = ""
    last: str = ""
    by_class: Counter[str] = field(default_factory=Counter)
    by_type: Counter[str] = field(default_factory=Counter)
    by_status: Counter[str] = field(default_factory=Counter)
    by_source: Counter[str] = field(default_factory=Counter)
    by_target: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a queue: a letter, or None where the line is damaged."""

    path: Path
    line: int
    raw: bytes
    letter: DeadLetter | None
    replayed: bool


def entries(paths: Sequence[Path], selection: Selection) -> Iterator[Entry]:
    """The lines of the queues that `selection` takes, damaged ones too, lazily. Raises DlqError."""
    for path in paths:
        for entry in _lines(path, read_settled(path)):
            if entry.replayed and not selection.settled:
                continue
            if entry.letter is None or selection.takes(entry.letter):
                yield entry


def stats(found: Iterable[Entry]) -> Stats:
    """What the queues hold."""
    total = Stats()
    for entry in found:
        total.bytes += len(entry.raw) + 1
        total.replayed += entry.replayed
        if entry.letter is None:
            total.damaged += 1
            continue
        _count(total, entry.letter)
    return total


def originals(found: Iterable[Entry]) -> Iterator[bytes]:
    """The rows of the letters as they were read, for mending by hand and pushing again.

    JSON rows are their own lines; delimited rows follow a line with their columns wherever these change. Damaged lines
    come as they are. Letters that hold only the beginning of their row are left out: it would pass for a whole row.
    """
    header: tuple[str, ...] = ()
    for entry in found:
        letter = entry.letter
        if letter is None:
            yield entry.raw
        elif (columns := _columns(letter)) is not None:
            if columns != header:
                header = columns
                yield written(_dialect(letter), columns)
            yield written(_dialect(letter), letters.members(letter).values())
        elif not letter.truncated:
            yield letter.json_row if letter.has_row else letter.original or b""


def _columns(letter: DeadLetter) -> tuple[str, ...] | None:
    """The columns of a delimited row, None for any other letter."""
    if letter.format is None or not letter.format.is_delimited or not letter.has_row:
        return None
    try:
        return tuple(letters.members(letter))
    except msgspec.DecodeError:
        return None


def _dialect(letter: DeadLetter) -> Dialect:
    return Dialect("\t" if letter.format is Format.TSV else ",", '"')


def _lines(path: Path, settled: SettledLetters) -> Iterator[Entry]:
    offset = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                raw = line.rstrip(b"\r\n")
                if raw.strip():
                    yield Entry(path, number, raw, _decoded(raw), settled.holds(offset, raw))
                offset += len(line)
    except OSError as error:
        raise DlqError(f"{path}: cannot be read: {error.strerror}") from error


def _decoded(raw: bytes) -> DeadLetter | None:
    try:
        return letters.decode(raw)
    except LetterError:
        return None


def _count(total: Stats, letter: DeadLetter) -> None:
    total.letters += 1
    total.truncated += bool(letter.truncated)
    total.first = min(total.first or letter.timestamp, letter.timestamp)
    total.last = max(total.last, letter.timestamp)
    total.by_class[str(letter.letter_class)] += 1
    total.by_type[letter.error_type] += 1
    total.by_status[str(letter.status)] += 1
    total.by_source[letter.source or ""] += 1
    total.by_target[letter.target or ""] += 1
