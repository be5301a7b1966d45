"""Inputs: what lies at the locations of a run, recognised, and their headers read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from loader.config import sections
from loader.rows import Layout, Source
from loader.sources.compression.decompressed import decompressed
from loader.sources.encodings.utf_8 import as_utf_8
from loader.sources.errors import InputError
from loader.sources.formats.arrow.ipc import ARROW
from loader.sources.formats.base import Opening, Reader
from loader.sources.formats.jsonl import JSONL
from loader.sources.formats.letter_lines import LETTER_LINES
from loader.sources.locations.base import Location
from loader.sources.locations.byte_source import Content
from loader.sources.locations.given_rows import GivenRows
from loader.sources.recognition.head import Head
from loader.sources.recognition.recognised import Recognised, recognised
from loader.sources.recognition.signatures import foreign_bytes
from loader.sources.start import Place

_SAMPLE = 2**20  # bytes of a text that are looked at to tell its encoding


@dataclass(frozen=True, slots=True)
class _Begun:
    """An input that was opened and recognised, its header read; its reader stands at the first row."""

    reader: Reader
    layout: Layout
    found: Recognised
    codec: str
    encoding: str
    size: int | None


class Input:
    """One input: what is known of it, and a way to read its rows.

    `location` is where it is opened; `source.name` is what its run calls it, which may be another spelling. `why` it
    was taken for its format is the end of a sentence; `codec` names its compression, "" for none, `encoding` that
    of its text, "" for UTF-8.
    """

    def __init__(
        self,
        location: Location,
        source: Source,
        settings: sections.InputSettings,
        found: Recognised,
        reader: Reader | None,
        codec: str = "",
        encoding: str = "",
    ) -> None:
        """`reader` is the only one that an input which cannot be opened again will ever have; None for others."""
        self.location = location
        self.source = source
        self.codec = codec
        self.encoding = encoding
        self._settings = settings
        self._found = found
        self._reader = reader

    @property
    def why(self) -> str:
        """What speaks for its format."""
        return self._found.why

    @property
    def reach(self) -> int:
        """How far reading depends on a row that has no place in a chunk; see `RowFormat.reach`."""
        return self._found.format.reach(self._settings)

    def open(self) -> Reader:
        """Its rows from the first on; to be closed by the caller. Once only where the location says so.

        Raises InputError if it cannot be opened any more, or has become another one.
        """
        if self._reader is not None:
            return self._reader
        begun = _begin(self.location, self._settings, self._found)
        if begun.size is not None and self.source.size is not None and begun.size < self.source.size:
            begun.reader.close()
            raise InputError(f"{self.source.name}: shrank from {self.source.size:,} to {begun.size:,} bytes")
        if begun.layout != self.source.layout:
            begun.reader.close()
            raise InputError(f"{self.source.name}: its header changed since the start")
        return begun.reader

    def open_at(self, place: Place) -> Reader:
        """The rows of what is no stream from `place` on, where a chunk begins; to be closed by the caller.

        Raises InputError like `open`.
        """
        self.open().close()  # it has the header that it had
        return self._found.format.open_place(self.location, self.source.layout, self._settings, place)

    def called(self, name: str) -> Input:
        """The same input by the name that its run has for it; it takes the place of this one."""
        other = copy(self)
        other.source = replace(self.source, name=name)
        return other

    def close(self) -> None:
        """Close what `open` has not handed out or has left open. Idempotent."""
        if self._reader is not None:
            self._reader.close()
        self.location.close()


class Inputs:
    """The inputs of a run, in order. They are open one at a time; what can be opened once is so from the start."""

    def __init__(self, opened: Sequence[Input]) -> None:
        self._opened = tuple(opened)

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(opened.source for opened in self._opened)

    @property
    def locations(self) -> tuple[Location, ...]:
        """Where they are opened."""
        return tuple(opened.location for opened in self._opened)

    @property
    def files(self) -> list[Path]:
        """The files of this machine among them."""
        return [location.path for location in self.locations if location.path is not None]

    def called(self, names: Sequence[str]) -> Inputs:
        """The same inputs by the names that their run has for them; they take the place of these."""
        return Inputs([opened.called(name) for opened, name in zip(self._opened, names, strict=True)])

    def __iter__(self) -> Iterator[Input]:
        return iter(self._opened)

    def __enter__(self) -> Inputs:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all that is open. Idempotent."""
        for opened in self._opened:
            opened.close()


