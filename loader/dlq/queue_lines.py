"""The lines of a queue, found as a replay finds them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from loader.config import sections
from loader.dlq.errors import DlqError
from loader.sources import InputError, chunks, open_inputs
from loader.sources.locations.local_files import File
from loader.sources.text.lines import lines_of

_ANY_LENGTH = sections.InputSettings(max_row_bytes=2**31)


class QueueLine(NamedTuple):
    """One line: its number from 1, the offset of its first byte, and its bytes without line end."""

    number: int
    offset: int
    raw: bytes


def lines_in(dlq: Path) -> Iterator[QueueLine]:
    """All lines of a queue but blank ones, lazily. Raises DlqError."""
    try:
        with open_inputs([File(dlq)], _ANY_LENGTH, letters=True) as inputs:
            for chunk in chunks(inputs, max_wait=1.0):
                if chunk.bad is not None:
                    yield QueueLine(chunk.bad.line, chunk.bad.offset, chunk.bad.raw)
                    continue
                _, numbers, offsets, raw = lines_of(chunk, blank=b" \t")
                yield from map(QueueLine, numbers, offsets, raw)
    except InputError as error:
        raise DlqError(str(error)) from error
