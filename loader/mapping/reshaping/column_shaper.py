"""Column shaper: rows of columns to the columns that they have at the target."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import msgspec

from loader.choosing.field_values import Column, values_at
from loader.config.expressions.field_path import MISSING, FieldPath
from loader.mapping.reshaping.functions import Computation, Misfits
from loader.mapping.reshaping.name_clash import name_clash
from loader.mapping.reshaping.shape import Rest, Shape, spelled, without
from loader.outcomes import Cause
from loader.rows import Rows
from loader.sources.row_identity import RowIdentity
from loader.texts.text_meaning import TextMeaning

_decode_spelled = msgspec.json.Decoder(float_hook=spelled).decode


@dataclass(frozen=True, slots=True)
class ShapedColumn:
    """One column by its name at the target.

    `field` is that of a delimited row whose texts it has, still to be read as its type; None where `values` are values,
    MISSING where a row has none. `default` takes the place of what is null or missing, unless it is MISSING itself.
    """

    name: str
    values: Column
    field: str | None = None
    default: Any = MISSING


@dataclass(frozen=True, slots=True)
class _Way:
    """How columns of the same names get their shape: names with the index of a column, and paths with those of roots.

    `clash` is what is wrong with all such rows.
    """

    kept: tuple[tuple[str, int], ...]
    picks: tuple[tuple[str, FieldPath], ...]
    clash: Cause | None

    @property
    def names(self) -> tuple[str, ...]:
        return (*(name for name, _ in self.kept), *(name for name, _ in self.picks))


class ColumnShaper:
    """Gives rows of columns their shape; what is to be done is found out once for the same columns. Thread-safe."""

    def __init__(
        self,
        shape: Shape,
        identity: RowIdentity,
        texts: TextMeaning,
        json_fields: Collection[str] = (),
        number: Callable[[str], Any] = spelled,
        rest: Rest | None = None,
    ) -> None:
        """`json_fields` are those of delimited rows whose texts are JSON, so that something can lie within.

        `number` makes what stands for a number with a fraction or an exponent there of its text.
        """
        self._shape = shape
        self._rest = rest
        self._words = texts.nulls(empty=texts.empty == "null")
        self._computation = Computation(shape.computed, identity)
        self._nulls = texts.nulls(empty=True)
        self._json_fields = frozenset(json_fields)
        self._way = lru_cache(maxsize=64)(self._find_way)
        self._decode = msgspec.json.Decoder(float_hook=number).decode

    def names(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """The names of all columns at the target."""
        computed = (name for name, _ in self._shape.computed)
        found = (*self._way(columns).names, *computed, *self._shape.constants, *self._shape.defaults)
        return tuple(dict.fromkeys(found))

    def clash(self, columns: tuple[str, ...]) -> Cause | None:
        """Why no row of these columns fits; None if that is not so."""
        return self._way(columns).clash

    def shaped(
        self, rows: Rows, columns: tuple[str, ...], values: Sequence[Column], misfits: Misfits, *, texts: bool
    ) -> list[ShapedColumn]:
        """`values` has a column for each of `columns` of `rows`; with `texts` they are those of delimited rows.

        What is wrong with values that were to be computed is added to `misfits`.
        """
        way, shape, count = self._way(columns), self._shape, len(rows)
        found: dict[str, ShapedColumn] = {}
        for name, at in way.kept:
            column = self._cut(columns[at], values[at], texts=texts)
            found[name] = ShapedColumn(name, column, columns[at] if texts else None)
        given = dict(zip(columns, values, strict=True))
        lookup = partial(self._text_at if texts else values_at, fields=given, rows=count)
        found |= {name: ShapedColumn(name, lookup(path)) for name, path in way.picks}
        computed = self._computation.columns(rows, lookup, misfits)
        found |= {name: ShapedColumn(name, column) for name, column in computed.items()}
        found |= {name: ShapedColumn(name, [value] * count) for name, value in shape.constants.items()}
        for name, value in shape.defaults.items():
            before = found.get(name, ShapedColumn(name, [MISSING] * count))
            found[name] = ShapedColumn(name, before.values, before.field, value)
        return list(found.values()) if self._rest is None else self._put_together(self._rest, found, count)

    def _put_together(self, rest: Rest, found: Mapping[str, ShapedColumn], rows: int) -> list[ShapedColumn]:
        columns, extra = list(found.values()), set(rest.left_over(tuple(found)))
        if not extra:
            return columns
        others = {columns[at].name: self._as_values(columns[at]) for at in sorted(extra)}
        together = [_object({name: column[row] for name, column in others.items()}) for row in range(rows)]
        kept = [column for at, column in enumerate(columns) if at not in extra]
        return [*kept, ShapedColumn(rest.name, together)]

    def _as_values(self, column: ShapedColumn) -> Column:
        """The values of a column, texts of delimited rows as they are; null words are null."""
        if column.field is None:
            return column.values
        return [None if text in self._words else text for text in column.values]

    def _find_way(self, columns: tuple[str, ...]) -> _Way:
        shape = self._shape
        kept = [(name, at) for at, field in enumerate(columns) for name in shape.names_of(field)]
        picks = [(name, path) for path, name in shape.picks if path.name not in columns and path.root in columns]
        names = [name for name, _ in (*kept, *picks)]
        if len(set(names)) == len(names):
            return _Way(tuple(kept), tuple(picks), None)
        sources = [*filter(shape.goes, columns), *(path.name for _, path in picks)]
        return _Way(tuple(kept), tuple(picks), name_clash(shape.names, sources))

    def _text_at(self, path: FieldPath, fields: Mapping[str, Column], rows: int) -> Column:
        """What stands at a path in delimited rows: a text, None for a null, or what lies within the JSON of one."""
        if path.name in fields:
            return [None if text in self._nulls else text for text in fields[path.name]]
        if path.root not in fields or path.root not in self._json_fields:
            return [MISSING] * rows
        return [path.within(self._json(text)) for text in fields[path.root]]

    def _json(self, text: str | None) -> Any:
        """What the JSON in a text holds; that it holds none is told of its own column."""
        try:
            return MISSING if text is None else self._decode(text)
        except (msgspec.DecodeError, RecursionError):
            return MISSING

    def _cut(self, field: str, column: Column, *, texts: bool) -> Column:
        """A column without what is taken out of its values."""
        paths = [path for path in self._shape.cuts if path.root == field]
        if not paths or (texts and field not in self._json_fields):
            return column
        for path in paths:
            steps = path.steps[1:]
            if texts:
                column = [self._cut_text(text, steps) for text in column]
            else:
                column = [without(value, steps) for value in column]
        return column

    def _cut_text(self, text: str | None, steps: tuple[str | int, ...]) -> str | None:
        if text is None:
            return None
        try:
            value = _decode_spelled(text)
        except (msgspec.DecodeError, RecursionError):
            return text
        return msgspec.json.encode(without(value, steps)).decode()


def _object(fields: Mapping[str, Any]) -> Any:
    """The fields that are there; MISSING where none is."""
    there = {name: value for name, value in fields.items() if value is not MISSING}
    return there or MISSING
