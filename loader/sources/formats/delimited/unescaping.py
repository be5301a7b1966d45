"""Characters that fields spell by a backslash, as those of `cqlsh COPY TO` and of PostgreSQL's text do."""

from __future__ import annotations

import re

_SPELLED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "\\": "\\"}
_LETTERS = {character: letter for letter, character in _SPELLED.items()}
_SPELLING = re.compile(r"\\(?:([ntrbfv\\])|x([0-9a-fA-F]{2}))")
_TO_SPELL = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")


def unescaped(fields: list[str]) -> list[str]:
    r"""Fields with the characters that `\n`, `\t`, `\\` and `\x1c` stand for; all else behind a backslash is text."""
    return [_SPELLING.sub(_character, field) if "\\" in field else field for field in fields]


def escaped(field: str) -> str:
    """A field that `unescaped` gives back."""
    return _TO_SPELL.sub(_spelled, field)


def _character(match: re.Match[str]) -> str:
    return _SPELLED[match[1]] if match[1] else chr(int(match[2], 16))


def _spelled(match: re.Match[str]) -> str:
    letter = _LETTERS.get(match[0])
    return f"\\{letter}" if letter else f"\\x{ord(match[0]):02x}"
