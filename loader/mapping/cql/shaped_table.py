"""Shaped table rows: those of which `[mapping]` changes more than names and types, as CQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from loader.config.expressions.field_path import MISSING
from loader.config.sections import FieldMapping
from loader.config.values import nearest
from loader.contents import ArrayContent, TextColumns, TypedColumns
from loader.errors import UsageError
from loader.mapping.cql.codec import Codec, Number
from loader.mapping.cql.columns import Encoded, SelfEncoding, encode_at_once, encode_mixed
from loader.mapping.cql.encoder import CqlRows
from loader.mapping.cql.mapper import CqlMapper, array_columns
from loader.mapping.cql.matching import Binding, Matching, Parameter
from loader.mapping.cql.row_problems import SchemaProblems
from loader.mapping.cql.types import unquoted
from loader.mapping.error_types import BAD_VALUE
from loader.mapping.json_rows import causes_of
from loader.mapping.reshaping.column_shaper import ColumnShaper, ShapedColumn
from loader.mapping.reshaping.functions import Misfits
from loader.mapping.reshaping.object_shaper import ObjectShaper
from loader.mapping.reshaping.shape import Rest, Shape
from loader.outcomes import Cause
from loader.rows import Rows
from loader.sources.row_identity import RowIdentity
from loader.texts.text_meaning import TextMeaning

_HIDDEN = "\0"  # begins names that no field has
_REST = _HIDDEN  # the name of what has no column, put together
_GIVEN = ("constants", "defaults")  # keys of [mapping] that hold values by the names of columns


class _Values(list[Any]):
    """Values of a column that are not all texts of a delimited row."""


def cql_mapper(
    parameters: Sequence[Parameter],
    partition_key: Sequence[int],
    settings: FieldMapping,
    texts: TextMeaning,
    identity: RowIdentity,
    timestamps: Callable[[Rows], Sequence[int]] | None = None,
) -> CqlMapper:
    """What maps rows to a table by `[mapping]`; rows that little is done with go the short way. As `CqlMapper`."""
    if Shape.of(settings).is_plain and not settings.extra_column:
        return CqlMapper(parameters, partition_key, settings, texts, timestamps)
    return ShapedCqlMapper(parameters, partition_key, settings, texts, identity, timestamps)


class ShapedCqlMapper(CqlMapper):
    """Maps rows of any form to a table by the fields that they have there. Thread-safe."""

    def __init__(
        self,
        parameters: Sequence[Parameter],
        partition_key: Sequence[int],
        settings: FieldMapping,
        texts: TextMeaning,
        identity: RowIdentity,
        timestamps: Callable[[Rows], Sequence[int]] | None = None,
    ) -> None:
        """As that of `CqlMapper`."""
        columns = {each.name for each in parameters}
        place = _place_of_rest(parameters, settings)
        kept = frozenset(columns) if not settings.extra_column else Shape.of(settings).roots
        roots = Shape.of(settings).roots - kept  # nothing of them goes but what is picked
        json_fields = [field for field, kind in settings.types.items() if kind == "json"]
        settings = replace(settings, types={f: kind for f, kind in settings.types.items() if f not in roots})
        _check_names(Matching(parameters, settings), settings)
        hidden = {each.field: _HIDDEN + each.field for each in parameters if each.field is not None}
        shape = Shape.of(settings, hidden)
        inner = [each if each.field is None else replace(each, field=hidden[each.field]) for each in parameters]
        inner = [each if at != place else replace(each, field=_REST) for at, each in enumerate(inner)]
        super().__init__(inner, partition_key, _by_new_names(settings, shape), texts, timestamps)
        self.parameters = tuple(parameters)
        self._mends = settings.mends
        for key in _GIVEN:
            self._check_values(key, getattr(settings, key))
        shape = replace(shape, drop=shape.drop | roots)
        rest = None if place is None else Rest(_REST, lambda names: self._feeding(names).extra)
        self._object_shaper = ObjectShaper(shape, identity, rest=rest)
        self._shaper = ColumnShaper(shape, identity, texts, json_fields, Number, rest)

    def binding(self, fields: Sequence[str]) -> Binding:
        return super().binding(self._shaper.names(tuple(fields)))

    def _check_values(self, key: str, given: Mapping[str, Any]) -> None:
        """Raise UsageError for a value that does not fit its column."""
        for name, value in given.items():
            fed = self._matching.names.feed((name,)).sources
            for at in (at for at, sources in enumerate(fed) if sources):
                misfit = encode_mixed(self._codecs[at], self._as_json(at, [value]), b"").misfits.get(0)
                if misfit is not None:
                    raise UsageError(f"mapping.{key}.{name}: expected {misfit.expected}, found {misfit.value}")

    def _block(self, rows: Rows) -> CqlRows:
        stamps = None if self._timestamps is None else self._timestamps(rows)
        match rows.content:
            case TextColumns(columns, _, fields):
                return self._shaped(rows, columns, list(zip(*fields, strict=True)), stamps, texts=True)
            case TypedColumns(columns, values):
                return self._shaped(rows, columns, values, stamps, texts=False)
            case ArrayContent() as content:
                return self._shaped(rows, content.columns, array_columns(content), stamps, texts=False)
        items, unfit, misfits = self._object_shaper.shaped(rows)
        return _but(self._with_misfits(self._objects(items, stamps), misfits), unfit)

    def _with_misfits(self, found: CqlRows, misfits: Misfits) -> CqlRows:
        """What is wrong with values that were to be made, besides what is with others of their rows."""
        if not misfits:
            return found
        causes = causes_of(misfits)
        if not self._mends:
            return _but(found, {row: found.unfit.get(row, cause) for row, cause in causes.items()})
        going = {row: cause for row, cause in causes.items() if row not in found.unfit}
        return found._replace(mended={**found.mended, **going})

    def _shaped(
        self,
        rows: Rows,
        fields: tuple[str, ...],
        values: Sequence[Sequence[Any]],
        stamps: Sequence[int] | None,
        *,
        texts: bool,
    ) -> CqlRows:
        count, problems = len(rows), SchemaProblems(self._empty_keys if texts else None)
        misfits: Misfits = {}
        shaped = self._shaper.shaped(rows, fields, values, misfits, texts=texts)
        for row, wrong in misfits.items():
            for column in wrong:
                note = problems.mend if self._mends else partial(problems.add, error_type=BAD_VALUE)
                note(row, column=column)
        columns = self._fed_by(shaped, count, problems)
        found = self._encoder.encode(count, columns, _encode, stamps, problems)
        clash = self._shaper.clash(fields)
        return found if clash is None else _but(found, dict.fromkeys(range(count), clash))

    def _fed_by(
        self, shaped: Sequence[ShapedColumn], rows: int, problems: SchemaProblems
    ) -> list[Sequence[Any] | None]:
        names = tuple(column.name for column in shaped)
        by_name = {column.name: column for column in shaped}
        return self._fed(
            names,
            [column.values for column in shaped],
            rows,
            lambda parameter, at: self._given(parameter, by_name[names[at]]),
            problems,
        )

    def _given(self, parameter: int, column: ShapedColumn) -> Sequence[Any]:
        """The values of a column for a parameter."""
        if isinstance(column.values, SelfEncoding) and column.default is MISSING:
            return column.values
        if column.field is not None:
            given = self._without_nulls(parameter, column.values)
            if column.default is MISSING:
                return given
        else:
            given = self._as_json(parameter, column.values)
        if column.default is not MISSING:
            [default] = self._as_json(parameter, [column.default])
            given = [default if value is None or value is MISSING else value for value in given]
        return _Values(given)


def _place_of_rest(parameters: Sequence[Parameter], settings: FieldMapping) -> int | None:
    """The index of the parameter for what has no column. Raises UsageError where none can be it."""
    name = settings.extra_column
    if not name:
        return None
    places = [at for at, each in enumerate(parameters) if each.field is None and each.name == unquoted(name)]
    if not places:
        close = nearest(name, [each.name for each in parameters if each.field is None])
        raise UsageError(f"mapping.extra: there is no column {name}{f'; did you mean {close}?' if close else ''}")
    found = parameters[places[0]]
    if found.type.name not in ("text", "ascii") or found.required:
        raise UsageError(
            f"mapping.extra: {name} is {found.type}{', a part of the key' if found.required else ''}; "
            "expected a column of text that is no part of the primary key"
        )
    return places[0]


def _check_names(matching: Matching, settings: FieldMapping) -> None:
    """Raise UsageError for a name that is no column; what others `matching` refuses by the names of the settings."""
    for key in ("set", *_GIVEN):
        for name in getattr(settings, key):
            if settings.extra == "error" and matching.names.feed((unquoted(name),)).extra:
                close = matching.meant(name)
                hint = f"; did you mean {close}?" if close else ""
                raise UsageError(f"mapping.{key}.{name}: there is no such column{hint}")


def _encode(codec: Codec, values: Sequence[Any], null: bytes) -> Encoded:
    return (encode_mixed if isinstance(values, _Values | SelfEncoding) else encode_at_once)(codec, values, null)


def _by_new_names(settings: FieldMapping, shape: Shape) -> FieldMapping:
    """The settings as they are for rows whose fields have got their names."""
    types = {name: kind for field, kind in settings.types.items() for name in shape.names_of(field)}
    given = (*settings.fields.values(), *settings.set, *settings.constants, *settings.defaults)
    if settings.extra_column:
        types[_REST] = "json"
    return replace(settings, fields={name: name for name in given}, types=types)


def _but(found: CqlRows, unfit: Mapping[int, Cause]) -> CqlRows:
    """The rows but those that could not be given their shape."""
    if not unfit:
        return found
    items, keys = list(found.items), list(found.keys)
    for at in unfit:
        items[at] = keys[at] = b""
    mended = {at: cause for at, cause in found.mended.items() if at not in unfit}
    return CqlRows(items, keys, {**found.unfit, **unfit}, found.fed, mended)
