"""Column shaper: rows of columns to the columns that they have at the target."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from loader.choosing.field_values import Column, values_at
from loader.config.expressions.field_path import MISSING, FieldPath
from loader.mapping.reshaping.name_clash import name_clash
from loader.mapping.reshaping.shape import Shape, spelled, without
from loader.outcomes import Cause

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

    def __init__(self, shape: Shape, json_fields: Collection[str] = (), number: Callable[[str], Any] = spelled) -> None:
        """`json_fields` are those of delimited rows whose texts are JSON, so that something can lie within.

        `number` makes what stands for a number with a fraction or an exponent there of its text.
        """
        self._shape = shape
        self._json_fields = frozenset(json_fields)
        self._way = lru_cache(maxsize=64)(self._find_way)
        self._decode = msgspec.json.Decoder(float_hook=number).decode

    def names(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """The names of all columns at the target."""
        found = (*self._way(columns).names, *self._shape.constants, *self._shape.defaults)
        return tuple(dict.fromkeys(found))

    def clash(self, columns: tuple[str, ...]) -> Cause | None:
        """Why no row of these columns fits; None if that is not so."""
        return self._way(columns).clash

    def shaped(
        self, columns: tuple[str, ...], values: Sequence[Column], rows: int, *, texts: bool
    ) -> list[ShapedColumn]:
        """`values` has a column for each of `columns`; with `texts` they are those of delimited rows."""
        way, shape = self._way(columns), self._shape
        found: dict[str, ShapedColumn] = {}
        for name, at in way.kept:
            column = self._cut(columns[at], values[at], texts=texts)
            found[name] = ShapedColumn(name, column, columns[at] if texts else None)
        if way.picks:
            fields = self._fields(columns, values, texts=texts)
            found |= {name: ShapedColumn(name, values_at(path, fields, rows)) for name, path in way.picks}
        found |= {name: ShapedColumn(name, [value] * rows) for name, value in shape.constants.items()}
        for name, value in shape.defaults.items():
            before = found.get(name, ShapedColumn(name, [MISSING] * rows))
            found[name] = ShapedColumn(name, before.values, before.field, value)
        return list(found.values())

    def _find_way(self, columns: tuple[str, ...]) -> _Way:
        shape = self._shape
        kept = [(name, at) for at, field in enumerate(columns) for name in shape.names_of(field)]
        picks = [(name, path) for path, name in shape.picks if path.name not in columns and path.root in columns]
        names = [name for name, _ in (*kept, *picks)]
        if len(set(names)) == len(names):
            return _Way(tuple(kept), tuple(picks), None)
        sources = [*filter(shape.goes, columns), *(path.name for _, path in picks)]
        return _Way(tuple(kept), tuple(picks), name_clash(shape.names, sources))

    def _fields(self, columns: tuple[str, ...], values: Sequence[Column], *, texts: bool) -> Mapping[str, Column]:
        """The columns in which something can lie."""
        pairs = zip(columns, values, strict=True)
        if not texts:
            return dict(pairs)
        return {field: list(map(self._json, column)) for field, column in pairs if field in self._json_fields}

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
