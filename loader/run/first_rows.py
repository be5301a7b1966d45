"""First rows of an input, read to be looked at."""

from __future__ import annotations

from loader.config import sections
from loader.sources import Input, Inputs, chunks, parser_for
from loader.sources.parser import Parsed

_ROWS = 3


def first_rows(opened: Input, settings: sections.InputSettings, max_wait: float) -> list[Parsed]:
    """The first three rows of an input, good or bad, in parts. Raises InputError."""
    parser = parser_for(opened.source, settings)
    parts: list[Parsed] = []
    left = _ROWS
    for chunk in chunks(Inputs([opened]), max_wait=max_wait, max_rows=_ROWS):
        parts.append(parser.parse(chunk))
        left -= chunk.rows
        if left <= 0:
            break
    return parts
