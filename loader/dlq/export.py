"""The rows of letters as a file of the form that they came from: for mending by hand, and pushing again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from loader.dlq.inspect import QueueEntry
from loader.dlq.letter import DeadLetter
from loader.dlq.rereading import row_of
from loader.rows import LETTERS
from loader.sources.formats.base import FileForm, OneRow, format_of
from loader.sources.text.edges import count_line_ends

_SHOWN = 20  # rows that are told one by one


@dataclass(frozen=True, slots=True)
class Exported:
    """What becomes of one entry: a row, or None where it is left out.

    `fault` says why it is left out, or why a row could not be read that is written as it was, to be mended.
    """

    entry: QueueEntry
    form: FileForm | None
    row: bytes | None
    fault: str | None = None


def exported(entry: QueueEntry) -> Exported:
    """The row of an entry as it stands in a file. It is left out if it is not all there, or has no form."""
    if entry.letter is None:
        return Exported(entry, None, None, "the letter is damaged")
    found = row_of(entry.letter)
    if isinstance(found, OneRow):
        return _readable(entry, entry.letter, found)
    return _unreadable(entry, entry.letter, found[1])


def _readable(entry: QueueEntry, letter: DeadLetter, row: OneRow) -> Exported:
    form = format_of(letter.row_format).form(letter.read_as, row.layout.names)
    try:
        return Exported(entry, form, form.written(row))
    except ValueError as error:
        return Exported(entry, None, None, str(error))


def _unreadable(entry: QueueEntry, letter: DeadLetter, why: str) -> Exported:
    """A row that has to be mended goes as it is, if the letter has all of it and says what it is.

    It does so in a file of its own format alone: elsewhere its bytes would be something else.
    """
    if letter.has_row or letter.truncated or letter.row_format == LETTERS or letter.original is None:
        return Exported(entry, None, None, why)
    form = format_of(letter.row_format).form(letter.read_as, letter.read_as.columns if letter.read_as else ())
    if form.takes_bytes and form.format == letter.row_format:
        return Exported(entry, form, letter.original, why)
    return Exported(entry, None, None, why)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which forms are meant; None lets all through."""

    format: str | None = None
    columns: tuple[str, ...] | None = None

    def takes(self, each: Exported) -> bool:
        """Damaged lines and letters without a form are meant unless it is sure that they are not."""
        letter = each.entry.letter
        if self.format is not None and letter is not None and letter.row_format != self.format:
            return False
        return self.columns is None or each.form is None or each.form.columns == self.columns


def chosen(entries: Iterable[QueueEntry], choice: Choice) -> Iterator[Exported]:
    """What becomes of those entries that are meant."""
    return filter(choice.takes, map(exported, entries))


def forms_of(found: Iterable[Exported]) -> dict[FileForm, Counter[str]]:
    """The forms that come up, with how many rows of each come from which source."""
    forms: dict[FileForm, Counter[str]] = {}
    for each in found:
        if each.form is not None and each.entry.letter is not None:
            forms.setdefault(each.form, Counter())[each.entry.letter.source or "?"] += 1
    return forms


@dataclass(slots=True)
class Noted:
    """How many there were, and the first of them, each with the line of the file at which it came up."""

    count: int = 0
    first: list[tuple[int, Exported]] = field(default_factory=list)

    def add(self, line: int, each: Exported) -> None:
        self.count += 1
        if len(self.first) < _SHOWN:
            self.first.append((line, each))


class Export:
    """One file of rows of `form`: delimited ones below a header, whatever their input had. None: there is no row."""

    def __init__(self, form: FileForm | None) -> None:
        self.form = form
        self.rows = 0
        self.to_mend = Noted()
        self.left_out = Noted()
        self._line = 1

    def lines(self, found: Iterable[Exported]) -> Iterator[bytes]:
        """The header and the rows, each with its line end; what is left out or to be mended is noted on the way."""
        head = None if self.form is None else self.form.head
        if head is not None:
            yield self._ended(head)
        for each in found:
            if each.row is None or each.form != self.form:
                self.left_out.add(self._line, each)
                continue
            if each.fault is not None:
                self.to_mend.add(self._line, each)
            self.rows += 1
            yield self._ended(each.row)

    def _ended(self, row: bytes) -> bytes:
        self._line += count_line_ends(row) + 1
        # Behind an escaped CR a newline would be escaped, too.
        return row + (b"\r\n" if row.endswith(b"\r") else b"\n")
