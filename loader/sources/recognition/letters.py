"""Dead letters, which would be delivered in the place of the rows in them if they were pushed."""

from __future__ import annotations

import re

import msgspec

from loader.sources.recognition.foreign import Foreign
from loader.sources.recognition.head import Head

# As a queue has it, however long the row within is; one that was edited may have its keys in another order.
_WRITTEN = re.compile(
    rb"""\{"timestamp":"[-+:.0-9TZ]+","error":"(?:[^"\\]|\\.)*","error_type":"[^"]*","row":""", re.DOTALL
)
_QUEUE = Foreign(
    "a dead letter queue",
    advice="loader replay delivers the rows in it; --format jsonl loads the letters themselves as rows",
)


class _Letter(msgspec.Struct):
    """The keys that every letter has."""

    timestamp: str
    error: str
    error_type: str
    row: msgspec.Raw


_decode = msgspec.json.Decoder(_Letter).decode


def dead_letters(head: Head) -> Foreign | None:
    """That the first row is a dead letter; None if it is not."""
    return _QUEUE if _is_letter(head.first_line().strip()) else None


def _is_letter(line: bytes) -> bool:
    if b'"error_type"' not in line:
        return False
    if _WRITTEN.match(line):
        return True
    try:
        _decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return True
