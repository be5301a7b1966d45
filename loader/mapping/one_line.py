"""JSON rows on one line each, as bodies of lines need them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from loader.contents import RawJson, RowContent


def one_line_each(content: RowContent) -> Sequence[bytes]:
    """Rows as JSON: as they were read, or without space between their tokens where they stand over several lines."""
    if isinstance(content, RawJson) and content.is_spread:
        return list(map(_on_one_line, content.raw))
    return content.raw


def _on_one_line(row: bytes) -> bytes:
    return msgspec.json.format(row, indent=-1) if b"\n" in row or b"\r" in row else row
