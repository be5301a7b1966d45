"""Dotted paths into what an answer says as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

MISSING = object()
"""What stands at a path where nothing does."""

_WRONG = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def document(body: bytes) -> Any:
    """The JSON of an answer's body; MISSING where it is none."""
    try:
        return msgspec.json.decode(body)
    except _WRONG:
        return MISSING


def steps(path: str) -> tuple[str, ...]:
    """A dotted path taken apart; () is the whole."""
    return tuple(path.split(".")) if path else ()


def at(value: Any, path: Sequence[str]) -> Any:
    """What stands at a path, `*` being the only member of an object; MISSING where nothing does."""
    for step in path:
        if not isinstance(value, dict):
            return MISSING
        if step == "*":
            value = next(iter(value.values())) if len(value) == 1 else MISSING
        else:
            value = value.get(step, MISSING)
    return value


def as_text(value: Any) -> str:
    """What was decoded, as JSON; a text as it is."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
