"""Foreign text made safe to show: what comes from rows, answers and file names moves no cursor and colours nothing."""

from __future__ import annotations

import re

# C0 and C1 controls, separators that break lines, marks that reorder text, lone surrogates, the byte order mark.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def safe(text: str, limit: int = 200) -> str:
    """`text` on one line, unsafe characters as escapes, at most `limit` characters of it."""
    shown = _UNSAFE.sub(_escape, text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
