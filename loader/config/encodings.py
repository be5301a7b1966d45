"""Encodings of text, as a key."""

from __future__ import annotations

import codecs

from loader.config.values import Kind, Refusal, RefusedError, nearest, toml

AUTO = "auto"
"""UTF-8, or what a byte order mark says."""

_EXPECTED = '"auto", or an encoding that Python knows, like "cp1252", "latin-1", "utf-16", "shift_jis"'
_NO_TEXT = frozenset(("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"))


def encoding() -> Kind[str]:
    """An encoding by any of its names; it is called as Python calls it."""

    def parse(value: object) -> str:
        if value == AUTO:
            return AUTO
        found = _named(value) if isinstance(value, str) else None
        if found is None:
            raise RefusedError(Refusal(f"expected {_EXPECTED}", _meant(value)))
        return found

    return Kind(_EXPECTED, parse, toml)


def is_utf_8(encoding: str) -> bool:
    """Whether text of that encoding needs no change."""
    return encoding in ("utf-8", "utf-8-sig")


def _named(name: str) -> str | None:
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    is_text = getattr(found, "_is_text_encoding", False) and found.incrementaldecoder is not None
    return found.name if is_text and found.name not in _NO_TEXT else None


def _meant(value: object) -> str:
    if not isinstance(value, str):
        return ""
    from encodings.aliases import aliases

    return nearest(value.replace("-", "_"), filter(_named, {*aliases, *aliases.values()}))
