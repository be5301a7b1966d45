"""Shaped JSON rows: those of which `[mapping]` changes more than names and types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol

import msgspec

from loader.config.expressions.field_path import MISSING
from loader.config.sections import FieldMapping
from loader.contents import ArrayContent, RawJson, TextColumns, TypedColumns
from loader.mapping.field_types import column_type
from loader.mapping.json_rows import (
    JsonMapper,
    Mapped,
    Misfits,
    finish_of,
    misfits_of,
    object_maker,
    objects_of,
    text_column,
    typed_column,
    with_nulls,
)
from loader.mapping.reshaping.column_shaper import ColumnShaper, ShapedColumn
from loader.mapping.reshaping.object_shaper import ObjectShaper
from loader.mapping.reshaping.shape import Shape, is_empty, is_null
from loader.rows import Rows
from loader.sources.row_identity import RowIdentity
from loader.texts.text_meaning import TextMeaning

_NOTHING = frozenset((None, MISSING))


class JsonRowMapper(Protocol):
    """Maps rows to JSON. Thread-safe."""

    def map(self, rows: Rows) -> Mapped:
        """The rows as JSON. A row with values that do not fit is unfit, with all of them as its columns."""

    def fields(self, rows: Rows, index: int, item: bytes) -> dict[str, msgspec.Raw]:
        """The fields of the row at `index`, mapped to `item`, as JSON under the names that templates know them by."""


def json_mapper(mapping: FieldMapping, texts: TextMeaning, identity: RowIdentity) -> JsonRowMapper:
    """What maps rows by `[mapping]` and what `texts` of the input mean; rows that little is done with go the short way.

    Raises UsageError for a type that JSON has no form for.
    """
    plain, shape = JsonMapper(mapping, texts), Shape.of(mapping)
    if shape.is_plain and not mapping.omit:
        return plain
    return ShapedJsonMapper(plain, shape, mapping, texts, identity)


class ShapedJsonMapper:
    """Maps rows of any form to JSON objects of the fields that they have at the target. Thread-safe."""

    def __init__(
        self,
        plain: JsonMapper,
        shape: Shape,
        mapping: FieldMapping,
        texts: TextMeaning,
        identity: RowIdentity,
    ) -> None:
        """`plain` maps them as they are in the input."""
        self._plain = plain
        self._objects = ObjectShaper(shape, identity, mapping.omit)
        json_fields = [field for field, kind in mapping.types.items() if kind == "json"]
        self._columns = ColumnShaper(shape, identity, texts, json_fields)
        self._type_of = lru_cache(maxsize=1024)(
            lambda field: column_type(mapping.types.get(field, "string"), texts, mapping.booleans)
        )
        self._nulls = texts.nulls(empty=True)
        self._uses = lru_cache(maxsize=1024)(shape.uses)
        self._finish = finish_of(mapping)
        self._omits_null = "null" in mapping.omit
        self._omits_empty = "empty" in mapping.omit
        self._maker = lru_cache(maxsize=64)(object_maker)
        self._decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

    def map(self, rows: Rows) -> Mapped:
        match rows.content:
            case TextColumns(columns, _, fields):
                return self._shaped(rows, columns, list(zip(*fields, strict=True)), texts=True)
            case TypedColumns(columns, values):
                return self._shaped(rows, columns, values, texts=False)
            case ArrayContent() as content:
                # Null before anything is made of it: else the text that stands for it is a value like others.
                odd = misfits_of(content)
                nulled = replace(rows, content=RawJson(with_nulls(content.raw, odd, {})))
                return self._shaped_objects(nulled, self._used(odd))
        return self._shaped_objects(rows, {})

    def _used(self, odd: Misfits) -> Misfits:
        """`odd` without the values of columns of which nothing goes."""
        used = {row: [each for each in columns if self._uses(each.column)] for row, columns in odd.items()}
        return {row: columns for row, columns in used.items() if columns}

    def _shaped_objects(self, rows: Rows, odd: Misfits) -> Mapped:
        """JSON rows, in which nulls stand in the place of `odd` values."""
        items, unfit, misfits = self._objects.shaped(rows)
        if odd:
            misfits = {row: [*odd.get(row, ()), *misfits.get(row, ())] for row in {*odd, *misfits}}
        found = self._finish(items, misfits)
        if not unfit:
            return found
        items = [b"" if at in unfit else item for at, item in enumerate(found.items)]
        return Mapped(
            items, {**found.unfit, **unfit}, {at: each for at, each in found.mended.items() if at not in unfit}
        )

    def fields(self, rows: Rows, index: int, item: bytes) -> dict[str, msgspec.Raw]:
        """Those of the input, and under names that no such field has those that the row has at the target."""
        made = self._decode(item)
        if isinstance(rows.content, RawJson):
            return made | self._decode(rows.raw[index])
        one = rows.slice(index, index + 1)
        [whole], unfit, _ = self._plain.map(one)
        return made if unfit else made | self._plain.fields(one, 0, whole)

    def _shaped(self, rows: Rows, columns: tuple[str, ...], values: Sequence[Sequence[Any]], *, texts: bool) -> Mapped:
        count = len(rows)
        if (clash := self._columns.clash(columns)) is not None:
            return Mapped([b""] * count, dict.fromkeys(range(count), clash))
        if not count:
            return Mapped((), {})
        misfits: Misfits = {}
        shaped = self._columns.shaped(rows, columns, values, misfits, texts=texts)
        given = [self._left(self._read(column, misfits)) for column in shaped]
        make: Callable[..., Any] | None = self._maker(tuple(column.name for column in shaped))
        assert make is not None  # noqa: S101 - names that clash were refused
        return self._finish(objects_of(make, list(zip(*given, strict=True)) if given else [()] * count), misfits)

    def _read(self, column: ShapedColumn, misfits: Misfits) -> Sequence[Any]:
        """The values of a column, MISSING where a row has none."""
        values = column.values
        if column.field is not None:
            read = text_column(column.field, values, self._type_of(column.field), misfits)
            nulls = self._nulls
        elif MISSING in values:
            there = typed_column(column.name, [None if each is MISSING else each for each in values], misfits)
            read = [MISSING if was is MISSING else value for was, value in zip(values, there, strict=True)]
            nulls = _NOTHING
        else:
            read, nulls = typed_column(column.name, values, misfits), _NOTHING
        if column.default is MISSING:
            return read
        return [column.default if _is_among(nulls, was) else value for was, value in zip(values, read, strict=True)]

    def _left(self, values: Sequence[Any]) -> Sequence[Any]:
        """What is omitted is MISSING."""
        if self._omits_null:
            values = [MISSING if is_null(value) else value for value in values]
        if self._omits_empty:
            values = [MISSING if is_empty(value) else value for value in values]
        return values


def _is_among(nulls: frozenset[Any], value: Any) -> bool:
    """Whether a value is one of `nulls`; lists and objects never are."""
    return value.__hash__ is not None and value in nulls
