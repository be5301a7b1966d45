"""Kinds of keys that hold one character."""

from __future__ import annotations

import re
from shlex import quote as quote_for_shell

from loader.config.values import Kind, Refusal, RefusedError, nearest, text, toml

AUTO = "auto"
"""The delimiter that goes by the format: a comma for CSV, a tab for TSV."""

_WORDS = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|", "space": " ", "colon": ":", "\\t": "\t"}
_BYTE = re.compile(r"\\x([0-9A-Fa-f]{2})")
_EXPECTED = (
    'one ASCII character other than CR, LF and NUL, or one of "auto", '
    + ", ".join(toml(name) for name in _WORDS if name.isalpha())
    + r', or a code like "\\x01"'
)
_ONE = text(_EXPECTED, r"[\x01-\x09\x0b\x0c\x0e-\x7f]")


def delimiter() -> Kind[str]:
    r"""One character, its name, or an escape that a shell leaves alone (`\t`, `\x01`); `AUTO` stays as it is."""

    def parse(value: object) -> str:
        if not isinstance(value, str):
            raise RefusedError.expected(_EXPECTED)
        word = value.lower()
        if word == AUTO:
            return AUTO
        code = _BYTE.fullmatch(value)
        try:
            return _ONE.parse(chr(int(code[1], 16)) if code else _WORDS.get(word, value))
        except RefusedError:
            close = nearest(word, (AUTO, *_WORDS)) if len(word) > 2 else ""
            raise RefusedError(Refusal(f"expected {_EXPECTED}", close)) from None

    return Kind(_EXPECTED, parse, toml)


def quote() -> Kind[str]:
    """One printable character, or none."""
    return text('one printable ASCII character other than a blank, or "" for none', r"[!-~]?")


def spelled(delimiter: str) -> str:
    """A delimiter as it can be typed behind `--delimiter` in any shell."""
    if not delimiter.isprintable() or delimiter in " '":
        names = {character: name for name, character in _WORDS.items() if name.isalpha()}
        return names.get(delimiter, f"'\\x{ord(delimiter):02x}'")
    return quote_for_shell(delimiter)
