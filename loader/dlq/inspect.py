"""Looking into dead letter queues: counts, and letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from loader.dlq import letter as letters
from loader.dlq.errors import LetterError
from loader.dlq.letter import DeadLetter, epoch
from loader.dlq.queue_lines import lines_in
from loader.dlq.replayed import read_settled
from loader.dlq.selection import Selection


@dataclass(slots=True)
class Stats:
    """Counts over queues; times are those of the letters as they stand there. What a letter does not have is counted
    nowhere: one without a status stands in no count by status."""

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


@dataclass(slots=True)
class Values:
    """What letters have for filters to match; `newest` is the last of their times as it stands there, "" for none."""

    classes: set[str] = field(default_factory=set)
    error_types: set[str] = field(default_factory=set)
    statuses: set[int] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    newest: str = ""

    def add(self, letter: DeadLetter) -> None:
        """Note those of one letter."""
        self.error_types.add(letter.error_type)
        if letter.letter_class is not None:
            self.classes.add(letter.letter_class)
        if letter.status is not None:
            self.statuses.add(letter.status)
        if letter.source is not None:
            self.sources.add(letter.source)
        if not self.newest or epoch(letter.timestamp) > epoch(self.newest):
            self.newest = letter.timestamp


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One line of a queue: a letter, or None where the line is damaged."""

    path: Path
    line: int
    raw: bytes
    letter: DeadLetter | None
    replayed: bool


def entries(paths: Sequence[Path], selection: Selection) -> Iterator[QueueEntry]:
    """The lines of the queues that `selection` takes, damaged ones too, lazily. Raises DlqError."""
    for path in paths:
        settled = read_settled(path)
        for number, offset, raw in lines_in(path):
            entry = QueueEntry(path, number, raw, _decoded(raw), settled.holds(offset))
            if entry.replayed and not selection.settled:
                continue
            if entry.letter is None or selection.takes(entry.letter):
                yield entry


def values_of(paths: Iterable[Path]) -> Values:
    """What filters can match in all letters, settled ones too. Raises DlqError."""
    values = Values()
    for letter in (_decoded(line.raw) for path in paths for line in lines_in(path)):
        if letter is not None:
            values.add(letter)
    return values


def stats(found: Iterable[QueueEntry]) -> Stats:
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
    total.by_type[letter.error_type] += 1
    counted = (
        (total.by_class, letter.letter_class),
        (total.by_status, letter.status),
        (total.by_source, letter.source),
        (total.by_target, letter.target),
    )
    for counter, value in counted:
        if value is not None:
            counter[str(value)] += 1
