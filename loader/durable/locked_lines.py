"""Append-only files of whole lines, locked to one process, with no torn line in the middle."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from loader.durable import files

_BLOCK = 2**16


def open_to_append(path: Path, what: str) -> int:
    """A private descriptor that reads and appends, locked for this process; the file is made if there is none.

    Raises OSError. Devices are not locked: they are everybody's, and keep nothing.
    """
    fd = files.open_private(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    try:
        if is_regular(fd):
            files.lock(fd, path, what)
    except OSError:
        os.close(fd)
        raise
    return fd


def is_regular(fd: int) -> bool:
    return stat.S_ISREG(os.fstat(fd).st_mode)


def append_lines(fd: int, length: int, data: bytes) -> int:
    """Append whole lines to a file of `length` bytes; returns how many bytes stand in it afterwards.

    Where not all of `data` fits, the file is cut back to the last whole line, and the OSError comes out with the bytes
    of whole lines that stayed as `LinesCutError.kept`.
    """
    try:
        files.write_all(fd, data)
    except OSError as error:
        raise LinesCutError(error, _cut_back(fd, length, data)) from error
    return length + len(data)


class LinesCutError(OSError):
    """Not all lines could be written; the first `kept` bytes, whole lines, were."""

    def __init__(self, error: OSError, kept: int) -> None:
        super().__init__(error.errno, error.strerror)
        self.kept = kept


def _cut_back(fd: int, length: int, data: bytes) -> int:
    if not is_regular(fd):
        return 0
    written = os.fstat(fd).st_size - length
    kept = data.rfind(b"\n", 0, max(0, written)) + 1
    if written > kept:
        os.ftruncate(fd, length + kept)
    return kept


def sync_or_cut(fd: int, durable: int) -> None:
    """Make a file durable, or cut it back to the length that is. Raises OSError, that of the fsync.

    An fsync that failed may have dropped what it should have written, and the next one succeeds all the same
    (PostgreSQL wiki, "Fsync Errors"): whoever read these lines from the page cache would rely on what is not there.
    """
    try:
        files.sync(fd)
    except OSError:
        with suppress(OSError):
            os.ftruncate(fd, durable)
        raise


def unended_line(fd: int) -> bytes:
    """The bytes after the last newline of the file: empty if its last line is whole."""
    return _line_before(fd, os.fstat(fd).st_size)


def last_line(fd: int) -> bytes:
    """The last line of the file, with its newline if it has one."""
    size = os.fstat(fd).st_size
    return _line_before(fd, size - 1) + os.pread(fd, 1, size - 1) if size else b""


def _line_before(fd: int, stop: int) -> bytes:
    """The bytes between the last newline before `stop`, or the beginning of the file, and `stop`."""
    start = stop
    while start > 0:
        begin = max(0, start - _BLOCK)
        newline = os.pread(fd, start - begin, begin).rfind(b"\n")
        if newline >= 0:
            return _read(fd, begin + newline + 1, stop)
        start = begin
    return _read(fd, start, stop)


def _read(fd: int, start: int, stop: int) -> bytes:
    pieces = []
    while start < stop and (piece := os.pread(fd, stop - start, start)):
        pieces.append(piece)
        start += len(piece)
    return b"".join(pieces)
