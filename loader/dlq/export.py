"""The rows of letters as a file of the form that they came from: for mending by hand, and pushing again."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field

from loader.config import sections
from loader.dlq.inspect import Entry
from loader.dlq.letter import DeadLetter
from loader.dlq.reading import settings_of
from loader.dlq.rereading import LetterRow, row_of
from loader.rows import Format, ReadAs
from loader.sources.formats.delimited.dialect import Dialect, dialect_of, written
from loader.sources.text.edges import count_line_ends

_SHOWN = 20  # rows that are told one by one


@dataclass(frozen=True, slots=True)
class Form:
    """What rows must have in common to stand in one file; all but `format` is that of delimited ones.

    With `empty_end` every line ends in a delimiter, behind which nothing stands.
    """

    format: Format
    columns: tuple[str, ...] = ()
    dialect: Dialect | None = None
    empty_end: bool = False

    def __str__(self) -> str:
        if self.dialect is None:
            return self.format
        usual = asdict(dialect_of(self.format, sections.Input()))
        unusual = {name: value for name, value in asdict(self.dialect).items() if value != usual[name]}
        end = ["a delimiter at the end"] if self.empty_end else []
        return " ".join([self.format, ",".join(self.columns), *(f"{n}={v!r}" for n, v in unusual.items()), *end])

    def written(self, fields: Sequence[str]) -> bytes:
        """A delimited row. Raises csv.Error where it cannot be told apart."""
        assert self.dialect is not None  # noqa: S101 - of delimited rows alone
        return written(self.dialect, [*fields, *[""] * self.empty_end])


@dataclass(frozen=True, slots=True)
class Exported:
    """What becomes of one entry: a row, or None where it is left out.

    `fault` says why it is left out, or why a row could not be read that is written as it was, to be mended.
    """

    entry: Entry
    form: Form | None
    row: bytes | None
    fault: str | None = None


def exported(entry: Entry) -> Exported:
    """The row of an entry as it stands in a file. It is left out if it is not all there, or has no form."""
    if entry.letter is None:
        return Exported(entry, None, None, "the letter is damaged")
    found = row_of(entry.letter)
    if isinstance(found, LetterRow):
        return _readable(entry, entry.letter, found)
    return _unreadable(entry, entry.letter, found[1])


def _readable(entry: Entry, letter: DeadLetter, row: LetterRow) -> Exported:
    form = _form(letter, row.layout.columns)
    if form.dialect is None:
        return Exported(entry, form, row.raw)
    try:
        return Exported(entry, form, form.written(row.fields))
    except csv.Error as error:
        return Exported(entry, None, None, f"the row cannot be written as {form}: {error}")


def _unreadable(entry: Entry, letter: DeadLetter, why: str) -> Exported:
    """A row that has to be mended goes as it is, if the letter has all of it and says what it is."""
    whole = not (letter.has_row or letter.truncated or letter.row_format is Format.DLQ)
    form = _form(letter, letter.read_as.columns if letter.read_as is not None else ())
    if not whole or letter.original is None or (form.dialect is not None and not form.columns):
        return Exported(entry, None, None, why)
    return Exported(entry, form, letter.original, why)


def _form(letter: DeadLetter, columns: tuple[str, ...]) -> Form:
    if not letter.row_format.is_delimited:
        return Form(letter.row_format)
    found = letter.read_as or ReadAs()
    dialect = dialect_of(letter.row_format, settings_of(found, letter.row_format))
    return Form(letter.row_format, columns, dialect, found.empty_end)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which forms are meant; None lets all through."""

    format: Format | None = None
    columns: tuple[str, ...] | None = None

    def takes(self, each: Exported) -> bool:
        """Damaged lines and letters without a form are meant unless it is sure that they are not."""
        letter = each.entry.letter
        if self.format is not None and letter is not None and letter.row_format is not self.format:
            return False
        return self.columns is None or each.form is None or each.form.columns == self.columns


def chosen(entries: Iterable[Entry], choice: Choice) -> Iterator[Exported]:
    """What becomes of those entries that are meant."""
    return filter(choice.takes, map(exported, entries))


def forms_of(found: Iterable[Exported]) -> dict[Form, Counter[str]]:
    """The forms that come up, with how many rows of each come from which source."""
    forms: dict[Form, Counter[str]] = {}
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

    def __init__(self, form: Form | None) -> None:
        self.form = form
        self.rows = 0
        self.to_mend = Noted()
        self.left_out = Noted()
        self._line = 1

    def lines(self, found: Iterable[Exported]) -> Iterator[bytes]:
        """The header and the rows, each with its line end; what is left out or to be mended is noted on the way."""
        if self.form is not None and self.form.dialect is not None:
            yield self._ended(self.form.written(self.form.columns))
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
        return row + b"\n"
