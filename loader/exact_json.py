"""Typed values as JSON, none of them changed on the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

_AS_THEY_ARE = frozenset((str, bool, bytes, UUID, date, time, datetime, type(None)))
_PLAIN = frozenset((str, bool, int, type(None)))
_MOST = 2**63


def json_values(values: Sequence[Any]) -> tuple[Sequence[Any], Sequence[int]]:
    """A column as msgspec takes it, and the indexes of values that JSON has no form for (None stands in their place).

    Numbers keep all digits, bytes become base64, times are of ISO 8601. Raises TypeError for other types.
    """
    if set(map(type, values)) <= _AS_THEY_ARE:
        return values, ()
    found: list[Any] = []
    misfits: list[int] = []
    for at, value in enumerate(values):
        try:
            found.append(_converted(value, _refused))
        except ValueError:
            found.append(None)
            misfits.append(at)
    return found, misfits


def letter_form(value: Any) -> bytes:
    """A value as JSON where nothing may be refused: NaN and infinities are texts."""
    return msgspec.json.encode(_converted(value, str))


def _refused(number: object) -> Any:
    raise ValueError(number)


def _converted(value: Any, odd_number: Callable[[Any], Any]) -> Any:
    if type(value) in _AS_THEY_ARE:
        return value
    match value:
        case int():
            return value if -_MOST <= value < _MOST else msgspec.Raw(str(value).encode())
        case float() | Decimal():
            return _number(value) if math.isfinite(value) else odd_number(value)
        case list() | tuple():
            return [_converted(each, odd_number) for each in value]
        case dict():
            return {str(key): _converted(each, odd_number) for key, each in value.items()}
    raise TypeError(f"{type(value).__name__} is no type of a value")


def _number(value: float | Decimal) -> Any:
    """A decimal keeps all its digits."""
    return value if isinstance(value, float) else msgspec.Raw(str(value).encode())


def json_form(value: Any) -> bytes:
    """A value as JSON, exactly; NaN and infinities are words that make it no JSON. Raises TypeError for other types."""
    if type(value) is dict and set(map(type, value.values())) <= _PLAIN:
        return msgspec.json.encode(value)
    return msgspec.json.encode(_converted(value, lambda number: msgspec.Raw(str(number).encode())))
