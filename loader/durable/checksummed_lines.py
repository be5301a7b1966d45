"""Append-only files of checksummed lines: crc32 as 8 hex digits, a space, JSON, a newline.

A line is whole only with its newline and a checksum that is right. The last one may be torn, by a crash while it was
written: then nothing relied on it yet, and it is left out. A damaged one before it was relied on, and is an error.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from loader.durable import files
from loader.durable.locked_lines import append_lines, is_regular, last_line, open_to_append, sync_or_cut


class DamagedError(Exception):
    """A line that was relied on is damaged; the text names file and line."""


def seal(payload: bytes) -> bytes:
    """`payload`, JSON without newlines, as a line."""
    return b"%08x %b\n" % (crc32(payload), payload)


def unseal(line: bytes) -> bytes | None:
    """The payload of a whole line, None for any other."""
    checksum, _, payload = line[:-1].partition(b" ")
    return payload if line.endswith(b"\n") and checksum == b"%08x" % crc32(payload) else None


def read_checksummed(path: Path) -> Iterator[bytes]:
    """The payloads of all whole lines at `path`, lazily; never through a symlink. Raises OSError and DamagedError."""
    with os.fdopen(files.open_private(path, os.O_RDONLY), "rb") as file:
        for payload, _ in _whole_lines(file, path):
            yield payload


def last_checksummed(path: Path) -> bytes | None:
    """The payload of the last line at `path`, None if it is torn or there is none. Raises OSError."""
    fd = files.open_private(path, os.O_RDONLY)
    try:
        return unseal(last_line(fd))
    finally:
        os.close(fd)


def _whole_lines(file: BinaryIO, path: Path) -> Iterator[tuple[bytes, int]]:
    """Each payload with the offset at which its line ends."""
    end = torn = 0
    for number, line in enumerate(file, 1):
        if torn:
            raise DamagedError(f"{path}: line {torn} is damaged")
        payload = unseal(line)
        if payload is None:
            torn = number
            continue
        end += len(line)
        yield payload, end


class ChecksummedFile:
    """Appends lines under an exclusive lock, each durable when the call returns. Used by one thread."""

    def __init__(self, path: Path, what: str) -> None:
        """Open or make the file and cut a torn last line. Raises OSError and DamagedError.

        `what` is how a sentence calls the file that another process has locked.
        """
        self._fd = open_to_append(path, what)
        try:
            self._length = self._mended(path)
        except (OSError, DamagedError):
            os.close(self._fd)
            raise
        self._open = True

    def append(self, payload: bytes) -> None:
        """Raises OSError; then nothing of the line stays, so that a later one is not glued to it."""
        length = append_lines(self._fd, self._length, seal(payload))
        sync_or_cut(self._fd, self._length)
        self._length = length

    def close(self) -> None:
        """Give the lock back. Idempotent."""
        if self._open:
            self._open = False
            os.close(self._fd)

    def _mended(self, path: Path) -> int:
        if not is_regular(self._fd):
            return 0
        length = 0
        with open(self._fd, "rb", closefd=False) as file:
            for _, end in _whole_lines(file, path):
                length = end
        if os.fstat(self._fd).st_size > length:
            os.ftruncate(self._fd, length)
        files.sync(self._fd)  # what is read from here on is relied on
        files.sync_folder(path.parent)
        return length
