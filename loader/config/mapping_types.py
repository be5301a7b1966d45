"""Types of fields in `mapping.types`."""

from __future__ import annotations

from datetime import UTC, datetime

from loader.config.values import Kind, Refusal, RefusedError, list_of, toml, word
from loader.texts.epochs import UNITS

FieldType = str | tuple[str, ...]
"""A word, a pattern of strptime, or several patterns, which are tried in order."""

_WORDS = ("string", "integer", "number", "boolean", "json", *UNITS, "hex", "base64")
_OR_PATTERN = 'or a pattern like "%d.%m.%Y", or a list of patterns'


def field_type() -> Kind[FieldType]:
    """A word, a pattern that strptime can read, or a list of such; one in a list is as one without."""
    return Kind(f"{word(*_WORDS).expected}, {_OR_PATTERN}", _parse, toml)


def _parse(value: object) -> FieldType:
    if isinstance(value, list | tuple) and value:
        patterns = list_of(Kind("a pattern", _pattern, toml)).parse(value)
        return patterns[0] if len(patterns) == 1 else patterns
    if isinstance(value, str) and "%" in value:
        return _pattern(value)
    try:
        return word(*_WORDS).parse(value)
    except RefusedError as refused:
        refusals = (Refusal(f"{r.message}, {_OR_PATTERN}", r.nearest) for r in refused.refusals)
        raise RefusedError(*refusals) from None


def _pattern(value: object) -> str:
    moment = datetime(2024, 2, 29, 23, 58, 59, tzinfo=UTC)
    expected = 'a pattern that strptime can read, like "%d.%m.%Y %H:%M"'
    if not isinstance(value, str) or "%" not in value:
        raise RefusedError.expected(expected)
    try:
        datetime.strptime(moment.strftime(value), value)
    except ValueError:
        raise RefusedError.expected(expected) from None
    return value
