"""Causes of rows that do not fit their target."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from loader.error_types import ErrorType
from loader.outcomes import Cause, ColumnError, Ending

_SHOWN = 200  # characters of a value


def shown(value: object) -> str:
    """A value as an error shows it: a text as it is, anything else as JSON, and not too much of it."""
    if isinstance(value, str):
        return value[:_SHOWN]
    return msgspec.json.encode(value).decode()[:_SHOWN]


def named(name: str) -> str:
    """The name of a field or column within a sentence: in quotes where it would be lost in it, or look like another."""
    is_plain = name.isprintable() and name == " ".join(name.split()) and not set(name) & set('",:;')
    return name if name and is_plain else msgspec.json.encode(name).decode()


def unfit_cause(error_type: ErrorType, columns: Sequence[ColumnError], hint: str | None = None) -> Cause:
    """The cause of a row whose `columns`, all of them, do not fit."""
    message = "; ".join(
        f"{named(each.column)}: expected {each.expected}, found {each.found or repr(each.value)}" for each in columns
    )
    return Cause(error_type.name, message, Ending.REFUSED, columns=tuple(columns), hint=hint)
