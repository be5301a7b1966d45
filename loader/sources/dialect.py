"""How the settings of the input read for one format."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from loader.config.sections import Input
from loader.rows import Format
from loader.sources.edges import EdgeFinder, LineEdges, RecordEdges

# Process-wide, like the limit itself: of 128 KiB a field, where `input.max_row_bytes` is the limit here.
csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True, slots=True)
class Dialect:
    """The two characters that matter in delimited rows; `quote` "" is none."""

    delimiter: str
    quote: str

    def edges(self) -> EdgeFinder:
        return RecordEdges(self.delimiter.encode(), self.quote.encode()) if self.quote else LineEdges(b"\r\n")

    def records(self, text: str) -> Sequence[Sequence[str]]:
        """The fields of the records of `text`, as the csv module reads them when it is not strict."""
        lines = io.StringIO(text, newline="")
        quote = self.quote or None
        quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
        records = list(csv.reader(lines, delimiter=self.delimiter, quotechar=quote, quoting=quoting))
        return [record for record in records if record] if [] in records else records


def dialect_of(row_format: Format, settings: Input) -> Dialect:
    """TSV has a tab as delimiter unless the setting is not the comma it is by default."""
    tab = row_format is Format.TSV and settings.delimiter == ","
    return Dialect("\t" if tab else settings.delimiter, settings.quote)


def edges_of(row_format: Format, settings: Input) -> EdgeFinder:
    """What finds the rows of a format. Dead letters lie one a line, like JSON."""
    return dialect_of(row_format, settings).edges() if row_format.is_delimited else LineEdges()
