"""Dialects of delimited text, and what finds their records."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from io import StringIO

from loader.config import sections
from loader.config.characters import AUTO
from loader.sources.text.edges import EdgeFinder, LineEdges, RecordEdges

# Process-wide, as the csv module has it: else a field ends at 128 KiB, where the limit here is input.max_row_bytes.
csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What separates, encloses and escapes: one ASCII character each; `quote` and `escape` may be "" for none."""

    delimiter: str
    quote: str
    escape: str = ""

    @property
    def records(self) -> RecordEdges:
        """What finds records that may be longer than a line, and their quotes."""
        return RecordEdges(self.delimiter.encode(), self.quote.encode(), self.escape.encode())

    def edges(self) -> EdgeFinder:
        """What finds the records."""
        return self.records if self.quote or self.escape else LineEdges(b"\r\n")

    def read(self, records: Iterable[str]) -> Iterator[list[str]]:
        """The fields of each record; a record is an item.

        The iterator raises csv.Error for a record in which text goes on behind a closing quote, and then goes on with
        the next. A record must be whole: one within which a quote is open takes those behind it in.
        """
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


def written(dialect: Dialect, fields: Iterable[str]) -> bytes:
    """One record without line end, quoted where it must be.

    Raises csv.Error where quoting would be needed and the dialect has neither quote nor escape.
    """
    text = StringIO()
    # The writer quotes newlines only if they stand in its line end.
    csv.writer(
        text,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape or None,
        lineterminator="\r\n",
    ).writerow(list(fields))
    return text.getvalue().removesuffix("\r\n").encode()


def dialect_of(usual: str, settings: sections.InputSettings) -> Dialect:
    """What the settings say, or `usual`, the delimiter of the format."""
    return Dialect(usual if settings.delimiter == AUTO else settings.delimiter, settings.quote, settings.escape)
