"""Rows without quotes, split at their delimiters all at once: in a third of the time that the csv module takes.

What is split so is what that module reads; whatever else may be meant is left to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

from loader.sources.formats.delimited.dialect import Dialect


def splits_at_delimiters(dialect: Dialect) -> bool:
    """Whether fields of rows without quote, escape and comment are just what stands between delimiters."""
    return len(dialect.delimiter) == 1 and not (dialect.trim or dialect.unescape or dialect.quoted_empty)


def fields_at_once(delimiter: str, raw: Sequence[bytes], width: int) -> list[tuple[str, ...]] | None:
    """The fields of rows, which hold no line ends, quotes, escapes and NULs; None unless all have `width` fields.

    Raises UnicodeDecodeError where one is no UTF-8.
    """
    mark = delimiter.encode()
    if not width or set(map(bytes.count, raw, repeat(mark))) != {width - 1}:
        return None
    fields = iter(mark.join(raw).decode().split(delimiter))
    return list(zip(*repeat(fields, width), strict=True))
