"""A format from outside the package: binary records of typed fields. It is what a package of its own would hold.

A record is four bytes of length, then an int64, and two texts behind two bytes of length each: a decimal, and any text.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

import msgspec

from loader.config import sections
from loader.config.contradiction import Contradiction
from loader.contents import TypedColumns
from loader.error_types import DATA, ErrorType
from loader.rows import BadRow, Chunk, Layout, ReadAs, Rows, Source
from loader.sources.errors import InputError
from loader.sources.formats.base import Damaged, OneRow, Opening, RowFormat
from loader.sources.locations.byte_source import ByteSource
from loader.sources.numbering import Numbering
from loader.sources.parser import Group, Parsed
from loader.sources.split import Fault
from loader.sources.start import Place

COLUMNS = ("id", "price", "name")
TYPES = ("int64", "decimal", "text")
BAD_RECORD = ErrorType(
    "bad_record", DATA, "a record does not hold its three fields", "write these records again from their source"
)


class Members(msgspec.Struct):
    """A row as it stands in a letter."""

    id: int
    price: Decimal
    name: str


def record(number: int, price: bytes, name: bytes) -> bytes:
    """A record with its length."""
    body = struct.pack(">qH", number, len(price)) + price + struct.pack(">H", len(name)) + name
    return struct.pack(">I", len(body)) + body


def values_of(body: bytes) -> tuple[int, Decimal, str]:
    """Raises ValueError, InvalidOperation or struct.error."""
    number, size = struct.unpack_from(">qH", body)
    (length,) = struct.unpack_from(">H", body, 10 + size)
    if len(body) != 12 + size + length:
        raise ValueError("the lengths of its fields are not that of the record")
    return number, Decimal(body[10 : 10 + size].decode()), body[12 + size :].decode()


class RecordReader:
    """The chunks of an input."""

    def __init__(self, source: ByteSource, place: Place) -> None:
        self._source = source
        self._place = place
        self._held = b""

    def chunks(self, source: Source, numbering: Numbering) -> Iterator[Chunk]:
        while records := self._records(numbering):
            data, at = b"".join(records), self._place
            yield numbering.rows(source, data, len(records), at.line, at.offset, self._source.position)
            self._place = Place(at.offset + len(data), at.line + len(records))

    def close(self) -> None:
        self._source.close()

    def _records(self, numbering: Numbering) -> list[bytes]:
        limits, size = numbering.limits, 0
        found: list[bytes] = []
        while len(found) < limits.max_rows and self._has(4):
            length = 4 + int.from_bytes(self._held[:4], "big")
            if found and size + length > limits.max_bytes:
                break
            if not self._has(length):
                break
            found.append(self._held[:length])
            self._held = self._held[length:]
            size += length
        if not found and self._held:
            raise InputError(f"{self._source.name}: its last record is cut short")
        return found

    def _has(self, size: int) -> bool:
        while len(self._held) < size:
            fresh = self._source.read(65_536, None)
            if fresh == b"":
                return False
            self._held += fresh or b""
        return True


class RecordParser:
    """Makes rows of chunks."""

    def parse(self, chunk: Chunk) -> Parsed:
        if chunk.bad is not None:
            return Parsed((), (chunk.bad,))
        good, bad, at = [], [], 0
        for index in range(chunk.rows):
            end = at + 4 + int.from_bytes(chunk.data[at : at + 4], "big")
            where = (chunk.ordinal + index, chunk.line + index, chunk.offset + at)
            body, at = chunk.data[at + 4 : end], end
            try:
                good.append((where, values_of(body), len(body)))
            except (ValueError, InvalidOperation, struct.error) as error:
                bad.append(BadRow(*where, body, len(body), BAD_RECORD.name, f"no record: {error}"))
        return Parsed((Group(_rows(chunk.source, good)),) if good else (), tuple(bad))


def _rows(source: Source, good: list) -> Rows:
    places, values, sizes = zip(*good, strict=True)
    ordinals, lines, offsets = map(list, zip(*places, strict=True))
    columns = list(map(list, zip(*values, strict=True)))
    return Rows(source, source.layout, ordinals, lines, offsets, TypedColumns(COLUMNS, columns, sizes))


class Records(RowFormat):
    """Records with lengths, `.rec`."""

    name = "records"
    endings = (".rec",)
    error_types = (BAD_RECORD,)

    def begins(self, head: object) -> str:
        return ""

    def contradictions(self, settings: sections.InputSettings) -> Iterator[Contradiction]:
        if settings.columns:
            yield Contradiction.of("expected none: records have names of their own", ("input", "columns"))

    def open(self, opening: Opening) -> tuple[RecordReader, Layout]:
        return RecordReader(opening.head.source(), Place(opening.head.skipped, 1)), _layout()

    def open_at(
        self, source: ByteSource, layout: Layout, settings: sections.InputSettings, place: Place
    ) -> RecordReader:
        return RecordReader(source, place)

    def parser(self, layout: Layout, settings: sections.InputSettings) -> RecordParser:
        return RecordParser()

    def read_as(self, layout: Layout, settings: sections.InputSettings, *, readable: bool) -> ReadAs | None:
        return None

    def revived(self, row: bytes, read_as: ReadAs | None) -> OneRow | Damaged:
        try:
            found = msgspec.json.decode(row, type=Members)
        except msgspec.DecodeError as error:
            return Damaged(f"its `row` is no record: {error}")
        return _one((found.id, found.price, found.name), len(row))

    def reread(self, raw: bytes, read_as: ReadAs | None) -> OneRow | Fault | Damaged:
        try:
            return _one(values_of(raw), len(raw))
        except (ValueError, InvalidOperation, struct.error) as error:
            return BAD_RECORD.name, f"no record: {error}"


def _layout() -> Layout:
    return Layout(Records.name, COLUMNS, types=TYPES)


def _one(values: tuple, size: int) -> OneRow:
    return OneRow(_layout(), TypedColumns(COLUMNS, [[value] for value in values], [size]))


FORMAT = Records()
