"""Kinds of keys that hold characters which mean something in text."""

from __future__ import annotations

import re
from shlex import quote as quote_for_shell

from loader.config.values import Kind, Refusal, RefusedError, nearest, text, toml

AUTO = "auto"
"""The delimiter that goes by the format: a comma for CSV, a tab for TSV."""

NONE = "none"
"""The same as an empty text, where a character may be none: easier to type."""

_WORDS = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|", "space": " ", "colon": ":"}
_EXPECTED = (
    'a character other than CR, LF and NUL, or up to 16 that are not all letters and digits, or one of "auto", '
    + ", ".join(map(toml, _WORDS))
    + r', or codes like "\\x01"'
)
_TYPED = re.compile(r"\\|(?:\\t|\\x[0-7][0-9A-Fa-f]|[^\\\ud800-\udfff]){1,16}", re.DOTALL)
_CODE = re.compile(r"\\(?:t|x(..))")


def delimiter() -> Kind[str]:
    r"""Characters, the name of one, or escapes that a shell leaves alone (`\t`, `\x01`); `AUTO` stays as it is."""

    def parse(value: object) -> str:
        if not isinstance(value, str):
            raise RefusedError.expected(_EXPECTED)
        word = value.lower()
        if word == AUTO or word in _WORDS:
            return _WORDS.get(word, AUTO)
        close = nearest(word, (AUTO, *_WORDS)) if len(word) > 2 else ""
        meant = _CODE.sub(_meant, value) if _TYPED.fullmatch(value) else ""
        is_word = len(meant) > 1 and meant.isalnum()
        if not meant or close or is_word or set(meant) & set("\r\n\0"):
            raise RefusedError(Refusal(f"expected {_EXPECTED}", close))
        return meant

    return Kind(_EXPECTED, parse, toml)


def _meant(code: re.Match[str]) -> str:
    return chr(int(code[1], 16)) if code[1] else "\t"


def quote() -> Kind[str]:
    """One printable character, or none."""
    return _or_none('one printable ASCII character other than a blank, or "" or "none" for none', r"[!-~]?")


def comment() -> Kind[str]:
    """What lines begin with, or nothing."""
    return _or_none('up to 8 printable ASCII characters other than blanks, or "" or "none" for none', r"[!-~]{0,8}")


def _or_none(expected: str, pattern: str) -> Kind[str]:
    some = text(expected, pattern)
    return Kind(expected, lambda value: "" if value == NONE else some.parse(value), toml)


def spelled(delimiter: str) -> str:
    """A delimiter as it can be typed behind `--delimiter` in any shell."""
    names = {character: name for name, character in _WORDS.items()}
    if delimiter in names and (delimiter == " " or not delimiter.isprintable()):
        return names[delimiter]
    return quote_for_shell(delimiter if delimiter == "\\" else "".join(map(_coded, delimiter)))


def _coded(character: str) -> str:
    is_ascii = ord(character) < 0x80
    return f"\\x{ord(character):02x}" if is_ascii and (character in "'\\" or not character.isprintable()) else character
