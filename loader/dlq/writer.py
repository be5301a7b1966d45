"""The one writer of a dead letter queue."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from loader import files
from loader.dlq.errors import DlqError

_BUFFER = 2**20
_BLOCK = 2**16


class DlqWriter:
    """Appends letters under an exclusive lock; the file is made with its first letter. Used by one thread.

    Opening one that exists first ends a last line without newline with one if it parses, and cuts it otherwise.
    Raises DlqError, from the constructor where the queue cannot be used (nothing was read then).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None
        self._buffer: list[bytes] = []
        self._buffered = 0
        self.length = 0  # bytes on disk
        try:
            files.check_folder(path)
            if os.path.lexists(path):
                self._open()
        except OSError as error:
            raise DlqError(str(error)) from error

    def append(self, lines: Iterable[bytes]) -> None:
        """Take whole lines; they are safe after the next `sync`."""
        for line in lines:
            self._buffer.append(line)
            self._buffered += len(line)
        if self._buffered >= _BUFFER:
            self._write()

    def sync(self) -> int:
        """Make all lines durable; returns the length of the file in bytes."""
        if self._buffer:
            self._write()
            try:
                files.sync(self._descriptor())
            except OSError as error:
                raise self._failed(error) from error
        return self.length

    def close(self) -> None:
        """Give the lock back; what was not synced is not written. Idempotent."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _write(self) -> None:
        data = b"".join(self._buffer)
        try:
            files.write_all(self._descriptor(), data)
        except OSError as error:
            self._cut_back()
            raise self._failed(error) from error
        self._buffer.clear()
        self._buffered = 0
        self.length += len(data)

    def _descriptor(self) -> int:
        if self._fd is None:
            self._open()
            files.sync_folder(self.path.parent)
        assert self._fd is not None  # noqa: S101 - _open has set it or raised
        return self._fd

    def _open(self) -> None:
        fd = files.open_private(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            files.lock(fd, self.path, "dead letter queue")
            self.length = _mend_tail(fd)
        except OSError:
            os.close(fd)
            raise
        self._fd = fd

    def _cut_back(self) -> None:
        """Take a half-written piece off again, so that the queue ends with a whole letter."""
        if self._fd is not None and os.lseek(self._fd, 0, os.SEEK_END) > self.length:
            os.ftruncate(self._fd, self.length)

    def _failed(self, error: OSError) -> DlqError:
        reason = error.strerror or str(error)
        return DlqError(f"{self.path}: the dead letter queue cannot be written: {reason}")


def _mend_tail(fd: int) -> int:
    """End a last line without newline, or cut it if it is torn; returns the length of the file."""
    length = os.lseek(fd, 0, os.SEEK_END)
    start = length
    tail = b""
    while start > 0 and b"\n" not in tail:
        begin = max(0, start - _BLOCK)
        tail = os.pread(fd, start - begin, begin) + tail
        start = begin
    last = tail[tail.rfind(b"\n") + 1 :]
    if not last:
        return length
    if _parses(last):
        files.write_all(fd, b"\n")
        return length + 1
    os.ftruncate(fd, length - len(last))
    return length - len(last)


def _parses(line: bytes) -> bool:
    try:
        return isinstance(msgspec.json.decode(line), dict)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
