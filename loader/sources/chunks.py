"""Chunks: blocks of whole rows, numbered over all inputs of a run."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from loader.rows import Chunk, Source
from loader.sources.errors import InputError, OutOfReachError
from loader.sources.formats.base import Reader
from loader.sources.numbering import ChunkLimits, Numbering
from loader.sources.start import Place, Start, Visit

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


@dataclass(frozen=True, slots=True)
class Left:
    """An input was left, as it is out of reach: from the byte at `offset` on, as it lies there, it is unread.

    `number` and `ordinal` are those of the chunk that comes next, of another input. `why` is a sentence.
    """

    source: int
    number: int
    ordinal: int
    offset: int
    why: str


def chunks(
    inputs: Iterable[Readable],
    *,
    max_wait: float,
    max_rows: int = MAX_ROWS,
    max_bytes: int = MAX_BYTES,
    recorded: Mapping[int, int] | None = None,
    start: Start = _BEGINNING,
    again: Callable[[Chunk], None] = lambda _: None,
    leave: Callable[[Left], None] | None = None,
) -> Generator[Chunk, None, None]:
    """The chunks of all inputs, lazily, in order; each input is open only while its chunks are read.

    A chunk is as many whole rows as fit in `max_rows` and `max_bytes` (line ends and blank lines between rows counted),
    so files are always cut alike. What comes through a pipe is given out `max_wait` seconds after it came, if its
    chunk is not full by then. `recorded` has the rows of chunks that an earlier part of the run cut, by number: they
    are cut so again, whenever their bytes come. What lies before `start` is not read. Raises InputError where an input
    cannot be read on, after all whole rows before it; but one that is out of reach is left: `leave` is told, and the
    next one comes. `again` is given each chunk of one that was left before which is read again on the way to its rest.
    """
    numbering = Numbering(ChunkLimits(max_rows, max_bytes, max_wait), recorded or {}, start.number, start.ordinal)
    found = {opened.source.index: opened for opened in inputs}
    visits = start.visits or tuple(_in_order(found, start))
    for index, visit in enumerate(visits):
        reading = _Visiting(found[visit.source], visit, numbering, again)
        try:
            yield from reading.chunks()
        except OutOfReachError as error:
            is_fixed = numbering.has_recorded or any(each.until is not None for each in visits[index:])
            if leave is None or is_fixed:  # what comes next has its number already
                raise
            leave(reading.left(str(error)))


def _in_order(found: Iterable[int], start: Start) -> Iterator[Visit]:
    for index in found:
        if index >= start.source:
            yield Visit(index, start.place if index == start.source else None)


class _Visiting:
    """One visit on its way."""

    def __init__(self, opened: Readable, visit: Visit, numbering: Numbering, again: Callable[[Chunk], None]) -> None:
        self._opened = opened
        self._visit = visit
        self._numbering = numbering
        self._again = again
        self._fresh = (numbering.number, numbering.ordinal)
        self._end = 0 if visit.place is None or opened.source.layout.types else visit.place.offset

    def chunks(self) -> Iterator[Chunk]:
        """Those that no earlier visit has read. Raises InputError."""
        if self._visit.until == self._numbering.number:
            return
        if self._visit.again is not None:
            self._numbering.go_back(self._visit.again)
        try:
            for chunk in self._whole():
                self._end = _end_of(chunk)
                if chunk.number < self._fresh[0]:
                    self._again(chunk)
                    continue
                yield chunk
                if self._visit.until == self._numbering.number:
                    return
            if self._is_behind:
                raise InputError(f"{self._opened.source.name}: ends before what an earlier part of the run has read")
        finally:
            if self._is_behind:
                self._numbering.number, self._numbering.ordinal = self._fresh

    def left(self, why: str) -> Left:
        """That it was left where its last chunk ended."""
        source = self._opened.source
        return Left(source.index, self._numbering.number, self._numbering.ordinal, self._end, why)

    @property
    def _is_behind(self) -> bool:
        """Whether what is read again has not ended."""
        return self._numbering.number < self._fresh[0]

    def _whole(self) -> Iterator[Chunk]:
        """All chunks, without one that was cut otherwise than before because what follows is out of reach."""
        short: Chunk | None = None
        try:
            for chunk in self._all():
                if short is not None:
                    yield short
                    short = None
                if chunk.rows < self._numbering.recorded.get(chunk.number, 0):
                    short = chunk
                else:
                    yield chunk
        except OutOfReachError:
            if short is not None:
                self._numbering.number, self._numbering.ordinal = short.number, short.ordinal
            raise
        except InputError:
            if short is not None:
                yield short
            raise
        if short is not None:
            yield short

    def _all(self) -> Iterator[Chunk]:
        place = self._visit.place
        reader = self._opened.open() if place is None else self._opened.open_at(place)
        try:
            yield from reader.chunks(self._opened.source, self._numbering)
        finally:
            reader.close()


def _end_of(chunk: Chunk) -> int:
    """The byte behind a chunk, as its input lies there: about it, where places in it are no bytes of that."""
    if chunk.source.stream or chunk.source.layout.types:
        return chunk.position
    return chunk.offset + (len(chunk.data) if chunk.bad is None else chunk.bad.length)
