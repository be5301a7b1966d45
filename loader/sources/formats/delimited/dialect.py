"""Dialects of delimited text, and what finds their records."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from io import StringIO
from typing import Any

from loader.config import sections
from loader.config.characters import AUTO
from loader.sources.text.edges import EdgeFinder, LineEdges, RecordEdges
from loader.sources.text.plain import Plain, blanks_around

# Process-wide, as the csv module has it: else a field ends at 128 KiB, where the limit here is input.max_row_bytes.
csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What separates fields, encloses and escapes them, and begins comments; all but the delimiter may be "" for none.

    The delimiter and `comment` are one character or several, the others one. `trim` takes blanks around fields off.
    With `unescape` fields spell characters by a backslash, whatever the escape is. With `quoted_empty` an
    empty field is None, unless it is in quotes.
    """

    delimiter: str
    quote: str
    escape: str = ""
    comment: str = ""
    trim: bool = False
    unescape: bool = False
    quoted_empty: bool = False

    @property
    def records(self) -> RecordEdges:
        """What finds records that may be longer than a line, and their quotes."""
        marks = (self.delimiter.encode(), self.quote.encode(), self.escape.encode(), self.comment.encode())
        return RecordEdges(Plain(*marks, trim=self.trim))

    def edges(self) -> EdgeFinder:
        """What finds the records."""
        return self.records if self.quote or self.escape else LineEdges(b"\r\n", self.comment.encode())

    def read(self, records: Iterable[str]) -> Iterator[list[Any]]:
        """The fields of each record; a record is an item.

        The iterator raises csv.Error for a record in which text goes on behind a closing quote, and then goes on with
        the next. A record must be whole: one within which a quote is open takes those behind it in.
        """
        if self.quoted_empty and self.quote:
            from loader.sources.formats.delimited.quoted_empty import marker, told_apart
            from loader.sources.formats.delimited.stand_in import stand_in_for

            texts = list(records)
            mark = stand_in_for(texts)
            blanks = blanks_around(self.delimiter) if self.trim else ""
            marked = map(marker(self.delimiter, self.quote, self.escape, blanks, mark), texts)
            return map(partial(told_apart, mark), replace(self, quoted_empty=False).read(marked))
        if self.unescape:
            from loader.sources.formats.delimited.unescaping import unescaped

            return map(unescaped, replace(self, unescape=False).read(records))
        if len(self.delimiter) > 1:
            from loader.sources.formats.delimited.stand_in import put_back, stand_in_for

            texts = list(records)
            stand_in = stand_in_for(texts)
            other = replace(self, delimiter=stand_in)
            fields = other.read(text.replace(self.delimiter, stand_in) for text in texts)
            return map(partial(put_back, self.delimiter, stand_in), fields)
        if self.trim:
            from loader.sources.formats.delimited.trimming import trimmed

            records = map(partial(trimmed, self.delimiter, self.quote, self.escape), records)
        if self.escape:
            records = map(partial(_doubled, self), records)
        return csv.reader(
            records,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar=self.escape or None,
            strict=True,
        )


def _doubled(dialect: Dialect, record: str) -> str:
    """`record` for the csv module, which drops an escape before any character whatever, and knows no CR LF.

    It holds a record that ends with an escaped line end for the first half of one, unless another line end follows.
    """
    return _escapes(dialect).sub(_double, record) + "\n" if dialect.escape in record else record


def _double(match: re.Match[str]) -> str:
    escape, escaped = match["escape"], match["escaped"]
    return escape + escape.join(escaped) if escaped else escape + escape


@cache
def _escapes(dialect: Dialect) -> re.Pattern[str]:
    """Matches an escape with what it makes text of, if anything."""
    characters = "".join(map(re.escape, (dialect.escape, dialect.quote, dialect.delimiter)))
    return re.compile(f"(?P<escape>{re.escape(dialect.escape)})(?P<escaped>\r\n|[{characters}\r\n])?")


def written(dialect: Dialect, fields: Iterable[Any]) -> bytes:
    """One record without line end, quoted where it must be.

    Raises csv.Error where quoting would be needed, or nothing be told from an empty field, and the dialect has no way
    to write it.
    """
    if dialect.quoted_empty and dialect.quote:
        return _written_apart(dialect, list(fields))
    texts, delimiter = list(map(_escaped, fields) if dialect.unescape else fields), dialect.delimiter
    if len(delimiter) == 1:
        return _written(dialect, texts, is_clear=True).encode()
    from loader.sources.formats.delimited.stand_in import stand_in_for

    stand_in = stand_in_for(texts)
    texts = [text.replace(delimiter, stand_in) for text in texts]
    is_clear = delimiter.join(texts).split(delimiter) == texts  # no field ends with half a delimiter
    record = _written(replace(dialect, delimiter=stand_in), texts, is_clear=is_clear)
    return record.replace(stand_in, delimiter).encode()


def _escaped(field: str) -> str:
    from loader.sources.formats.delimited.unescaping import escaped

    return escaped(field)


def _written_apart(dialect: Dialect, fields: list[str | None]) -> bytes:
    """A record with quotes around all that is there."""
    if fields == [None]:
        raise csv.Error("a row of nothing would be a blank line")
    alone = replace(dialect, delimiter="\0")
    texts = (each if each is None or not dialect.unescape else _escaped(each) for each in fields)
    return dialect.delimiter.join(
        "" if text is None else _written(alone, [text], is_clear=False) for text in texts
    ).encode()


def _written(dialect: Dialect, fields: list[str], *, is_clear: bool) -> str:
    """A record by a delimiter of one character. All fields are quoted where it is not clear what would be read."""
    # The csv module knows no comments, and nobody who takes blanks off.
    like_comment = bool(dialect.comment) and dialect.delimiter.join(fields).startswith(dialect.comment)
    blanks = blanks_around(dialect.delimiter) if dialect.trim else ""
    is_clear = is_clear and not like_comment and all(field == field.strip(blanks) for field in fields)
    if not is_clear and not dialect.quote:
        raise csv.Error("fields would have to be quoted, and there are no quotes")
    text = StringIO()
    # The writer quotes newlines only if they stand in its line end.
    csv.writer(
        text,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=(csv.QUOTE_MINIMAL if is_clear else csv.QUOTE_ALL) if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape or None,
        lineterminator="\r\n",
    ).writerow(fields)
    return text.getvalue().removesuffix("\r\n")


def dialect_of(usual: str, settings: sections.InputSettings) -> Dialect:
    """What the settings say, or `usual`, the delimiter of the format."""
    delimiter = usual if settings.delimiter == AUTO else settings.delimiter
    return Dialect(
        delimiter, settings.quote, settings.escape, settings.comment, settings.trim, unescape=settings.unescape
    )
