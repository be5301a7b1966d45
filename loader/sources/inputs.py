"""What the user names -> inputs that can be read: found, checked, recognised, their headers read."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from loader.config import sections
from loader.rows import Format, Layout, Source
from loader.sources.compression import decompressed
from loader.sources.dialect import edges_of
from loader.sources.errors import InputError
from loader.sources.header import columns_of
from loader.sources.rowstream import RowStream
from loader.sources.streams import ByteSource, Descriptor, FileObject, Prefixed, open_path, standard_input

STANDARD_INPUT = "-"

_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"
_LOOKED_AT = 64 * 1024  # blank bytes at the start after which the search for a first character is given up
_READ = 64 * 1024
_COMPRESSED = (".gz", ".zst", ".zstd")
_FORMATS = {
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".json": Format.JSONL,
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".tab": Format.TSV,
}


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
            _check(path)
    return paths


@dataclass(frozen=True, slots=True)
class _Begun:
    """An input that was opened and recognised, its header read; its stream stands at the first row."""

    stream: RowStream
    layout: Layout
    compressed: bool
    size: int | None


class Input:
    """One input: what is known of it, and a way to read its rows."""

    def __init__(self, source: Source, settings: sections.Input, stream: RowStream | None) -> None:
        """`stream` is the only one an input that cannot be opened again will ever have; None for files."""
        self.source = source
        self._settings = settings
        self._stream = stream

    def open(self) -> RowStream:
        """Its rows from the first on; to be closed by the caller. Once only for standard input and FIFOs.

        Raises InputError if a file cannot be opened any more, or has become another one.
        """
        if self._stream is not None:
            return self._stream
        begun = _begin(open_path(self.source.name), self._settings, self.source.layout.format)
        if begun.size is not None and self.source.size is not None and begun.size < self.source.size:
            begun.stream.close()
            raise InputError(f"{self.source.name}: shrank from {self.source.size:,} to {begun.size:,} bytes")
        if begun.layout != self.source.layout:
            begun.stream.close()
            raise InputError(f"{self.source.name}: its header changed since the start")
        return begun.stream

    def close(self) -> None:
        """Close what `open` has not handed out or has left open. Idempotent."""
        if self._stream is not None:
            self._stream.close()


class Inputs:
    """The inputs of a run, in order. Files are open one at a time, standard input and FIFOs from the start."""

    def __init__(self, opened: Sequence[Input]) -> None:
        self._opened = tuple(opened)

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(opened.source for opened in self._opened)

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
    paths: Sequence[str], settings: sections.Input, stdin: BinaryIO | int | None = None, fmt: Format | None = None
) -> Inputs:
    """The inputs at `paths` ("-" is `stdin`; None is descriptor 0), recognised and with their headers read.

    The format is `fmt`, else `settings.format`; "auto" goes by the name, else by the first character that is not blank:
    `{` is JSONL, all else CSV. Compression is found by magic bytes. Waits for the first bytes of standard input and
    FIFOs, one after the other, and keeps them. Raises InputError if one cannot be opened or its header is bad; then all
    are closed.
    """
    opened: list[Input] = []
    try:
        for index, path in enumerate(paths):
            opened.append(_open(index, path, settings, stdin, fmt))
    except BaseException:
        Inputs(opened).close()
        raise
    return Inputs(opened)


def _open(index: int, path: str, settings: sections.Input, stdin: BinaryIO | int | None, fmt: Format | None) -> Input:
    descriptor = standard_input(stdin, path) if path == STANDARD_INPUT else open_path(path)
    begun = _begin(descriptor, settings, fmt)
    once = path == STANDARD_INPUT or begun.stream.live
    source = Source(index, path, begun.layout, once or begun.compressed, begun.size)
    if once:
        return Input(source, settings, begun.stream)
    begun.stream.close()
    return Input(source, settings, None)


def _begin(descriptor: Descriptor | FileObject, settings: sections.Input, fmt: Format | None) -> _Begun:
    """Recognise an input and read its header. Closes `descriptor` if that fails."""
    try:
        size = descriptor.size()
        source, compressed = decompressed(descriptor)
        head = _first_bytes(source)
        text = head.removeprefix(_BOM)
        row_format = fmt or _format_of(source.name, text, settings)
        finder = edges_of(row_format, settings)
        stream = RowStream(Prefixed(text, source), finder, settings.max_row_bytes, len(head) - len(text))
        columns = columns_of(stream, row_format, settings) if row_format.is_delimited else ()
    except BaseException:
        descriptor.close()
        raise
    return _Begun(stream, Layout(row_format, columns), compressed, size)


def _first_bytes(source: ByteSource) -> bytes:
    """The first bytes of `source`, up to one that is neither blank nor of a byte order mark, and what came with it."""
    head = b""
    while len(head) < _LOOKED_AT and (_BOM.startswith(head) or not head.removeprefix(_BOM).strip(_BLANK)):
        fresh = source.read(_READ, None)
        if fresh == b"":
            break
        head += fresh or b""
    return head


def _format_of(name: str, head: bytes, settings: sections.Input) -> Format:
    if settings.format != "auto":
        return Format(settings.format)
    stem, suffix = os.path.splitext(name.lower())
    if suffix in _COMPRESSED:
        suffix = os.path.splitext(stem)[1]
    by_content = Format.JSONL if head.lstrip(_BLANK).startswith(b"{") else Format.CSV
    return _FORMATS.get(suffix, by_content)


def _matches(pattern: str) -> list[str]:
    if pattern == STANDARD_INPUT or os.path.lexists(pattern) or not glob.has_magic(pattern):
        return [pattern]
    files = sorted(path for path in glob.glob(pattern, recursive=True) if not os.path.isdir(path))
    if not files:
        raise InputError(f"{pattern}: no file matches")
    return files


def _check(path: str) -> None:
    """Raise InputError if `path` cannot be opened. FIFOs are not: that would wait for a writer."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if stat.S_ISDIR(mode):
        raise InputError(f"{path}: is a directory; name its files, for example {os.path.join(path, '*.jsonl')}")
    if stat.S_ISREG(mode):
        open_path(path).close()
    elif not os.access(path, os.R_OK):
        raise InputError(f"{path}: cannot be read: permission denied")
