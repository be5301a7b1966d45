"""CQL mapper: rows to the bound values of a prepared statement, and their partition keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import msgspec

from loader.config.sections import FieldMapping
from loader.contents import ArrayContent, TextColumns, TypedColumns
from loader.exact_json import letter_form
from loader.mapping.cql.build import codec_of
from loader.mapping.cql.codec import NULL, UNSET, Codec, MisfitError, as_spelled
from loader.mapping.cql.columns import encode_at_once, encode_mixed
from loader.mapping.cql.encoder import CqlRows, Encoder, concatenated, merged
from loader.mapping.cql.json_fields import JsonFields, Object
from loader.mapping.cql.matching import Binding, Matching, Parameter
from loader.mapping.cql.row_problems import SchemaProblems
from loader.mapping.cql.types import CqlType
from loader.mapping.error_types import EXTRA_FIELD
from loader.mapping.unfit import named, shown
from loader.outcomes import ColumnError
from loader.rows import Rows
from loader.texts.text_meaning import TextMeaning

__all__ = ["Binding", "CqlMapper", "CqlRows", "Parameter"]

_TEXTS = ("text", "ascii")
_BLOCK = 2048  # rows: more at once are slower, as their values do not stay in the caches of the processor


class CqlMapper:
    """Maps rows to the parameters of one prepared statement. Thread-safe."""

    def __init__(
        self,
        parameters: Sequence[Parameter],
        partition_key: Sequence[int],
        settings: FieldMapping,
        texts: TextMeaning,
        timestamps: Callable[[Rows], Sequence[int]] | None = None,
    ) -> None:
        """`partition_key` are the indexes of the parameters that make up the partition key, in order; () if not all are
        parameters.

        `texts` says what texts mean. `timestamps` gives microseconds for
        each row; they become one more bigint, the last. Raises UsageError where `settings` do not fit the parameters.
        """
        self.parameters = tuple(parameters)
        self._matching = Matching(self.parameters, settings)
        self._codecs = [
            codec_of(each.type, kind, settings.booleans, texts)
            for each, kind in zip(self.parameters, self._matching.kinds, strict=True)
        ]
        null = NULL if settings.null == "null" else UNSET
        self._encoder = Encoder(self.parameters, self._codecs, partition_key, null, mends=settings.mends)
        self._refuses_extra = settings.extra == "error"
        self._nulls = [_nulls(codec, texts) for codec in self._codecs]
        self._json_nulls = [
            _json_nulls(each.type, codec, texts) for each, codec in zip(self.parameters, self._codecs, strict=True)
        ]
        self._empty_keys = _empty_keys(parameters, self._codecs, partition_key, texts)
        self._timestamps = timestamps
        self._json = JsonFields(
            self._matching.names, self._codecs, self._matching.usual, ignore_extra=not self._refuses_extra
        )
        self._meant = lru_cache(maxsize=1024)(self._matching.meant)
        self._feeding = lru_cache(maxsize=1024)(self._matching.names.feed)

    def binding(self, fields: Sequence[str]) -> Binding:
        """What the fields of a header, or of a JSON row, feed."""
        return self._matching.binding(fields)

    def meant(self, field: str) -> str:
        """The column that a field that feeds none may have been meant for; "" if there is none."""
        return self._meant(field)

    def map(self, rows: Rows) -> CqlRows:
        """The rows as CQL. A row with something wrong is unfit, and its cause tells all of it."""
        blocks = [self._block(rows.slice(start, start + _BLOCK)) for start in range(0, len(rows), _BLOCK)]
        return blocks[0] if len(blocks) == 1 else concatenated(blocks)

    def _block(self, rows: Rows) -> CqlRows:
        stamps = None if self._timestamps is None else self._timestamps(rows)
        match rows.content:
            case TextColumns(columns, _, fields):
                return self._texts(columns, fields, stamps)
            case TypedColumns(columns, values):
                return self._typed(columns, values, len(rows), stamps)
            case ArrayContent() as content:
                return self._arrays(content, stamps)
        return self._objects(rows.raw, stamps)

    def _texts(
        self, fields: tuple[str, ...], rows: Sequence[Sequence[str | None]], stamps: Sequence[int] | None
    ) -> CqlRows:
        problems = SchemaProblems(self._empty_keys)
        values = list(zip(*rows, strict=True))
        given = partial(_taken, self._without_nulls, values)
        columns = self._fed(fields, values, len(rows), given, problems)
        return self._encoder.encode(len(rows), columns, encode_at_once, stamps, problems)

    def _typed(
        self, fields: tuple[str, ...], values: Sequence[Sequence[Any]], rows: int, stamps: Sequence[int] | None
    ) -> CqlRows:
        problems = SchemaProblems()
        columns = self._fed(fields, values, rows, partial(_taken, self._as_json, values), problems)
        return self._encoder.encode(rows, columns, encode_mixed, stamps, problems)

    def _arrays(self, content: ArrayContent, stamps: Sequence[int] | None) -> CqlRows:
        problems, values = SchemaProblems(), array_columns(content)
        columns = self._fed(content.columns, values, len(content), lambda _, at: values[at], problems)
        return self._encoder.encode(len(content), columns, encode_mixed, stamps, problems)

    def _fed(
        self,
        fields: tuple[str, ...],
        values: Sequence[Sequence[Any]],
        rows: int,
        given: Callable[[int, int], Sequence[Any]],
        problems: SchemaProblems,
    ) -> list[Sequence[Any] | None]:
        """The column for each parameter, None where nothing feeds it; `given` makes that of one from the index of
        the field.
        """
        feeding = self._feeding(fields)
        if self._refuses_extra:
            for at in feeding.extra:
                for row, value in enumerate(values[at]):
                    if value is not msgspec.UNSET:
                        self._note_extra(row, fields[at], value, problems)
        columns: list[Sequence[Any] | None] = []
        for parameter, sources in enumerate(feeding.sources):
            if len(sources) > 1:
                columns.append([_clash([fields[at] for at in sources])] * rows)
            else:
                columns.append(given(parameter, sources[0]) if sources else None)
        return columns

    def _without_nulls(self, parameter: int, texts: Sequence[str | None]) -> Sequence[str | None]:
        nulls = self._nulls[parameter]
        return texts if nulls.isdisjoint(texts) else [None if text in nulls else text for text in texts]

    def _as_json(self, parameter: int, values: Sequence[Any]) -> Sequence[Any]:
        """Typed values as they are, but as JSON for what takes JSON."""
        if not self._codecs[parameter].raw:
            return values
        return [
            value if value is None or value is msgspec.UNSET else msgspec.Raw(letter_form(as_spelled(value)))
            for value in values
        ]

    def _objects(self, raw: Sequence[bytes], stamps: Sequence[int] | None) -> CqlRows:
        usual, others = self._json.decode(raw)
        if any(self._json_nulls):
            given = zip(usual.columns, self._json_nulls, strict=True)
            columns = [None if each is None else _without_words(each, nulls) for each, nulls in given]
            usual = replace(usual, columns=columns)
        if not others:
            return self._encoder.encode(len(raw), usual.columns, encode_at_once, stamps, SchemaProblems())
        parts = [(list(others), self._one_by_one(others, _at(others, stamps)))]
        if usual.indexes:
            stamps = _at(usual.indexes, stamps)
            block = self._encoder.encode(len(usual.indexes), usual.columns, encode_at_once, stamps, SchemaProblems())
            parts.append((list(usual.indexes), block))
        return merged(len(raw), *parts)

    def _one_by_one(self, objects: Mapping[int, Object], stamps: Sequence[int] | None) -> CqlRows:
        problems = SchemaProblems()
        rows = [self._values(row, each, problems) for row, each in enumerate(objects.values())]
        return self._encoder.encode(len(rows), list(zip(*rows, strict=True)), encode_mixed, stamps, problems)

    def _values(self, row: int, fields: Object, problems: SchemaProblems) -> list[Any]:
        """The values for each parameter, of one row of any form."""
        names = tuple(fields)
        feeding = self._feeding(names)
        if self._refuses_extra:
            for at in feeding.extra:
                self._note_extra(row, names[at], fields[names[at]], problems)
        values: list[Any] = []
        for parameter, sources in enumerate(feeding.sources):
            if len(sources) > 1:
                values.append(_clash([names[at] for at in sources]))
            else:
                values.append(self._json.value(parameter, fields[names[sources[0]]]) if sources else msgspec.UNSET)
        if not any(self._json_nulls):
            return values
        return [_without_words([value], nulls)[0] for value, nulls in zip(values, self._json_nulls, strict=True)]

    def _note_extra(self, row: int, field: str, value: object, problems: SchemaProblems) -> None:
        close = self.meant(field)
        expected = f"a field that feeds a column of the table{f' (did you mean {named(close)}?)' if close else ''}"
        problems.add(row, EXTRA_FIELD, ColumnError(field, shown(value), expected))


def _taken(
    given: Callable[[int, Sequence[Any]], Sequence[Any]], values: Sequence[Sequence[Any]], parameter: int, at: int
) -> Sequence[Any]:
    return given(parameter, values[at])


def array_columns(content: ArrayContent) -> Sequence[Sequence[Any]]:
    """All columns of some rows; what makes cells of them is imported where such rows come up."""
    from loader.mapping.cql.arrays.array_column import ArrayColumn

    return [ArrayColumn(content.array(at)) for at in range(len(content.columns))]


def _nulls(codec: Codec, texts: TextMeaning) -> frozenset[str | None]:
    """The fields that are null in a column of delimited rows; None is one that a row does not have."""
    return texts.nulls(empty=not codec.empty_text or _means_null(texts))


def _means_null(texts: TextMeaning) -> bool:
    """Whether an empty field is null where its column could hold it."""
    return texts.empty == "null" or (texts.empty == "auto" and not texts.null_words)


def _json_nulls(cql_type: CqlType, codec: Codec, texts: TextMeaning) -> frozenset[str | None]:
    """The texts of JSON that are null in a column; none in one that holds texts."""
    if cql_type.name in _TEXTS:
        return frozenset()
    is_null = texts.empty == "null" or (texts.empty in ("text", "quoted") and not codec.empty_text)
    return frozenset((*texts.null_words, "") if is_null else texts.null_words)


def _without_words(values: Sequence[Any], nulls: frozenset[str | None]) -> Sequence[Any]:
    if not nulls:
        return values
    return [None if type(value) is str and value in nulls else value for value in values]


def _at(indexes: Collection[int], stamps: Sequence[int] | None) -> Sequence[int] | None:
    return None if stamps is None else [stamps[index] for index in indexes]


def _clash(fields: Sequence[str]) -> MisfitError:
    found = MisfitError(", ".join(fields), "one field that feeds it, not several")
    found.is_value = False
    return found


def _empty_keys(
    parameters: Sequence[Parameter], codecs: Sequence[Codec], partition_key: Sequence[int], texts: TextMeaning
) -> Mapping[str, str]:
    """What is said of a null in a part of the key that could be an empty text instead, by its name (delimited rows)."""
    said = '; an empty field is a null as long as input.null_words names no words for it, or input.empty = "text"'
    may_be_empty = (
        each.name
        for at, (each, codec) in enumerate(zip(parameters, codecs, strict=True))
        if each.required and codec.empty_text and list(partition_key) != [at]
    )
    return dict.fromkeys(may_be_empty, said) if _means_null(texts) else {}
