"""CSV and TSV (RFC 4180), read as Python's csv module reads them when it is not strict."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO

from loader.rows import Chunk, Rows
from loader.sources.base import Group, Parsed
from loader.sources.edges import EdgeFinder
from loader.sources.jsonl import split_off
from loader.sources.lines import Lines, lines_of

csv.field_size_limit(2**31 - 1)  # input.max_row_bytes is the limit, and it is ours


@dataclass(frozen=True, slots=True)
class Dialect:
    """What separates and encloses fields: one ASCII character each; `quote` may be "" for none."""

    delimiter: str
    quote: str

    def read(self, records: Iterable[str]) -> Iterator[list[str]]:
        """The fields of each record."""
        if not self.quote:
            return csv.reader(records, delimiter=self.delimiter, quoting=csv.QUOTE_NONE, quotechar=None)
        return csv.reader(records, delimiter=self.delimiter, quotechar=self.quote)


def written(dialect: Dialect, fields: Iterable[str]) -> bytes:
    """One record without line end, quoted where it must be."""
    text = StringIO()
    writer = csv.writer(text, delimiter=dialect.delimiter, quotechar=dialect.quote or None, lineterminator="")
    writer.writerow(list(fields))
    return text.getvalue().encode()


class DelimitedParser:
    """Parses chunks of one delimited source. Stateless."""

    def __init__(self, dialect: Dialect, finder: EdgeFinder) -> None:
        self._dialect = dialect
        self._finder = finder
        self._quote = dialect.quote.encode()

    def parse(self, chunk: Chunk) -> Parsed:
        """Readable rows as one group with their fields, and the bad ones."""
        lines = self._records(chunk)
        fields, bad = self._fields(chunk.data, lines.raw)
        count = len(chunk.source.layout.columns)
        for i, row in enumerate(fields):
            if len(row) != count and i not in bad:
                bad[i] = ("wrong_field_count", f"{_fields_count(len(row))} where the columns are {count}")
        rows = Rows(chunk.source, chunk.source.layout, *lines, fields)
        return split_off(rows, bad) if bad else Parsed((Group(rows),))

    def _records(self, chunk: Chunk) -> Lines:
        if not self._quote or self._quote not in chunk.data:
            return lines_of(chunk, blank=b"")
        edges = self._finder.edges(chunk.data, final=True)
        raw = [_without_line_end(chunk.data[start:end]) for start, end in zip(edges.starts, edges.ends, strict=True)]
        ordinals = range(chunk.ordinal, chunk.ordinal + len(raw))
        lines = [chunk.line + line for line in edges.lines]
        return Lines(ordinals, lines, [chunk.offset + start for start in edges.starts], raw)

    def _fields(self, data: bytes, raw: Sequence[bytes]) -> tuple[list[list[str]], dict[int, tuple[str, str]]]:
        """The fields of each record, and what is wrong with those that have none."""
        if b"\0" not in data:
            try:
                fields = list(self._dialect.read(map(bytes.decode, raw)))
            except (UnicodeDecodeError, csv.Error):
                fields = []
            if len(fields) == len(raw):
                return fields, {}
        return self._one_by_one(raw)

    def _one_by_one(self, raw: Sequence[bytes]) -> tuple[list[list[str]], dict[int, tuple[str, str]]]:
        all_fields: list[list[str]] = []
        bad: dict[int, tuple[str, str]] = {}
        for i, record in enumerate(raw):
            fields: list[str] = []
            try:
                if b"\0" in record:
                    bad[i] = ("nul_byte", f"a raw NUL at byte {record.index(0)} of the row")
                else:
                    fields = next(self._dialect.read([record.decode()]), [])
            except UnicodeDecodeError as error:
                bad[i] = ("bad_encoding", f"invalid UTF-8 at byte {error.start} of the row")
            except csv.Error as error:
                bad[i] = ("bad_csv", str(error))
            all_fields.append(fields)
        return all_fields, bad


def _without_line_end(record: bytes) -> bytes:
    if record.endswith(b"\r\n"):
        return record[:-2]
    return record[:-1] if record.endswith((b"\n", b"\r")) else record


def _fields_count(count: int) -> str:
    return f"{count} field" if count == 1 else f"{count} fields"
