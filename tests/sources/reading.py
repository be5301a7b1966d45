"""What the tests of sources share: inputs that come in pieces of any size, and rows as plain tuples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat

from loader.config import sections
from loader.contents import TextColumns
from loader.rows import Chunk, Layout, Rows, Source
from loader.sources import chunks, expand, open_inputs, parser_for
from loader.sources.formats.base import Reader, format_of
from loader.sources.parser import Parsed
from loader.sources.start import Place

DEFAULTS = sections.InputSettings()


class Pieces:
    """A byte source that gives out pieces of the sizes asked for, whatever the reader would like.

    Where it is live a size of 0 is a writer who lets the reader wait.
    """

    name = "pieces"

    def __init__(self, data: bytes, sizes: Iterable[int], *, live: bool = False) -> None:
        self.live = live
        self.position = 0
        self._data = data
        self._sizes = chain(sizes, repeat(1))

    def read(self, size, timeout):
        size = next(self._sizes)
        if not size:
            return None
        piece = self._data[self.position : self.position + size]
        self.position += len(piece)
        return piece

    def close(self) -> None:
        pass


@dataclass
class PiecewiseInput:
    """An input as `chunks` takes it."""

    data: bytes
    sizes: Iterable[int]
    source: Source
    settings: sections.InputSettings = DEFAULTS
    live: bool = False

    def open(self) -> Reader:
        pieces, layout = Pieces(self.data, self.sizes, live=self.live), self.source.layout
        return format_of(layout.format).open_at(pieces, layout, self.settings, Place(0, 1))

    def open_at(self, place: Place) -> Reader:
        raise NotImplementedError


def source_of(fmt: str, columns: tuple[str, ...] = ()) -> Source:
    return Source(0, "rows", Layout(fmt, columns), False, None)


def read_paths(paths, settings=DEFAULTS, **kwargs) -> list[Chunk]:
    """All chunks of the files at `paths`."""
    with open_inputs(expand([str(path) for path in paths]), settings) as inputs:
        return list(chunks(inputs, max_wait=1.0, **kwargs))


def parse_all(found: Iterable[Chunk], settings=DEFAULTS) -> Iterator[tuple[Chunk, Parsed]]:
    for chunk in found:
        yield chunk, parser_for(chunk.source, settings).parse(chunk)


def rows_of(found: Iterable[Chunk], settings=DEFAULTS) -> list[tuple]:
    """(ordinal, line, offset, raw, error type or None) of every row, by ordinal."""
    rows = []
    for _, parsed in parse_all(found, settings):
        rows += [(bad.ordinal, bad.line, bad.offset, bad.raw, bad.error_type) for bad in parsed.bad]
        for group in parsed.groups:
            r = group.rows
            rows += [(*row, None) for row in zip(r.ordinals, r.lines, r.offsets, r.raw, strict=True)]
    return sorted(rows)


def fields_of(rows: Rows) -> list[list[str]]:
    """The fields of rows of texts."""
    assert isinstance(rows.content, TextColumns)
    return [list(row) for row in rows.content.fields]


def parse_lines(text: bytes, settings=DEFAULTS) -> Parsed:
    """`text` parsed as one chunk of JSON lines."""
    (found,) = chunks([PiecewiseInput(text, [len(text)], source_of("jsonl"), settings)], max_wait=1.0)
    return parser_for(found.source, settings).parse(found)
