"""Profiles of all columns of some rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from loader.config.sections import InputSettings
from loader.contents import ArrayContent, TextColumns, TypedColumns
from loader.errors import UsageError
from loader.inference.candidates import OF_STRINGS, of_texts
from loader.inference.column_profile import Inferred, TextProfile, ValueProfile
from loader.inference.null_words import NullWords
from loader.mapping.cql.codec import Number
from loader.rows import Rows

Columns = Mapping[str, Sequence[Any]]
"""Values by the names of their fields, all as long; None where a row has nothing."""


class _Profile(Protocol):
    def add(self, values: Any, /) -> None: ...
    def inferred(self) -> Inferred: ...


P = TypeVar("P", bound=_Profile)

_decode = msgspec.json.Decoder(dict[str, Any], float_hook=Number).decode


class Profiles:
    """What is known of each field of the rows that were looked at, in the order in which the fields came."""

    def __init__(self, settings: InputSettings) -> None:
        """`settings` say which texts mean null, as an empty one does, and how numbers are spelled in texts."""
        self._nulls = frozenset({"", *settings.null_words})
        self._of_texts = of_texts(settings.decimal, settings.thousands)
        self._words = NullWords()
        self._profiles: dict[str, _Profile] = {}

    def add(self, rows: Rows) -> Columns:
        """Look at some rows; returns their columns. Raises UsageError where some are texts, and others are not."""
        if isinstance(rows.content, ArrayContent):
            return self._add_arrays(rows, rows.content)
        columns = _columns(rows)
        is_text = isinstance(rows.content, TextColumns)
        for name, values in columns.items():
            new = TextProfile(self._of_texts) if is_text else ValueProfile(OF_STRINGS)
            profile = self._profile(name, rows, new)
            profile.add(self._texts(name, values) if is_text else [value for value in values if value is not None])
        return columns

    def _add_arrays(self, rows: Rows, content: ArrayContent) -> Columns:
        # Its library is there, but is not imported where no such rows are.
        from loader.inference.array_profile import ArrayProfile, values_for_keys

        arrays = {name: content.array(at) for at, name in enumerate(content.columns)}
        for name, array in arrays.items():
            self._profile(name, rows, ArrayProfile()).add(array)
        return {name: values_for_keys(array) for name, array in arrays.items()}

    def _profile(self, name: str, rows: Rows, new: P) -> P:
        """That of a field, `new` if it has none. Raises UsageError where it has one of another kind."""
        found = self._profiles.setdefault(name, new)
        if not isinstance(found, type(new)):
            raise UsageError(f"{rows.source.name}: files of texts, of JSON and of columns make no table together")
        return found

    def inferred(self) -> Mapping[str, Inferred]:
        """The type of each field."""
        return {name: profile.inferred() for name, profile in self._profiles.items()}

    def null_words(self) -> Sequence[str]:
        """Words that stand in columns that are no text otherwise."""
        return self._words.of(name for name, each in self.inferred().items() if each.type.name != "text")

    def _texts(self, name: str, texts: Sequence[str]) -> Sequence[str]:
        return self._words.without(name, [text for text in texts if text not in self._nulls])


def _columns(rows: Rows) -> Columns:
    match rows.content:
        case TextColumns(columns, _, fields):
            return dict(zip(columns, zip(*fields, strict=True), strict=True))
        case TypedColumns(columns, values):
            return dict(zip(columns, values, strict=True))
        case ArrayContent() as content:
            return {name: content.values(at) for at, name in enumerate(content.columns)}
    objects = [_decode(raw) for raw in rows.raw]
    names = dict.fromkeys(name for each in objects for name in each)
    return {name: [each.get(name) for each in objects] for name in names}
