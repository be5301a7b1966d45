"""First rows of an input, read to be looked at."""

from __future__ import annotations

from loader.choosing import RowChoice
from loader.config import Config
from loader.sources import Input, Inputs, chunks, parser_for
from loader.sources.parser import Parsed

_ROWS = 3
_LOOKED_AT = 100_000


def first_rows(opened: Input, config: Config) -> list[Parsed]:
    """The first three rows of an input that are meant, good or bad, in parts. Raises InputError.

    They are looked for among the first 100,000.
    """
    settings, booleans, max_wait = config.input, config.mapping.booleans, config.batch.max_wait
    parser = parser_for(opened.source, settings)
    choice = RowChoice(settings, booleans, lambda _: parser)
    parts: list[Parsed] = []
    left, looked_at = _ROWS, 0
    for chunk in choice.among(chunks(Inputs([opened]), max_wait=max_wait, max_rows=_ROWS), 0):
        looked_at += chunk.rows
        if chunk.meant:
            parts.append(parser.parse(chunk).but(chunk.left_out, chunk.ordinal))
            left -= chunk.meant
        if left <= 0 or looked_at >= _LOOKED_AT:
            break
    return parts
