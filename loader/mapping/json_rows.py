"""JSON rows: the bytes of each row as they are sent where JSON goes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import starmap
from typing import Any, NamedTuple

import msgspec

from loader.config.sections import FieldMapping
from loader.config.values import toml
from loader.contents import ArrayContent, RawJson, SplitFields, TextColumns, TypedColumns
from loader.errors import UsageError
from loader.exact_json import json_values
from loader.mapping.error_types import BAD_VALUE
from loader.mapping.field_types import KINDS, ColumnType, column_type
from loader.mapping.one_line import one_line_each
from loader.mapping.reshaping.name_clash import name_clash
from loader.mapping.unfit import shown, unfit_cause
from loader.outcomes import Cause, ColumnError
from loader.rows import Rows
from loader.texts.text_meaning import TextMeaning

_IN_JSON = "a value that JSON has a form for, not NaN or infinity"
_SHOWN = 200  # characters of a value
_ESCAPED = re.compile(r'[\x00-\x1f"\\]')  # what JSON does not take as it is (RFC 8259, section 7)

_encode_lines = msgspec.json.Encoder().encode_lines
_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

Misfits = dict[int, list[ColumnError]]
"""Values that do not fit, by the index of their row."""


class Mapped(NamedTuple):
    """JSON objects of rows, parallel to them, and why some rows have none, by index (their items are empty).

    `mended` says, by index, which values of rows do not fit, in place of which their objects have nulls.
    """

    items: Sequence[bytes]
    unfit: Mapping[int, Cause]
    mended: Mapping[int, Cause] = {}


@dataclass(frozen=True, slots=True)
class _Plan:
    """How rows of the same columns are mapped."""

    columns: tuple[str, ...]
    make: Callable[..., Any] | None  # an object with the new names; None where two columns would have the same
    types: Mapping[int, ColumnType]  # by index of the column, those that are not plain strings
    template: bytes  # such an object with a place for each text that needs no escape; b"" where there is none


class JsonMapper:
    """Maps rows by `[mapping]` and what texts of the input mean. Thread-safe.

    JSON rows go byte for byte where no field is renamed; types and null words are for columns of texts, whose fields
    are JSON strings otherwise. Numbers keep their spelling. Typed values become what JSON has for them: numbers with
    all their digits, times by ISO 8601, bytes in base64.
    """

    def __init__(self, mapping: FieldMapping, texts: TextMeaning) -> None:
        """Raises UsageError for a type that JSON has no form for."""
        for name, kind in mapping.types.items():
            if kind not in KINDS:
                told = f"{toml(kind)} is for tables; a target that is sent JSON takes {', '.join(KINDS)}"
                raise UsageError(f"mapping.types.{name}: {told}")
        self._names = mapping.fields
        self._types = mapping.types
        self._booleans = mapping.booleans
        self._meaning = texts
        self._finish = finish_of(mapping)
        self._decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
        self._plan = lru_cache(maxsize=64)(self._compile)

    def map(self, rows: Rows) -> Mapped:
        """The rows as JSON. A row with values that do not fit is unfit, with all of them as its columns."""
        match rows.content:
            case TextColumns(columns, _, fields):
                return self._texts(self._plan(columns), fields)
            case TypedColumns(columns, values):
                return self._typed(self._plan(columns), values)
            case ArrayContent() as content:
                return self._arrays(content)
        lines = one_line_each(rows.content)
        return self._renamed(lines) if self._names else Mapped(lines, {})

    def fields(self, rows: Rows, index: int, item: bytes) -> dict[str, msgspec.Raw]:
        """The fields of the row at `index`, mapped to `item`, as JSON under the names they have in the input."""
        if isinstance(rows.content, RawJson):
            return self._decode(rows.raw[index])
        return dict(zip(rows.layout.names, self._decode(item).values(), strict=True))

    def _renamed(self, raw: Sequence[bytes]) -> Mapped:
        names, decode, encode = self._names, self._decode, msgspec.json.Encoder().encode
        items: list[bytes] = []
        unfit: dict[int, Cause] = {}
        for i, row in enumerate(map(decode, raw)):
            renamed = {names.get(name, name): value for name, value in row.items()}
            if len(renamed) == len(row):
                items.append(encode(renamed))
            else:
                items.append(b"")
                unfit[i] = name_clash(names, row)
        return Mapped(items, unfit)

    def _compile(self, columns: tuple[str, ...]) -> _Plan:
        kinds = {i: self._types.get(name, "string") for i, name in enumerate(columns)}
        types = {i: column_type(kind, self._meaning, self._booleans) for i, kind in kinds.items()}
        special = {i: each for i, each in types.items() if each.convert is not None or each.nulls}
        new_names = tuple(self._names.get(name, name) for name in columns)
        return _Plan(columns, object_maker(new_names), special, _template(new_names))

    def _texts(self, plan: _Plan, fields: Sequence[Sequence[str | None]]) -> Mapped:
        if isinstance(fields, SplitFields) and plan.template and not plan.types and fields.is_bare():
            return Mapped(fields.filled(plan.template), {})
        values, misfits = _converted(plan, fields) if plan.types and fields else (fields, {})
        return self._objects(plan, values, misfits)

    def _typed(self, plan: _Plan, columns: Sequence[Sequence[Any]]) -> Mapped:
        misfits: Misfits = {}
        converted = [typed_column(*each, misfits) for each in zip(plan.columns, columns, strict=True)]
        return self._objects(plan, list(zip(*converted, strict=True)), misfits)

    def _arrays(self, content: ArrayContent) -> Mapped:
        names = [self._names.get(name, name) for name in content.columns]
        if len(set(names)) < len(names):
            clash = name_clash(self._names, content.columns)
            return Mapped([b""] * len(content), dict.fromkeys(range(len(content)), clash))
        misfits = misfits_of(content)
        return self._finish(with_nulls(content.objects(names), misfits, self._names), misfits)

    def _objects(self, plan: _Plan, values: Sequence[Sequence[Any]], misfits: Misfits) -> Mapped:
        """An object for the values of each row, but for those with values that do not fit."""
        if plan.make is None:
            clash = name_clash(self._names, plan.columns)
            return Mapped([b""] * len(values), dict.fromkeys(range(len(values)), clash))
        return self._finish(objects_of(plan.make, values), misfits)


Finish = Callable[[Sequence[bytes], Misfits], Mapped]
"""What becomes of rows as JSON with values that do not fit, which are null there."""


def objects_of(make: Callable[..., Any], values: Sequence[Sequence[Any]]) -> Sequence[bytes]:
    """What `make` makes of the values of each row, as JSON."""
    # JSON holds no line break outside of what a type keeps as it is, and there it was taken out.
    return _encode_lines(list(starmap(make, values))).split(b"\n")[: len(values)]


def finish_of(mapping: FieldMapping) -> Finish:
    """What `[mapping]` says becomes of values that do not fit."""
    return mended if mapping.mends else left_out


def misfits_of(content: ArrayContent) -> Misfits:
    """The values of arrays that JSON has no form for."""
    return {
        row: [ColumnError(name, text[:_SHOWN], _IN_JSON) for name, text in odd]
        for row, odd in content.odd_values().items()
    }


def with_nulls(items: Sequence[bytes], misfits: Misfits, names: Mapping[str, str]) -> Sequence[bytes]:
    """Rows as JSON with nulls in place of `misfits`, as far as they have them; `names` are new ones of columns."""
    if not misfits:
        return items
    found = list(items)
    for row, columns in misfits.items():
        fields = _decode_object(found[row])
        nulls = {names.get(each.column, each.column) for each in columns}
        found[row] = msgspec.json.encode({name: None if name in nulls else value for name, value in fields.items()})
    return found


def left_out(items: Sequence[bytes], misfits: Misfits) -> Mapped:
    """Rows as JSON, of which those with `misfits` are unfit."""
    if not misfits:
        return Mapped(items, {})
    unfit = causes_of(misfits)
    return Mapped([b"" if row in unfit else item for row, item in enumerate(items)], unfit)


def mended(items: Sequence[bytes], misfits: Misfits) -> Mapped:
    """Rows as JSON, of which those with `misfits` go with nulls in their place."""
    return Mapped(items, {}, causes_of(misfits))


def causes_of(misfits: Misfits) -> Mapping[int, Cause]:
    """Why rows with `misfits` do not fit, by index."""
    return {row: unfit_cause(BAD_VALUE, columns, BAD_VALUE.what_to_do) for row, columns in misfits.items()}


def typed_column(name: str, column: Sequence[Any], misfits: Misfits) -> Sequence[Any]:
    """Typed values as JSON has them; those that it has no form for are added to `misfits`."""
    values, wrong = json_values(column)
    for i in wrong:
        misfits.setdefault(i, []).append(ColumnError(name, str(column[i])[:_SHOWN], _IN_JSON))
    return values


def text_column(name: str, texts: Sequence[str | None], column: ColumnType, misfits: Misfits) -> Sequence[Any]:
    """Texts of a delimited field as its type has them; those that do not fit are added to `misfits`."""
    values, wrong = column.apply(texts)
    for i in wrong:
        misfits.setdefault(i, []).append(ColumnError(name, shown(texts[i]), column.expected))
    return values


def _template(names: tuple[str, ...]) -> bytes:
    """A JSON object of texts, to be filled by `%` with bytes that need no escape; b"" where two names are the same."""
    if len(set(names)) < len(names):
        return b""
    members = (msgspec.json.encode(name).replace(b"%", b"%%") + b':"%b"' for name in names)
    return b"{" + b",".join(members) + b"}"


def object_maker(names: tuple[str, ...]) -> Callable[..., Any] | None:
    """What makes an object with fields called `names` of as many values; None where two names are the same.

    What is msgspec.UNSET is left out.
    """
    if len(set(names)) < len(names):
        return None
    if any(_ESCAPED.search(name) for name in names):
        return lambda *values: {
            name: each for name, each in zip(names, values, strict=True) if each is not msgspec.UNSET
        }
    # A struct is built and encoded several times faster than a dict, but its names stand in JSON as they are.
    fields = [f"column_{i}" for i in range(len(names))]
    rename = dict(zip(fields, names, strict=True))
    return msgspec.defstruct("Row", [(name, Any) for name in fields], rename=rename, gc=False)


def _converted(plan: _Plan, fields: Sequence[Sequence[str | None]]) -> tuple[Sequence[Sequence[Any]], Misfits]:
    """The values of all rows, and by index of the row the fields that do not fit, in the order of the columns."""
    columns: list[Sequence[Any]] = list(zip(*fields, strict=True))
    misfits: Misfits = {}
    for at, column in plan.types.items():
        columns[at] = text_column(plan.columns[at], columns[at], column, misfits)
    return list(zip(*columns, strict=True)), misfits
