"""How delimited rows are written, and what finds the rows of each format."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO

from loader.config import sections
from loader.config.characters import AUTO
from loader.rows import Format
from loader.sources.edges import EdgeFinder, LineEdges, RecordEdges

# Process-wide, as the csv module has it: else a field ends at 128 KiB, where the limit here is input.max_row_bytes.
csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What separates and encloses fields: one ASCII character each; `quote` may be "" for none."""

    delimiter: str
    quote: str

    def edges(self) -> EdgeFinder:
        """What finds the records."""
        return RecordEdges(self.delimiter.encode(), self.quote.encode()) if self.quote else LineEdges(b"\r\n")

    def read(self, records: Iterable[str]) -> Iterator[list[str]]:
        """The fields of each record, as the csv module reads them when it is not strict; a record is an item."""
        if not self.quote:
            return csv.reader(records, delimiter=self.delimiter, quoting=csv.QUOTE_NONE, quotechar=None)
        return csv.reader(records, delimiter=self.delimiter, quotechar=self.quote)


def written(dialect: Dialect, fields: Iterable[str]) -> bytes:
    """One record without line end, quoted where it must be.

    Raises csv.Error where quoting would be needed and the dialect has no quote.
    """
    text = StringIO()
    # The writer quotes newlines only if they stand in its line end.
    if dialect.quote:
        writer = csv.writer(text, delimiter=dialect.delimiter, quotechar=dialect.quote, lineterminator="\r\n")
    else:
        writer = csv.writer(text, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE, lineterminator="\r\n")
    writer.writerow(list(fields))
    return text.getvalue().removesuffix("\r\n").encode()


def dialect_of(row_format: Format, settings: sections.Input) -> Dialect:
    """What the settings say, or the delimiter of the format."""
    usual = "\t" if row_format is Format.TSV else ","
    return Dialect(usual if settings.delimiter == AUTO else settings.delimiter, settings.quote)


def edges_of(row_format: Format, settings: sections.Input) -> EdgeFinder:
    """What finds the rows of a format. Dead letters lie one a line, like JSON."""
    return dialect_of(row_format, settings).edges() if row_format.is_delimited else LineEdges()
