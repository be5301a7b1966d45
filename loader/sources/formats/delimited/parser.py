"""CSV and TSV (RFC 4180): records -> fields, and what is wrong with those that have none."""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from loader.config.encodings import AUTO
from loader.contents import TextColumns
from loader.rows import Chunk, Layout, Rows
from loader.sources.error_types import (
    BAD_CSV,
    BAD_ENCODING,
    NUL_BYTE,
    STRAY_QUOTE,
    TEXT_AFTER_QUOTE,
    WRONG_FIELD_COUNT,
)
from loader.sources.formats.delimited.dialect import Dialect, written
from loader.sources.formats.delimited.ragged import REJECT, Fields, evened
from loader.sources.formats.delimited.repeated_header import marked_rows, repeated_headers
from loader.sources.formats.delimited.unquoted import split_fields, splits_at_delimiters
from loader.sources.parser import Group, Parsed
from loader.sources.split import Fault, split_off
from loader.sources.text.edges import Edges, Span, count_line_ends
from loader.sources.text.excerpt import excerpt
from loader.sources.text.lines import Lines, lines_of

__all__ = ["DelimitedParser", "Dialect", "written"]

_ESCAPE = 'is the backslash the escape character? Then set input.escape = "\\\\"'


class DelimitedParser:
    """Parses chunks of one delimited source. Stateless.

    With `strict` a quote within a field that does not begin with one makes a bad row; else it is text, and told of.
    `ragged` is what becomes of rows with too few or too many fields, `encoding` that of the input, as the config has
    it.
    """

    def __init__(self, dialect: Dialect, *, strict: bool = False, ragged: str = REJECT, encoding: str = AUTO) -> None:
        self._dialect = dialect
        self._edges = dialect.records
        self._escape = dialect.escape.encode()
        marks = (dialect.quote.encode(), self._escape, dialect.comment.encode())
        self._marks = [mark for mark in marks if mark]
        self._splits = splits_at_delimiters(dialect)
        self._strict = strict
        self._ragged = ragged
        self._encoding = encoding

    def parse(self, chunk: Chunk) -> Parsed:
        """Readable rows as one group with their fields, and the bad ones."""
        if chunk.bad is not None:
            return Parsed((), (chunk.bad,))
        if any(mark in chunk.data for mark in self._marks):
            lines, strays = self._records(chunk)
            return self._parsed(chunk, lines, *self._judged(chunk, lines), strays)
        lines = lines_of(chunk, blank=b"")
        layout = chunk.source.layout
        if self._splits and not layout.has_empty_end:
            fields = split_fields(self._dialect.delimiter, chunk.data, lines.raw, layout.width)
            if fields is not None:
                return self._parsed(chunk, lines, fields, self._misplaced(chunk, lines.raw), ())
        return self._parsed(chunk, lines, *self._judged(chunk, lines), ())

    def _parsed(
        self,
        chunk: Chunk,
        lines: Lines,
        fields: Sequence[Sequence[str | None]],
        bad: Mapping[int, Fault],
        strays: Sequence[int],
    ) -> Parsed:
        if self._strict:
            bad = {**{index: self._stray_quote(lines.raw[index]) for index in strays}, **bad}
        layout = chunk.source.layout
        rows = Rows(chunk.source, layout, *lines[:3], TextColumns(layout.names, lines.raw, fields))
        parsed = split_off(rows, bad) if bad else Parsed((Group(rows),))
        told = [(lines.ordinals[i], lines.lines[i]) for i in strays if i not in bad]
        return replace(parsed, strays=told) if told else parsed

    def _judged(self, chunk: Chunk, lines: Lines) -> tuple[Fields, dict[int, Fault]]:
        """The fields of all records, and what is wrong with those that have none, too few or too many."""
        fields, bad = self._fields(chunk.data, lines)
        bad |= self._misplaced(chunk, lines.raw)
        return fields, bad | self._misfits(chunk.source.layout, fields, bad, lines.raw)

    def _misplaced(self, chunk: Chunk, raw: Sequence[bytes]) -> dict[int, Fault]:
        """What is a header again, or begins with a byte order mark, by index."""
        bad = marked_rows(chunk.data, raw)
        if chunk.source.layout.header:
            bad |= repeated_headers(chunk.source.layout, self._dialect, chunk.data, raw)
        return bad

    def _records(self, chunk: Chunk) -> tuple[Lines, Sequence[int]]:
        """The records, and the indexes of those with quotes that are text, ascending."""
        data = chunk.data
        edges = self._edges.edges(data, final=True)
        lines = Lines(
            range(chunk.ordinal, chunk.ordinal + len(edges.starts)),
            [chunk.line + line for line in edges.lines],
            [chunk.offset + start for start in edges.starts],
            self._contents(data, edges),
        )
        stops = set(map(partial(bisect_right, edges.starts), edges.strays))
        return lines, [stop - 1 for stop in sorted(stops)]

    def _contents(self, data: bytes, edges: Edges) -> Sequence[bytes]:
        """The records without their line ends."""
        places = zip(edges.starts, edges.ends, strict=True)
        if self._escape and self._escape in data:
            return [self._edges.content(data[start:end]) for start, end in places]
        return [data[start:end].rstrip(b"\r\n") for start, end in places]  # bare ones are nowhere else at its end

    def _fields(self, data: bytes, lines: Lines) -> tuple[Fields, dict[int, Fault]]:
        """The fields of each record, none where it cannot be read, and what is wrong with those."""
        if b"\0" not in data:
            try:
                return self._read(map(bytes.decode, lines.raw), lines)
            except UnicodeDecodeError:
                pass
        faults = {index: _fault_of(record, self._encoding) for index, record in enumerate(lines.raw)}
        illegible = {index: fault for index, fault in faults.items() if fault is not None}
        texts = ("" if index in illegible else record.decode() for index, record in enumerate(lines.raw))
        fields, bad = self._read(texts, lines)
        return fields, bad | illegible

    def _read(self, texts: Iterable[str], lines: Lines) -> tuple[Fields, dict[int, Fault]]:
        fields: Fields = []
        bad: dict[int, Fault] = {}
        reader = self._dialect.read(texts)
        while True:
            try:
                fields.extend(reader)  # keeps what it took before an error
            except csv.Error as error:
                index = len(fields)
                bad[index] = self._misquoted(lines.raw[index], lines.lines[index], error)
                fields.append([])
            else:
                return fields, bad

    def _misfits(
        self, layout: Layout, fields: Fields, bad: Mapping[int, Fault], raw: Sequence[bytes]
    ) -> dict[int, Fault]:
        """What is wrong with the number of fields, by index. The empty ones at the end of all lines are taken off."""
        faults: dict[int, Fault] = {}
        if self._ragged != REJECT:
            evened(self._ragged, layout, fields, bad)
        if set(map(len, fields)) != {layout.width}:
            odd = [i for i, found in enumerate(map(len, fields)) if found != layout.width and i not in bad]
            faults = {i: self._wrong_count(layout.width, len(fields[i]), raw[i]) for i in odd}
        if layout.has_empty_end:
            faults |= _cut_empty_end(fields, {*bad, *faults})
        return faults

    def _wrong_count(self, expected: int, found: int, record: bytes) -> Fault:
        what = f"expected {expected} field{'s' * (expected != 1)}, found {found}"
        quote = self._dialect.quote.encode()
        asks = quote and not self._escape and b"\\" + quote in record
        return WRONG_FIELD_COUNT.name, what + (f"; {_ESCAPE}" if asks else "")

    def _misquoted(self, record: bytes, line: int, error: csv.Error) -> Fault:
        """What is wrong with the quotes of a record that begins on `line`."""
        span = next((span for span in self._edges.spans(record) if span.goes_on), None)
        if span is None or span.closing is None:
            return BAD_CSV.name, f"{error}"
        where = f"text goes on behind the closing quote at byte {span.closing + 1} of the row"
        advice = self._advice(record[span.closing - 1 : span.closing])
        return TEXT_AFTER_QUOTE.name, f"{where}: {excerpt(record, span.closing)}; {advice}{_extent(record, span, line)}"

    def _stray_quote(self, record: bytes) -> Fault:
        at = self._edges.edges(record, final=True).strays[0]
        where = f"a quote at byte {at + 1} of the row, in a field that does not begin with one"
        return STRAY_QUOTE.name, f"{where}: {excerpt(record, at)}"

    def _advice(self, before: bytes) -> str:
        if before == b"\\" and not self._escape:
            return _ESCAPE
        quote = self._dialect.quote
        return f"a quote within quotes is written twice: {quote}{quote}"


def _extent(record: bytes, span: Span, line: int) -> str:
    """Which lines a record takes up, where those are several."""
    last = line + count_line_ends(record)
    if last == line:
        return ""
    opened = line + count_line_ends(record[: span.opening])
    return f"; this row is lines {line:,} to {last:,}, for that quote opens on line {opened:,}"


def _cut_empty_end(fields: Fields, bad: set[int]) -> Iterator[tuple[int, Fault]]:
    """Take the last field off those that are not bad; yields those where it is not empty."""
    for index, row in enumerate(fields):
        if index not in bad and (last := row.pop()):
            yield (
                index,
                (WRONG_FIELD_COUNT.name, f"the header has no name for the last field, which holds {last[:80]!r}"),
            )


def _fault_of(record: bytes, encoding: str) -> Fault | None:
    if b"\0" in record:
        return NUL_BYTE.name, f"a raw NUL at byte {record.index(0) + 1} of the row"
    try:
        record.decode()
    except UnicodeDecodeError as error:
        from loader.sources.encodings.misfits import misfit_of  # few rows need it

        return BAD_ENCODING.name, misfit_of(error, encoding)
    return None
