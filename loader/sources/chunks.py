"""Chunks: blocks of whole rows, numbered over all inputs of a run."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import Protocol

from loader.rows import Chunk, Source
from loader.sources.formats.base import Reader
from loader.sources.numbering import ChunkLimits, Numbering
from loader.sources.start import Place, Start

MAX_ROWS = 8192
MAX_BYTES = 4 * 2**20

_BEGINNING = Start()


class Readable(Protocol):
    """An input, as far as its chunks are read from it; see `sources.inputs.Input`."""

    @property
    def source(self) -> Source:
        """What is known of it."""

    def open(self) -> Reader:
        """Its rows from the first on. Raises InputError."""

    def open_at(self, place: Place) -> Reader:
        """Its rows from `place` on, where a chunk begins. Raises InputError."""


def chunks(
    inputs: Iterable[Readable],
    *,
    max_wait: float,
    max_rows: int = MAX_ROWS,
    max_bytes: int = MAX_BYTES,
    recorded: Mapping[int, int] | None = None,
    start: Start = _BEGINNING,
) -> Generator[Chunk, None, None]:
    """The chunks of all inputs, lazily, in order; each input is open only while its chunks are read.

    A chunk is as many whole rows as fit in `max_rows` and `max_bytes` (line ends and blank lines between rows counted),
    so files are always cut alike. What comes through a pipe is given out `max_wait` seconds after it came, if its
    chunk is not full by then. `recorded` has the rows of chunks that an earlier part of the run cut, by number: they
    are cut so again, whenever their bytes come. What lies before `start` is not read. Raises InputError where an input
    cannot be read on, after all whole rows before it.
    """
    numbering = Numbering(ChunkLimits(max_rows, max_bytes, max_wait), recorded or {}, start.number, start.ordinal)
    for opened in inputs:
        if opened.source.index < start.source:
            continue
        at_place = start.place if opened.source.index == start.source else None
        reader = opened.open() if at_place is None else opened.open_at(at_place)
        try:
            yield from reader.chunks(opened.source, numbering)
        finally:
            reader.close()
