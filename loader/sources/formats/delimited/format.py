"""CSV and TSV as formats of rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

import msgspec

from loader.config import sections
from loader.config.characters import AUTO, spelled
from loader.config.contradiction import Contradiction
from loader.config.declaration import keys
from loader.config.loading.checks import contradictions_of_input
from loader.config.values import RefusedError
from loader.contents import TextColumns
from loader.rows import Chunk, Layout, ReadAs, Source
from loader.sources.error_types import UNCLOSED_QUOTE
from loader.sources.formats.base import Damaged, FileForm, OneRow, Opening, Reader, RowFormat
from loader.sources.formats.delimited.dialect import Dialect, dialect_of, written
from loader.sources.formats.delimited.dialect_rules import contradictions_of
from loader.sources.formats.delimited.header import layout_of
from loader.sources.formats.delimited.parser import DelimitedParser
from loader.sources.formats.delimited.ragged import PADDING, REJECT
from loader.sources.locations.byte_source import ByteSource
from loader.sources.recognition.contradictions import refuse_binary, refuse_foreign
from loader.sources.recognition.foreign import Foreign
from loader.sources.recognition.foreign_texts import drawn_table, foreign_text, is_object
from loader.sources.recognition.head import Head
from loader.sources.recognition.json_texts import foreign_json
from loader.sources.recognition.letters import dead_letters
from loader.sources.recognition.signatures import no_text
from loader.sources.split import Fault
from loader.sources.start import Place
from loader.sources.text.reader import TextReader
from loader.sources.text.row_stream import RowStream

_SEPARATOR_LINE = re.compile(rb'"?sep=([\x01-\x7f])"?', re.IGNORECASE)
_KEYS = keys(sections.InputSettings)


@dataclass(frozen=True, slots=True)
class DelimitedForm(FileForm):
    """A file of rows below a header, whatever their input had.

    With `empty_end` every line ends in a delimiter, behind which nothing stands. `ragged` is how it must be read: rows
    that got nulls at their end stand there without them.
    """

    dialect: Dialect = Dialect(",", '"')  # noqa: RUF009 - frozen
    usual: Dialect = Dialect(",", '"')  # noqa: RUF009 - frozen
    empty_end: bool = False
    ragged: str = REJECT

    def __str__(self) -> str:
        usual = asdict(self.usual)
        unusual = {name: value for name, value in asdict(self.dialect).items() if value != usual[name]}
        unusual |= {"ragged": self.ragged} if self.ragged != REJECT else {}
        end = ["a delimiter at the end"] if self.empty_end else []
        return " ".join([self.format, ",".join(self.columns), *(f"{n}={v!r}" for n, v in unusual.items()), *end])

    @property
    def head(self) -> bytes:
        return self._written([*self.columns, *[""] * self.empty_end])

    def written(self, row: OneRow) -> bytes:
        assert isinstance(row.content, TextColumns)  # noqa: S101 - what this format made
        fields = row.content.fields[0]
        if self.dialect.quoted_empty:
            return self._written([*fields, *[None] * self.empty_end])
        given = [field for field in fields if field is not None]
        if len(given) == len(fields):
            return self._written([*given, *[""] * self.empty_end])
        if self.ragged not in PADDING or not given or list(fields[: len(given)]) != given:
            raise ValueError(f"the row has nulls, which cannot be written as {self}")
        return self._written(given)

    @property
    def takes_bytes(self) -> bool:
        return bool(self.columns)

    def _written(self, fields: Sequence[str | None]) -> bytes:
        try:
            return written(self.dialect, fields)
        except csv.Error as error:
            raise ValueError(f"the row cannot be written as {self}: {error}") from error


# What a file that is read wrongly is often read rightly by; rows lose something by the last ones alone.
_OTHERS: Mapping[str, Sequence[Any]] = {
    "delimiter": (",", ";", "\t", "|"),
    "quote": ("'", ""),
    "escape": ("\\",),
    "comment": ("#",),
    "skip_lines": (1, 2, 3, 4),
    "ragged": ("pad", "truncate", "fit"),
}


class Delimited(RowFormat):
    """Delimited text (RFC 4180): fields are texts, by the names in a header or in `input.columns`."""

    keys = ("encoding", "delimiter", "quote", "escape", "comment", "skip_lines", "header", "columns", "trim", "ragged")

    def __init__(self, name: str, endings: tuple[str, ...], delimiter: str) -> None:
        self.name = name
        self.endings = endings
        self._delimiter = delimiter

    def dialect(self, settings: sections.InputSettings) -> Dialect:
        """What separates, encloses and escapes."""
        return dialect_of(self._delimiter, settings)

    def begins(self, head: Head) -> str:
        return ""

    def refuse(self, opening: Opening, why: str) -> None:
        """Text that was said to be without a header is taken as it is, whatever it looks like: no line of it is more
        than a row.
        """
        name, codec = opening.name, opening.codec
        refuse_binary(name, codec, opening.head)
        refuse_foreign(name, codec, self._foreign(opening, why))

    def _foreign(self, opening: Opening, why: str) -> Foreign | None:
        head, settings = opening.head, opening.settings
        head.pass_over(settings.skip_lines)
        if settings.comment and head.first_line().startswith(settings.comment.encode()):
            return None
        separator = _separator_line(head.first_line())
        if separator is not None or (not opening.is_guessed and not settings.header):
            return separator
        if settings.header and not settings.columns and (binary := no_text(head.data)) is not None:
            return binary
        found = dead_letters(head) or foreign_text(head) or foreign_json(head)
        if found is None and is_object(head.first_line()):
            said = f"JSON Lines by its first line, though taken for {self.name.upper()} {why}"
            return Foreign(said, advice="--format jsonl loads it")
        return found or (drawn_table(head) if opening.is_guessed else None)

    def contradictions(self, settings: sections.InputSettings) -> Iterator[Contradiction]:
        yield from contradictions_of(self.dialect(settings))
        if settings.format == self.name and not settings.header and not settings.columns:
            yield Contradiction.of(
                "expected the names of the columns, as there is no header",
                ("input", "columns"),
                ("input", "header"),
                ("input", "format"),
            )

    def open(self, opening: Opening) -> tuple[Reader, Layout]:
        settings, dialect, head = opening.settings, self.dialect(opening.settings), opening.head
        head.pass_over(settings.skip_lines)
        stream = RowStream(head.source(), dialect.edges(), settings.max_row_bytes, Place(head.skipped, head.line))
        return TextReader(stream), layout_of(stream, self.name, dialect, settings, opening.codec)

    def open_at(self, source: ByteSource, layout: Layout, settings: sections.InputSettings, place: Place) -> Reader:
        return TextReader(RowStream(source, self.dialect(settings).edges(), settings.max_row_bytes, place))

    def reach(self, settings: sections.InputSettings) -> int:
        """A quote that does not close has the lines behind it read one by one, for as long as a row may be."""
        return settings.max_row_bytes

    def parser(self, layout: Layout, settings: sections.InputSettings) -> DelimitedParser:
        dialect = replace(self.dialect(settings), quoted_empty=settings.empty == "quoted")
        return DelimitedParser(dialect, strict=settings.strict, ragged=settings.ragged, encoding=settings.encoding)

    def facts(self, layout: Layout, settings: sections.InputSettings) -> Iterator[str]:
        dialect = self.dialect(settings)
        delimiter = repr(dialect.delimiter) if dialect.delimiter in ",:" else spelled(dialect.delimiter)
        by = "the format's own" if settings.delimiter == AUTO else "as --delimiter or input.delimiter says"
        quote = repr(dialect.quote) if dialect.quote else "none"
        escape = f", escape: {dialect.escape}" if dialect.escape else ""
        comment = f", comment: {dialect.comment}" if dialect.comment else ""
        yield f"delimiter: {delimiter} ({by}), quote: {quote}{escape}{comment}"
        if settings.skip_lines:
            yield f"lines passed over before it: {settings.skip_lines:,}"
        if settings.trim:
            yield "blanks around fields are taken off"
        if settings.unescape:
            yield "backslashes in fields spell characters"
        if settings.ragged != REJECT:
            yield f"rows with too few or too many fields: {settings.ragged}"
        yield f"{_named_by(settings)}: {', '.join(layout.names) or 'none, as it is empty'}"

    def others(self, settings: sections.InputSettings) -> Iterator[sections.InputSettings]:
        for name, values in _OTHERS.items():
            yield from (replace(settings, **{name: value}) for value in values if value != getattr(settings, name))

    # -- letters

    def read_as(self, layout: Layout, settings: sections.InputSettings, *, readable: bool) -> ReadAs | None:
        said = {name: getattr(settings, name) for name in ReadAs.__struct_fields__ if name in _KEYS}
        said |= {"columns": (), "empty_end": layout.has_empty_end}
        if not readable:
            header = layout.header[:-1] if layout.has_empty_end else layout.header
            said |= {"columns": layout.names, "names": () if header == layout.columns else header}
        found = ReadAs(**said)
        return None if found == ReadAs() else found

    def settings_of(self, read_as: ReadAs) -> sections.InputSettings:
        return _settings_of(self, read_as)

    def revived(self, row: bytes, read_as: ReadAs | None) -> OneRow | Damaged:
        try:
            members = msgspec.json.decode(row, type=dict[str, str | None])
        except (msgspec.DecodeError, RecursionError):
            return Damaged(f'its `row` is no object of texts, such as {{"id": "1"}}, as it must be for {self.name}')
        columns = read_as.columns if read_as is not None else ()
        if columns and members.keys() != set(columns):
            return Damaged(f"the fields of its `row` are not those of its `input`: {', '.join(columns)}")
        names = columns or tuple(members)
        fields = [members[name] for name in names]
        return OneRow(Layout(self.name, names), TextColumns(names, [row], [fields]))

    def reread(self, raw: bytes, read_as: ReadAs | None) -> OneRow | Fault | Damaged:
        """It must be all of one record."""
        found = read_as or ReadAs()
        if not found.columns:
            return Damaged('it does not name the columns of its row: "input": {"columns": ["id", ...]}')
        settings = self.settings_of(found)
        finder = self.dialect(settings).edges()
        if finder.quote_open(raw):
            return UNCLOSED_QUOTE.name, "a quote of this row is not closed"
        rows = len(finder.edges(raw, final=True).starts)
        if rows != 1:
            return Damaged(f"its `raw` holds {rows} rows, and a letter is one: loader dlq export, and push the file")
        header = (found.names or found.columns) + ("",) * found.empty_end
        source = Source(0, "", Layout(self.name, found.columns, header), stream=True, size=None)
        parsed = self.parser(source.layout, settings).parse(Chunk(0, source, 0, 1, 0, 1, raw, 0))
        for group in parsed.groups:
            return OneRow(Layout(self.name, found.columns), group.rows.content)
        return parsed.bad[0].error_type, parsed.bad[0].error

    def form(self, read_as: ReadAs | None, columns: tuple[str, ...]) -> FileForm:
        found = read_as or ReadAs()
        dialect = replace(self.dialect(self.settings_of(found)), quoted_empty=found.empty == "quoted")
        return DelimitedForm(
            self.name, columns, dialect, self.dialect(sections.InputSettings()), found.empty_end, found.ragged
        )


CSV = Delimited("csv", (".csv",), ",")
TSV = Delimited("tsv", (".tsv", ".tab"), "\t")


@lru_cache(maxsize=64)
def _settings_of(row_format: Delimited, found: ReadAs) -> sections.InputSettings:
    """The settings that `found` stands for, held to the rules of the config."""
    said = {"format": row_format.name, **msgspec.to_builtins(found)}
    settings = sections.InputSettings(
        **{name: _KEYS[name].kind.parse(value) for name, value in said.items() if name in _KEYS}
    )
    wrong = [each.refusal for each in contradictions_of_input(settings)]
    if wrong:
        raise RefusedError(*wrong)
    return settings


def _separator_line(first: bytes) -> Foreign | None:
    """The line that tells Excel alone what separates fields."""
    match = _SEPARATOR_LINE.fullmatch(first.strip(b" \r\n"))
    if match is None:
        return None
    flags = f"--skip-lines 1 --delimiter {spelled(match[1].decode())}"
    return Foreign("CSV with a line for Excel before its header, sep=", advice=f"{flags} loads it")


def _named_by(settings: sections.InputSettings) -> str:
    if not settings.columns:
        return "header"
    return "columns, as the header is read past" if settings.header else "columns, as there is no header"
