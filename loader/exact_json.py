"""Typed values as JSON, none of them changed on the way."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

_AS_THEY_ARE = frozenset((str, bool, bytes, UUID, date, time, datetime, type(None), msgspec.Raw))
_AT_ONCE = _AS_THEY_ARE - {datetime}
_PLAIN = frozenset((str, bool, int, type(None)))
_TEXT = frozenset((str,))
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
    """A value as JSON where nothing may be refused: NaN, infinities and objects with two keys alike are texts."""
    return msgspec.json.encode(_converted(value, str))


def json_form(row: Mapping[str, Any]) -> bytes:
    """A row as a JSON object, exactly; what JSON has not makes it no JSON, so that who reads it refuses it.

    That are NaN and infinities, keys that are the same text or None, and halves of surrogate pairs. Raises TypeError
    for other types.
    """
    try:
        if type(row) is dict and set(map(type, row)) <= _TEXT and set(map(type, row.values())) <= _PLAIN:
            return msgspec.json.encode(row)
        return msgspec.json.encode(_converted(row, _no_json))
    except UnicodeEncodeError:
        return json.dumps(dict(row), default=str).encode()  # with its surrogates as escapes


def _refused(value: object) -> Any:
    raise ValueError(value)


def _no_json(value: object) -> Any:
    return msgspec.Raw(str(value).encode(errors="backslashreplace"))


def _converted(value: Any, odd: Callable[[Any], Any]) -> Any:
    """A value as msgspec takes it; `odd` is given what JSON has no form for. Raises TypeError for other types."""
    if type(value) in _AT_ONCE or (type(value) is float and math.isfinite(value)):
        return value
    match value:
        case float() | Decimal():
            return _number(value, odd)
        case list() | tuple():
            return [_converted(each, odd) for each in value]
        case Mapping():
            return _object(value, odd)
        case date() | time():
            return _moment(value, odd)
    return _plain(value)


def _plain(value: Any) -> Any:
    """A value of a class of its own, as members of an enumeration are, as the value that it is."""
    match value:
        case str():
            return str.__str__(value)
        case int():
            return int(value) if -_MOST <= value < _MOST else msgspec.Raw(str(int(value)).encode())
        case bytes() | bytearray() | memoryview():
            return bytes(value)
        case UUID():
            return value
    raise TypeError(f"{type(value).__name__} is no type of a value")


def _number(value: float | Decimal, odd: Callable[[Any], Any]) -> Any:
    """A decimal keeps all its digits."""
    if isinstance(value, Decimal):
        return msgspec.Raw(str(value).encode()) if value.is_finite() else odd(value)
    return float(value) if math.isfinite(value) else odd(value)


def _object(value: Mapping[Any, Any], odd: Callable[[Any], Any]) -> Any:
    members = {str(key): _converted(each, odd) for key, each in value.items()}
    return odd(value) if len(members) < len(value) or None in value else members


def _moment(value: date | time, odd: Callable[[Any], Any]) -> Any:
    """ISO 8601. Classes of others may have more digits, or, unlike all moments, one that is not equal to itself."""
    if value != value:  # noqa: PLR0124
        return odd(value)
    if isinstance(value, datetime) and (offset := value.utcoffset()) is not None and offset.seconds % 60:
        value = value.astimezone(UTC)  # as offsets of ISO 8601 have no seconds
    return value if type(value) in _AS_THEY_ARE else value.isoformat()
