"""Rows and mappers for tests, and what stands in the bytes that come out."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any

from loader.config.sections import FieldMapping
from loader.contents import RawJson, TextColumns
from loader.mapping.cql.mapper import CqlMapper, CqlRows, Parameter
from loader.mapping.cql.shaped_table import cql_mapper
from loader.mapping.cql.types import WRITE_TIMESTAMP, CqlType, parse_type
from loader.rows import Layout, Rows, Source
from loader.sources.row_identity import RowIdentity
from loader.texts.text_meaning import TextMeaning

UDTS = {
    "address": (("street", "text"), ("Zip Code", "int")),
    "person": (("name", "text"), ("homes", "frozen<list<address>>")),
}


def type_of(text: str) -> CqlType:
    """A type of CQL, or "write timestamp"."""
    return WRITE_TIMESTAMP if text == WRITE_TIMESTAMP.name else parse_type(text, UDTS.__getitem__)


def _rows(layout: Layout, raw: Sequence[bytes], fields: Sequence[Sequence[str]] | None = None) -> Rows:
    at = range(len(raw))
    content = RawJson(raw) if fields is None else TextColumns(layout.names, raw, fields)
    return Rows(Source(0, "rows", layout, stream=False, size=None), layout, at, at, at, content)


def jsonl(*raw: bytes | str) -> Rows:
    return _rows(Layout("jsonl"), [row.encode() if isinstance(row, str) else row for row in raw])


def csv(columns: Iterable[str], *fields: Sequence[str]) -> Rows:
    return _rows(Layout("csv", tuple(columns)), [b""] * len(fields), list(fields))


def mapper(columns: dict[str, str], key: Sequence[str] = (), nulls: Sequence[str] = (), **settings: Any) -> CqlMapper:
    """`columns` are parameters, name = type; those of `key` are required and make up the partition key."""
    parameters = [Parameter(name, type_of(text), name in key) for name, text in columns.items()]
    places = [list(columns).index(name) for name in key]
    identity = RowIdentity("run", 1_800_000_000_000_000)
    return cql_mapper(parameters, places, FieldMapping(**settings), TextMeaning(tuple(nulls)), identity)


def cells(item: bytes) -> list[bytes | int]:
    """The values of an item: bytes, or -1 for null and -2 for unset."""
    found: list[bytes | int] = []
    at = 0
    while at < len(item):
        (length,) = struct.unpack_from(">i", item, at)
        at += 4
        found.append(item[at : at + length] if length >= 0 else length)
        at += max(length, 0)
    return found


def values(mapped: CqlRows) -> list[list[Any]]:
    """The values of each row; rows must all fit."""
    assert not mapped.unfit, next(iter(mapped.unfit.values())).message
    return [cells(item) for item in mapped.items]
