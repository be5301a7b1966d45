"""Comparison of the rows read back with the expected ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from loader.mapping.cql.table import Table
from loader.mapping.cql.types import CqlType
from loader.rehearsal.accepted_rows import Part
from loader.rehearsal.expected import Expected, Write
from loader.rehearsal.normalised import comparable
from loader.rehearsal.reading import Found, TableReader
from loader.report.comparison import Difference

_TOLD = 10  # differences that are told one by one

_NOTHING = Write(None, None)


@dataclass(slots=True)
class Tally:
    """What came of comparing keys."""

    compared: int = 0
    differing: int = 0
    not_comparable: int = 0
    differences: list[Difference] = field(default_factory=list)


def compare(reader: TableReader, table: Table, part: Part, tally: Tally, *, expires: bool) -> None:
    """Read all keys of the sample of `part`, and add to `tally`. With `expires` what is gone may be gone by now."""
    types = {column.name: column.type for column in table.columns}
    sure = [expected for expected in part.sample if not expected.doubts]
    found_rows = reader.read(part, [expected.key for expected in sure])
    for expected, found in zip(sure, found_rows, strict=True):
        tally.compared += 1
        if found is None:
            differences = [] if expires else [Difference(expected.place, _key(reader, part, expected), "", "", "")]
        else:
            tally.not_comparable += sum(not write.certain for write in expected.writes.values())
            unlike = _unlike(part, expected, found, types, expires=expires)
            differences = [_difference(reader, part, expected, found, column) for column in unlike]
        tally.differing += bool(differences)
        tally.differences += differences[: _TOLD - len(tally.differences)]


def _unlike(
    part: Part, expected: Expected, found: Found, types: Mapping[str, CqlType], *, expires: bool
) -> Iterator[str]:
    for column in part.columns:
        write = expected.writes.get(column, _NOTHING)
        if not write.certain or (expires and found[column] is None):
            continue
        if comparable(types[column], write.value) != comparable(types[column], found[column]):
            yield column


def _difference(reader: TableReader, part: Part, expected: Expected, found: Found, column: str) -> Difference:
    sent = expected.writes.get(column, _NOTHING).value
    key = _key(reader, part, expected)
    return Difference(expected.place, key, column, reader.text(column, sent), reader.text(column, found[column]))


def _key(reader: TableReader, part: Part, expected: Expected) -> str:
    return ", ".join(reader.text(name, value) for name, value in zip(part.key, expected.key, strict=True))
