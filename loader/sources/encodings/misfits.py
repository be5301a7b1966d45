"""Bytes that are no character of an encoding, as they stand in text of UTF-8 that was made of it.

No character is dropped or made up. Where the next one can be found, such a byte becomes what is no UTF-8: the row that
it stands in cannot be read, and those around it can. Else nothing behind it can be read.
"""

from __future__ import annotations

import codecs
import re

from loader.config.encodings import AUTO

HANDLER = "loader.misfits"

END = "\udbff"
"""The rest cannot be read."""

_HALF_A_CHARACTER = "\ud800"
_BYTE = 0xDC00  # and the byte (as PEP 383 has it, for all bytes)
_SHOWN = re.compile(rb"\xed(?:\xa0\x80|([\xb0-\xb3])([\x80-\xbf]))")
_LINE_BY_LINE = re.compile(r"charmap|ascii|cp9|big5|euc_|gb|johab|shift_jis")
"""Encodings of one byte, and those in which no byte of a longer character is one of ASCII that ends lines."""


def _stood_for(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    misfit = error.object[error.start : error.end]
    if error.encoding.startswith("utf-16") and len(misfit) == 2:
        return _HALF_A_CHARACTER, error.end
    if _LINE_BY_LINE.match(error.encoding):
        return chr(_BYTE + misfit[0]), error.start + 1
    return END, len(error.object)


codecs.register_error(HANDLER, _stood_for)


def misfit_of(error: UnicodeDecodeError, encoding: str) -> str:
    """What in a row is no UTF-8, by the error of decoding it; `encoding` is that of its input by the config."""
    shown = None if encoding == AUTO else _SHOWN.match(error.object, error.start)
    at = f"at byte {error.start + 1} of the row"
    if shown is None:
        return f"invalid UTF-8 {at}"
    if shown[1] is None:
        return f"half a character of {encoding} {at} as UTF-8"
    byte = ((shown[1][0] & 0x0F) << 6 | (shown[2][0] & 0x3F)) & 0xFF
    return f"byte 0x{byte:02x} is no character of {encoding}, {at} as UTF-8"
