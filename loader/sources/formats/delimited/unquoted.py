"""Rows without quotes, which are nothing but fields and delimiters: the csv module takes three times as long for them.

What is split so is what that module reads; whatever else may be meant is left to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

from loader.contents import SplitFields
from loader.sources.formats.delimited.dialect import Dialect


def splits_at_delimiters(dialect: Dialect) -> bool:
    """Whether fields of rows without quote, escape and comment are just what stands between delimiters."""
    return len(dialect.delimiter) == 1 and not (dialect.trim or dialect.unescape or dialect.quoted_empty)


def split_fields(delimiter: str, data: bytes, raw: Sequence[bytes], width: int) -> SplitFields | None:
    """The fields of rows without quotes, escapes and comments; None unless all are UTF-8 and have `width` fields.

    `data` are the bytes of all rows with their line ends.
    """
    mark = delimiter.encode()
    if not width or b"\0" in data or not _is_utf8(data):
        return None
    return SplitFields(raw, mark) if set(map(bytes.count, raw, repeat(mark))) == {width - 1} else None


def _is_utf8(data: bytes) -> bool:
    try:
        return data.isascii() or bool(data.decode())
    except UnicodeDecodeError:
        return False
