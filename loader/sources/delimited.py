"""CSV and TSV (RFC 4180), read as Python's csv module reads them when it is not strict."""

from __future__ import annotations

from collections.abc import Sequence

from loader.rows import Chunk, Rows
from loader.sources.base import Group, Parsed
from loader.sources.dialect import Dialect, written
from loader.sources.lines import Lines, lines_of
from loader.sources.split import Fault, split_off

__all__ = ["DelimitedParser", "Dialect", "written"]


class DelimitedParser:
    """Parses chunks of one delimited source. Stateless."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._edges = dialect.edges()
        self._quote = dialect.quote.encode()

    def parse(self, chunk: Chunk) -> Parsed:
        """Readable rows as one group with their fields, and the bad ones."""
        if chunk.bad is not None:
            return Parsed((), (chunk.bad,))
        lines = self._records(chunk)
        fields = self._all_fields(chunk.data, lines.raw)
        bad: dict[int, Fault] = {}
        if fields is None:
            fields, bad = self._one_by_one(lines.raw)
        columns = len(chunk.source.layout.columns)
        if set(map(len, fields)) != {columns}:
            counts = enumerate(map(len, fields))
            bad |= {i: _wrong_count(columns, found) for i, found in counts if found != columns and i not in bad}
        rows = Rows(chunk.source, chunk.source.layout, *lines, fields)
        return split_off(rows, bad) if bad else Parsed((Group(rows),))

    def _records(self, chunk: Chunk) -> Lines:
        data = chunk.data
        if not self._quote or self._quote not in data:
            return lines_of(chunk, blank=b"")
        edges = self._edges.edges(data, final=True)
        raw = [data[start:end].rstrip(b"\r\n") for start, end in zip(edges.starts, edges.ends, strict=True)]
        ordinals = range(chunk.ordinal, chunk.ordinal + len(raw))
        lines = [chunk.line + line for line in edges.lines]
        return Lines(ordinals, lines, [chunk.offset + start for start in edges.starts], raw)

    def _all_fields(self, data: bytes, raw: Sequence[bytes]) -> Sequence[Sequence[str]] | None:
        """The fields of each record; None if they must be read one by one."""
        if b"\0" in data:
            return None
        try:
            fields = list(self._dialect.read(map(bytes.decode, raw)))
        except UnicodeDecodeError:
            return None
        return fields if len(fields) == len(raw) else None

    def _one_by_one(self, raw: Sequence[bytes]) -> tuple[Sequence[Sequence[str]], dict[int, Fault]]:
        """The fields of each record, none where it cannot be read, and what is wrong with those."""
        bad = {index: fault for index, record in enumerate(raw) if (fault := _fault_of(record)) is not None}
        fields = [[] if index in bad else self._fields(record.decode()) for index, record in enumerate(raw)]
        return fields, bad

    def _fields(self, record: str) -> Sequence[str]:
        (fields,) = self._dialect.read([record])
        return fields


def _fault_of(record: bytes) -> Fault | None:
    if b"\0" in record:
        return "nul_byte", f"a raw NUL at byte {record.index(0) + 1} of the row"
    try:
        record.decode()
    except UnicodeDecodeError as error:
        return "bad_encoding", f"invalid UTF-8 at byte {error.start + 1} of the row"
    return None


def _wrong_count(expected: int, found: int) -> Fault:
    return "wrong_field_count", f"expected {expected} field{'s' * (expected != 1)}, found {found}"