def open_inputs(locations: Sequence[Location], settings: sections.InputSettings, *, letters: bool = False) -> Inputs:
    """The inputs at `locations`, recognised and with their headers read.

    The format is `settings.format`; "auto" goes by the name, else by the first bytes. With `letters` they are queues of
    dead letters. Compression is found by magic bytes. Waits for the first line of standard input and FIFOs, one after
    the other, and keeps it. Raises InputError if one cannot be opened, is surely of another format, or its header is
    bad; then all are closed.
    """
    found = Recognised(LETTER_LINES, "as it was asked for") if letters else None
    opened: list[Input] = []
    try:
        for index, location in enumerate(locations):
            opened.append(_open(index, location, settings, found))
    except BaseException:
        Inputs(opened).close()
        raise
    return Inputs(opened)


def first_text(location: Location, settings: sections.InputSettings) -> bytes:
    """The first MiB of the text that lies there; b"" for what is no text, or says what encoding it has.

    Raises InputError.
    """
    content = location.open()
    try:
        source, _ = decompressed(content, settings.max_unpacked)
        source, encoding = as_utf_8(source, settings.encoding)
        data = b""
        while len(data) < _SAMPLE and (fresh := source.read(_SAMPLE, None)) != b"":
            data += fresh or b""
    finally:
        content.close()
    return b"" if encoding or foreign_bytes(data) is not None else data


def given_inputs(rows: Iterable[Mapping[str, Any]], settings: sections.InputSettings) -> Inputs:
    """The one input that is the rows of a program, none of which is pulled yet; lines count from 0, as indexes do."""
    location, layout = GivenRows(rows), Layout(JSONL.name)
    reader = JSONL.open_at(location.open(), layout, settings, Place(0, 0))
    found = Recognised(JSONL, "as rows of a program are")
    return Inputs([Input(location, Source(0, location.name, layout, True, None), settings, found, reader)])


def given_batches(batches: object, settings: sections.InputSettings) -> Inputs:
    """The one input that is the record batches of a program, none of which is pulled yet. Raises InputError."""
    location, reader, layout = ARROW.given(batches, settings)
    found = Recognised(ARROW, "as record batches of a program are")
    return Inputs([Input(location, Source(0, location.name, layout, True, None), settings, found, reader)])


def _open(index: int, location: Location, settings: sections.InputSettings, found: Recognised | None) -> Input:
    begun = _begin(location, settings, found)
    stream = location.once or not location.seekable or bool(begun.codec or begun.encoding)
    letters = begun.found.format is LETTER_LINES
    source = Source(index, location.name, begun.layout, stream, begun.size, letters)
    if location.once:
        return Input(location, source, settings, begun.found, begun.reader, begun.codec, begun.encoding)
    begun.reader.close()
    return Input(location, source, settings, begun.found, None, begun.codec, begun.encoding)


def _begin(location: Location, settings: sections.InputSettings, found: Recognised | None) -> _Begun:
    """Open an input, recognise it, unless it was `found` before, and read its header. Closes it if that fails."""
    content = location.open()
    try:
        size = content.size()
        source, codec = decompressed(content, settings.max_unpacked)
        again = None if location.once or not location.seekable or codec else location
        encoding = ""
        if found is None or found.format.may_be_encoded:
            source, encoding = as_utf_8(source, settings.encoding)
        opening = Opening(source.name, Head(source), settings, codec, again, encoding)
        if found is None:
            found = recognised(opening)
            if encoding and not found.format.may_be_encoded:
                return _begin_as_it_is(location, settings, found, content)
        else:
            found.format.refuse(opening, found.why)
        reader, layout = found.format.open(opening)
    except BaseException:
        content.close()
        raise
    return _Begun(reader, layout, found, codec, encoding, size)


def _begin_as_it_is(location: Location, settings: sections.InputSettings, found: Recognised, opened: Content) -> _Begun:
    """Open an input anew that was decoded and is no text."""
    opened.close()
    if location.once:
        told = f"is {found.format.name}, {found.why}, which has no encoding; leave --encoding out"
        raise InputError(f"{location.name}: {told}")
    return _begin(location, settings, found)
