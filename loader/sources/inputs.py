"""Inputs: the files that were named, found, recognised, and their headers read."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import BinaryIO

from loader.config import sections
from loader.durable.files import is_text
from loader.rows import Layout, Source
from loader.shortage import reason_of
from loader.sources.compression import decompressed
from loader.sources.errors import InputError
from loader.sources.formats.base import Opening, Reader
from loader.sources.formats.letter_lines import LETTER_LINES
from loader.sources.recognition.head import Head
from loader.sources.recognition.recognised import Recognised, recognised
from loader.sources.start import Place
from loader.sources.streams import Descriptor, FileObject, open_path, standard_input

STANDARD_INPUT = "-"


def expand(patterns: Sequence[str]) -> list[str]:
    """The paths that `patterns` name, in order, each checked for being there and readable; nothing is read.

    "-" is standard input, at most once. A name that exists stands for itself, whatever characters it holds; otherwise a
    glob stands for the files that match it, sorted (`**` goes down folders; folders themselves do not match). What is
    named twice is there twice. Raises InputError: missing, unreadable, a directory, nothing matches.
    """
    if patterns.count(STANDARD_INPUT) > 1:
        raise InputError("-: standard input can be read only once")
    paths = [path for pattern in patterns for path in _matches(pattern)]
    for path in paths:
        if path != STANDARD_INPUT:
            _check_name(path)
            _check(path)
    return paths


@dataclass(frozen=True, slots=True)
class _Begun:
    """An input that was opened and recognised, its header read; its reader stands at the first row."""

    reader: Reader
    layout: Layout
    found: Recognised
    live: bool
    codec: str
    size: int | None


class Input:
    """One input: what is known of it, and a way to read its rows.

    `path` is where it is opened; `source.name` is what its run calls it, which may be another spelling. `why` it was
    taken for its format is the end of a sentence; `codec` names its compression, "" for none.
    """

    def __init__(
        self, source: Source, settings: sections.Input, found: Recognised, reader: Reader | None, codec: str = ""
    ) -> None:
        """`reader` is the only one an input that cannot be opened again will ever have; None for files."""
        self.source = source
        self.path = source.name
        self.codec = codec
        self._settings = settings
        self._found = found
        self._reader = reader

    @property
    def why(self) -> str:
        """What speaks for its format."""
        return self._found.why

    def open(self) -> Reader:
        """Its rows from the first on; to be closed by the caller. Once only for standard input and FIFOs.

        Raises InputError if a file cannot be opened any more, or has become another one.
        """
        if self._reader is not None:
            return self._reader
        begun = _begin(open_path(self.path), self._settings, self._found)
        if begun.size is not None and self.source.size is not None and begun.size < self.source.size:
            begun.reader.close()
            raise InputError(f"{self.source.name}: shrank from {self.source.size:,} to {begun.size:,} bytes")
        if begun.layout != self.source.layout:
            begun.reader.close()
            raise InputError(f"{self.source.name}: its header changed since the start")
        return begun.reader

    def open_at(self, place: Place) -> Reader:
        """The rows of a plain file from `place` on, where a chunk begins; to be closed by the caller.

        Raises InputError like `open`.
        """
        self.open().close()  # it has the header that it had
        descriptor = open_path(self.path)
        descriptor.skip_to(place.offset)
        return self._found.format.open_at(descriptor, self.source.layout, self._settings, place)

    def called(self, name: str) -> Input:
        """The same input by the name that its run has for it; it takes the place of this one."""
        other = copy(self)
        other.source = replace(self.source, name=name)
        return other

    def close(self) -> None:
        """Close what `open` has not handed out or has left open. Idempotent."""
        if self._reader is not None:
            self._reader.close()


class Inputs:
    """The inputs of a run, in order. Files are open one at a time, standard input and FIFOs from the start."""

    def __init__(self, opened: Sequence[Input]) -> None:
        self._opened = tuple(opened)

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(opened.source for opened in self._opened)

    @property
    def paths(self) -> list[str]:
        """Where they are opened."""
        return [opened.path for opened in self._opened]

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


def open_inputs(
    paths: Sequence[str], settings: sections.Input, stdin: BinaryIO | int | None = None, *, letters: bool = False
) -> Inputs:
    """The inputs at `paths` ("-" is `stdin`; None is descriptor 0), recognised and with their headers read.

    The format is `settings.format`; "auto" goes by the name, else by the first bytes. With `letters` they are queues of
    dead letters. Compression is found by magic bytes. Waits for the first line of standard input and FIFOs, one after
    the other, and keeps it. Raises InputError if one cannot be opened, is surely of another format, or its header is
    bad; then all are closed.
    """
    found = Recognised(LETTER_LINES, "as it was asked for") if letters else None
    opened: list[Input] = []
    try:
        for index, path in enumerate(paths):
            opened.append(_open(index, path, settings, stdin, found))
    except BaseException:
        Inputs(opened).close()
        raise
    return Inputs(opened)


def _open(
    index: int, path: str, settings: sections.Input, stdin: BinaryIO | int | None, found: Recognised | None
) -> Input:
    descriptor = standard_input(stdin, path) if path == STANDARD_INPUT else open_path(path)
    begun = _begin(descriptor, settings, found)
    once = path == STANDARD_INPUT or begun.live
    stream, letters = once or bool(begun.codec), begun.found.format is LETTER_LINES
    source = Source(index, path, begun.layout, stream, begun.size, letters)
    if once:
        return Input(source, settings, begun.found, begun.reader, begun.codec)
    begun.reader.close()
    return Input(source, settings, begun.found, None, begun.codec)


def _begin(descriptor: Descriptor | FileObject, settings: sections.Input, found: Recognised | None) -> _Begun:
    """Recognise an input, unless it was `found` before, and read its header. Closes `descriptor` if that fails."""
    try:
        size = descriptor.size()
        source, codec = decompressed(descriptor)
        opening = Opening(source.name, Head(source), settings, codec)
        if found is None:
            found = recognised(opening)
        else:
            found.format.refuse(opening, found.why)
        reader, layout = found.format.open(opening)
    except BaseException:
        descriptor.close()
        raise
    return _Begun(reader, layout, found, source.live, codec, size)


def _matches(pattern: str) -> list[str]:
    if pattern == STANDARD_INPUT or os.path.lexists(pattern) or not glob.has_magic(pattern):
        return [pattern]
    files = sorted(path for path in glob.glob(pattern, recursive=True) if not os.path.isdir(path))
    if not files:
        raise InputError(f"{pattern}: no file matches")
    return files


def _check_name(path: str) -> None:
    """Raise InputError if `path` is no text: neither letters nor a checkpoint could name it (PEP 383)."""
    if not is_text(path):
        raise InputError(f"{path}: its name is not UTF-8, and no letter could hold it; rename it, or: push - <FILE")


def _check(path: str) -> None:
    """Raise InputError if `path` cannot be opened. FIFOs are not: that would wait for a writer."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {reason_of(error)}") from error
    if stat.S_ISDIR(mode):
        raise InputError(f"{path}: is a directory; name its files, for example {os.path.join(path, '*.jsonl')}")
    if stat.S_ISREG(mode):
        open_path(path).close()
    elif not os.access(path, os.R_OK):
        raise InputError(f"{path}: cannot be read: permission denied")
