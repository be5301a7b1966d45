"""What the user named as input: found, checked and described before anything is read."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO

from loader.config import sections
from loader.rows import Format, Layout, Source
from loader.sources.base import Parser
from loader.sources.compression import decompressed
from loader.sources.delimited import DelimitedParser, Dialect
from loader.sources.edges import EdgeFinder, LineEdges, RecordEdges
from loader.sources.errors import InputError
from loader.sources.jsonl import JsonlParser
from loader.sources.rowstream import RowStream, Unreadable
from loader.sources.streams import ByteSource, Prefixed, open_path, standard_input

STANDARD_INPUT = "-"

_BOM = b"\xef\xbb\xbf"
_SNIFF = 64 * 1024
_SUFFIXES = {
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".json": Format.JSONL,
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".tab": Format.TSV,
}
_COMPRESSED = (".gz", ".zst", ".zstd")


@dataclass(frozen=True, slots=True)
class Input:
    """One input: what is known of it, and how to read it from its first row on (a stream: once)."""

    source: Source
    open: Callable[[], RowStream]


def expand(patterns: Sequence[str]) -> list[str]:
    """The inputs that `patterns` name, in order: paths, globs (sorted), "-" for standard input.

    Raises InputError for what is missing, unreadable or a directory, and where nothing matches.
    """
    found: list[str] = []
    for pattern in patterns:
        found.extend(_expand_one(pattern))
    if found.count(STANDARD_INPUT) > 1:
        raise InputError("-: standard input can be read only once")
    return found


def _expand_one(pattern: str) -> list[str]:
    if pattern == STANDARD_INPUT:
        return [pattern]
    if os.path.exists(pattern):
        _check_readable(pattern)
        return [pattern]
    matches = sorted(path for path in glob.glob(pattern, recursive=True) if not os.path.isdir(path))
    if not matches:
        what = "no file matches" if glob.has_magic(pattern) else "there is no such file"
        raise InputError(f"{pattern}: {what}")
    for path in matches:
        _check_readable(path)
    return matches


def _check_readable(path: str) -> None:
    if os.path.isdir(path):
        raise InputError(f"{path}: is a directory; name its files, for example {os.path.join(path, '*.jsonl')}")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path}: cannot be read: permission denied")


def open_inputs(
    paths: Sequence[str],
    settings: sections.Input,
    *,
    stdin: BinaryIO | int | None = None,
    fmt: Format | None = None,
) -> list[Input]:
    """The inputs at `paths`, checked: format, compression and header are known, files are closed again.

    `fmt` overrides `input.format`. Raises InputError for anything that cannot be read as such.
    """
    return [_Opening(i, path, settings, stdin, fmt).input() for i, path in enumerate(paths)]


def parser_for(source: Source, settings: sections.Input) -> Parser:
    """The parser of a source of rows (not of dead letters)."""
    if not source.layout.format.is_delimited:
        return JsonlParser()
    return DelimitedParser(_dialect(source.layout.format, settings), _finder(source.layout.format, settings))


def _dialect(fmt: Format, settings: sections.Input) -> Dialect:
    tab = fmt is Format.TSV and settings.delimiter == ","
    return Dialect("\t" if tab else settings.delimiter, settings.quote)


def _finder(fmt: Format, settings: sections.Input) -> EdgeFinder:
    if not fmt.is_delimited:
        return LineEdges()
    dialect = _dialect(fmt, settings)
    return RecordEdges(dialect.delimiter.encode(), dialect.quote.encode()) if dialect.quote else LineEdges(b"\r\n")


class _Opening:
    """One input on its way from a path to rows."""

    def __init__(
        self, index: int, path: str, settings: sections.Input, stdin: BinaryIO | int | None, fmt: Format | None
    ) -> None:
        self._index = index
        self._path = path
        self._settings = settings
        self._stdin = stdin
        self._format = fmt or self._format_by_name()
        self._compressed = False

    def input(self) -> Input:
        live, size = self._facts()
        stream = self._open()
        try:
            columns = self._columns(stream)
        except BaseException:
            stream.close()
            raise
        fmt = self._format or Format.JSONL
        source = Source(self._index, self._path, Layout(fmt, columns), stream=live or self._compressed, size=size)
        if live:
            return Input(source, lambda: stream)
        stream.close()
        return Input(source, self._reopen)

    def _facts(self) -> tuple[bool, int | None]:
        """Whether it can be read only once, and its size on disk."""
        if self._path == STANDARD_INPUT:
            return True, None
        facts = os.stat(self._path)
        regular = stat.S_ISREG(facts.st_mode)
        return not regular, facts.st_size if regular else None

    def _open(self) -> RowStream:
        stdin = self._path == STANDARD_INPUT
        raw = standard_input(self._stdin, STANDARD_INPUT) if stdin else open_path(self._path)
        try:
            plain, self._compressed = decompressed(raw)
            head = _head(plain)
            if self._format is None:
                self._format = Format.JSONL if head.removeprefix(_BOM).lstrip()[:1] == b"{" else Format.CSV
        except BaseException:
            raw.close()
            raise
        offset = len(_BOM) if head.startswith(_BOM) else 0
        finder = _finder(self._format, self._settings)
        return RowStream(Prefixed(head[offset:], plain), finder, self._settings.max_row_bytes, offset)

    def _reopen(self) -> RowStream:
        stream = self._open()
        if self._has_header():
            stream.take_first()
        return stream

    def _has_header(self) -> bool:
        return self._format is not None and self._format.is_delimited and self._settings.header

    def _columns(self, stream: RowStream) -> tuple[str, ...]:
        if self._format is None or not self._format.is_delimited:
            return ()
        if not self._settings.header:
            if not self._settings.columns:
                raise InputError(f"{self._path}: without a header the columns must be named: --columns a,b,c")
            return self._settings.columns
        header = stream.take_first()
        if header is None:
            return self._settings.columns
        if isinstance(header, Unreadable):
            raise InputError(f"{self._path}: line {header.line}: the header cannot be read: {header.error}")
        return self._settings.columns or self._names(*header)

    def _names(self, header: bytes, line: int) -> tuple[str, ...]:
        place = f"{self._path}: line {line}: the header"
        try:
            text = header.rstrip(b"\r\n").decode()
        except UnicodeDecodeError as error:
            raise InputError(f"{place} is not UTF-8") from error
        names = next(_dialect(self._format or Format.CSV, self._settings).read([text]), [])
        if any(not name for name in names):
            raise InputError(f"{place} has a column without a name; name all by --columns")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(f"{place} names a column twice: {', '.join(twice)}; name all by --columns")
        return tuple(names)

    def _format_by_name(self) -> Format | None:
        if self._settings.format != "auto":
            return Format(self._settings.format)
        name = PurePath(self._path.lower())
        if name.suffix in _COMPRESSED:
            name = PurePath(name.stem)
        return _SUFFIXES.get(name.suffix)


def _head(source: ByteSource) -> bytes:
    """The first bytes, up to one that is not blank."""
    head = b""
    while len(head) < _SNIFF and not (len(head) >= len(_BOM) and head.removeprefix(_BOM).strip()):
        fresh = source.read(_SNIFF, None)
        if fresh == b"":
            break
        head += fresh or b""
    return head
