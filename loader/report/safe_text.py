"""Safe text: foreign text without control characters, so that it cannot move the cursor or add colour."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Sequence

# Controls past C0, separators that break lines, marks that reorder or hide text, lone surrogates, the byte order mark.
_BEYOND_C0 = "\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
_UNSAFE = re.compile(f"[\x00-\x1f{_BEYOND_C0}\U000e0000-\U000e007f]")
_UNSAFE_IN_JSON = re.compile(f"[{_BEYOND_C0}]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def safe(text: str, limit: int = 200) -> str:
    """`text` on one line, unsafe characters as escapes, at most `limit` characters of it (at least 1)."""
    shown = _UNSAFE.sub(_escape, text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def command_line(command: Sequence[str]) -> str:
    """`command` as it is typed into a POSIX shell, whole, on one line.

    Arguments with unsafe characters are written as $'...' with escaped bytes, which bash, zsh and ksh understand.
    """
    return " ".join(
        _quote_bytes(argument) if _UNSAFE.search(argument) else shlex.quote(argument) for argument in command
    )


def safe_json(value: object, *, indent: int | None = None) -> bytes:
    """`value`, plain data, as JSON that is safe to look at on a terminal and that every parser reads.

    Unsafe characters are JSON escapes, so nothing is lost, but for lone surrogates: those have no place in UTF-8, and
    stand as a text such as "\\udcff".
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _UNSAFE_IN_JSON.sub(_escape_in_json, text).encode()


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escape_in_json(match: re.Match[str]) -> str:
    code = ord(match[0])
    backslash = "\\\\" if 0xD800 <= code < 0xE000 else "\\"
    return f"{backslash}u{code:04x}"


def _quote_bytes(argument: str) -> str:
    encoded = os.fsencode(argument)
    plain = (chr(byte) if 0x20 <= byte < 0x7F and chr(byte) not in "'\\" else f"\\x{byte:02x}" for byte in encoded)
    return "$'" + "".join(plain) + "'"
