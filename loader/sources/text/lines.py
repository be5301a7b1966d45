"""Lines of a chunk, with the offset and number of each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from operator import add
from typing import NamedTuple

from loader.rows import Chunk


class Lines(NamedTuple):
    """Rows of a chunk, column-wise, as the first columns of `Rows`."""

    ordinals: Sequence[int]
    lines: Sequence[int]
    offsets: Sequence[int]
    raw: Sequence[bytes]


def lines_of(chunk: Chunk, *, blank: bytes) -> Lines:
    """The lines of `chunk` but those of nothing else than the bytes of `blank`; line ends are taken off."""
    raw, offsets = _split(chunk.data, chunk.offset)
    ordinals = range(chunk.ordinal, chunk.ordinal + chunk.rows)
    if len(raw) == chunk.rows:
        return Lines(ordinals, range(chunk.line, chunk.line + len(raw)), offsets, raw)
    kept = [i for i, line in enumerate(raw) if line.strip(blank)]
    lines = [chunk.line + i for i in kept]
    return Lines(ordinals, lines, [offsets[i] for i in kept], [raw[i] for i in kept])


def _split(data: bytes, offset: int) -> tuple[list[bytes], list[int]]:
    """All lines of `data` without their ends, and where each begins, if `data` begins at `offset`."""
    if b"\r" in data:
        ended = data.splitlines(keepends=True)
        return data.splitlines(), list(accumulate(map(len, ended[:-1]), initial=offset))
    raw = data.split(b"\n")
    if not raw[-1]:
        raw.pop()
    return raw, list(map(add, accumulate(map(len, raw), initial=offset), range(len(raw))))
