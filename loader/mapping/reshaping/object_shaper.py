"""Object shaper: JSON rows to JSON objects of the fields that they have at the target."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from loader.choosing.field_values import Column, field_decoder, values_at
from loader.config.expressions.field_path import MISSING
from loader.mapping.one_line import one_line_each
from loader.mapping.reshaping.functions import Computation, Misfits
from loader.mapping.reshaping.name_clash import name_clash
from loader.mapping.reshaping.shape import Rest, Shape, is_empty, is_null, spelled, without
from loader.outcomes import Cause
from loader.rows import Rows
from loader.sources.row_identity import RowIdentity


class ShapedObjects(NamedTuple):
    """JSON objects of rows, parallel to them, and why some rows have none, by index (theirs are `{}`).

    `misfits` are, by index, the values that could not be made; they are missing.
    """

    items: Sequence[bytes]
    unfit: Mapping[int, Cause]
    misfits: Misfits


class ObjectShaper:
    """Gives JSON rows their shape. Values that only change their name go byte for byte. Thread-safe.

    Of several fields of a row with the same name the last one counts.
    """

    def __init__(
        self, shape: Shape, identity: RowIdentity, omit: Collection[str] = (), rest: Rest | None = None
    ) -> None:
        """`omit` has the words of `mapping.omit`."""
        self._rest = rest
        self._shape = shape
        self._computation = Computation(shape.computed, identity)
        self._omits_null = "null" in omit
        self._omits_empty = "empty" in omit
        self._names = lru_cache(maxsize=1024)(shape.names_of)
        names = dict.fromkeys(name for path in shape.paths for name in path.fields)
        self._fields = field_decoder(tuple(names), spelled)
        self._decode_row = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
        self._decode_value = msgspec.json.Decoder(float_hook=spelled).decode
        self._encode = msgspec.json.Encoder().encode

    def shaped(self, rows: Rows) -> ShapedObjects:
        """JSON rows as JSON objects."""
        raw = one_line_each(rows.content)
        fields = self._fields(raw) if self._shape.paths else {}
        picked = [values_at(path, fields, len(raw)) for path, _ in self._shape.picks]
        misfits: Misfits = {}
        computed = self._computation.columns(rows, lambda path: values_at(path, fields, len(raw)), misfits)
        items: list[bytes] = []
        unfit: dict[int, Cause] = {}
        for at, row in enumerate(map(self._decode_row, raw)):
            found = self._object(at, row, picked, computed)
            if found is None:
                unfit[at] = name_clash(self._shape.names, self._sources(at, row, picked))
            items.append(b"{}" if found is None else self._encode(found))
        return ShapedObjects(items, unfit, misfits)

    def _object(
        self, at: int, row: Mapping[str, msgspec.Raw], picked: Sequence[Column], computed: Mapping[str, Column]
    ) -> dict[str, Any] | None:
        """The fields at the target; None where two of them would have the same name."""
        shape, names_of = self._shape, self._names
        found: dict[str, Any] = {}
        count = 0
        for field, value in (self._cut(row) if shape.cuts else row).items():
            for name in names_of(field):
                found[name] = value
                count += 1
        for (path, name), column in zip(shape.picks, picked, strict=True):
            if path.name not in row and column[at] is not MISSING:
                found[name] = column[at]
                count += 1
        if len(found) < count:
            return None
        self._add(at, found, computed)
        if self._rest is not None:
            self._put_together(self._rest, found)
        return self._left(found) if self._omits_null or self._omits_empty else found

    def _add(self, at: int, found: dict[str, Any], computed: Mapping[str, Column]) -> None:
        """Computed values, constants and defaults, which take the place of what is there."""
        for name, column in computed.items():
            found[name] = column[at]
            if column[at] is MISSING:
                del found[name]
        found.update(self._shape.constants)
        for name, default in self._shape.defaults.items():
            if is_null(found.get(name)):
                found[name] = default

    def _put_together(self, rest: Rest, found: dict[str, Any]) -> None:
        names = tuple(found)
        extra = {names[at]: found.pop(names[at]) for at in rest.left_over(names)}
        if extra:
            found[rest.name] = extra

    def _cut(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """The row without what is taken out of its fields."""
        cut = dict(row)
        for path in self._shape.cuts:
            if path.name not in row and path.root in row:
                value = cut[path.root]
                value = self._decode_value(value) if isinstance(value, msgspec.Raw) else value
                cut[path.root] = without(value, path.steps[1:])
        return cut

    def _left(self, found: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in found.items() if not self._is_omitted(value)}

    def _is_omitted(self, value: Any) -> bool:
        return (self._omits_null and is_null(value)) or (self._omits_empty and is_empty(value))

    def _sources(self, at: int, row: Mapping[str, Any], picked: Sequence[Column]) -> list[str]:
        """The fields and paths that get names."""
        picks = zip(self._shape.picks, picked, strict=True)
        paths = [path.name for (path, _), column in picks if path.name not in row and column[at] is not MISSING]
        return [*(field for field in row if self._shape.goes(field)), *paths]
