"""The lines of a chunk, with where each begins."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from loader.rows import Chunk


class Lines(NamedTuple):
    """Rows of a chunk that are one line each, column-wise, as the first columns of `Rows`."""

    ordinals: Sequence[int]
    lines: Sequence[int]
    offsets: Sequence[int]
    raw: list[bytes]


def lines_of(chunk: Chunk, *, blank: bytes) -> Lines:
    """The lines of `chunk` but those of nothing else than the bytes of `blank`; line ends are taken off."""
    ended = chunk.data.splitlines(keepends=True)
    raw = chunk.data.splitlines()
    offsets = list(accumulate(map(len, ended), initial=chunk.offset))
    offsets.pop()
    ordinals = range(chunk.ordinal, chunk.ordinal + chunk.rows)
    if len(raw) == chunk.rows:
        return Lines(ordinals, range(chunk.line, chunk.line + len(raw)), offsets, raw)
    kept = [i for i, line in enumerate(raw) if line.strip(blank)]
    lines = [chunk.line + i for i in kept]
    return Lines(ordinals, lines, [offsets[i] for i in kept], [raw[i] for i in kept])
