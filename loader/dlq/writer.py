"""Writer of a dead letter queue: exclusive, append-only, synced on request."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from loader.dlq.errors import DlqError
from loader.durable import files
from loader.durable.locked_lines import (
    LinesCutError,
    append_lines,
    is_regular,
    open_to_append,
    sync_or_cut,
    unended_line,
)

_BUFFER = 2**20


class DlqWriter:
    """Appends letters under an exclusive lock; the file is made with its first letter. Used by one thread.

    Opening one that exists first ends a last line without newline with one if it parses, and cuts it otherwise.
    Raises DlqError, from the constructor where the queue cannot be used (nothing was read then).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.length = 0  # bytes in the file, those not yet safe too
        self._durable = 0  # those that an fsync has written, or an earlier process left
        self._fd: int | None = None
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._unsynced = False
        try:
            if not path.is_char_device():
                files.check_folder(path)
            if os.path.lexists(path):
                self._open()
        except OSError as error:
            raise DlqError(files.sentence(path, error)) from error

    def append(self, lines: bytes) -> None:
        """Take whole lines; they are safe after the next `sync`."""
        self._buffer.append(lines)
        self._buffered += len(lines)
        if self._buffered >= _BUFFER:
            self._write()

    def sync(self) -> int:
        """Make all lines durable; returns the length of the file in bytes.

        A queue that was moved, deleted or cut while it was written is an error: its letters are not where they are
        looked for.
        """
        self._write()
        if self._fd is not None:
            try:
                if self._unsynced:
                    sync_or_cut(self._fd, self._durable)
                    self._durable = self.length
                files.check_in_place(self._fd, self.path, self.length)
            except OSError as error:
                raise self._failed(error) from error
            self._unsynced = False
        return self.length

    def close(self) -> None:
        """Give the lock back; what was not synced may be lost. Idempotent."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _write(self) -> None:
        if not self._buffer:
            return
        data = b"".join(self._buffer)
        try:
            fd = self._opened()
            self._unsynced = True
            self.length = append_lines(fd, self.length, data)
        except LinesCutError as error:
            self.length += error.kept
            self._hold(data[error.kept :])
            raise self._failed(error) from error
        except OSError as error:
            raise self._failed(error) from error
        self._hold(b"")

    def _hold(self, data: bytes) -> None:
        self._buffer = [data] if data else []
        self._buffered = len(data)

    def _opened(self) -> int:
        if self._fd is None:
            self._open()
        assert self._fd is not None  # noqa: S101 - _open has set it or raised
        return self._fd

    def _open(self) -> None:
        fd = open_to_append(self.path, "dead letter queue")
        try:
            self.length = self._durable = _mend_tail(fd)
            self._unsynced = True  # what a killed run wrote and did not sync is about to be relied on
            if is_regular(fd):
                files.sync_folder(self.path.parent)
        except OSError:
            os.close(fd)
            raise
        self._fd = fd

    def _failed(self, error: OSError) -> DlqError:
        reason = error.strerror or str(error)
        return DlqError(f"{self.path}: the dead letter queue cannot be written: {reason}")


def _mend_tail(fd: int) -> int:
    """End a last line without newline, or cut it if it is torn; returns the length of the file."""
    if not is_regular(fd):
        return 0
    length = os.fstat(fd).st_size
    last = unended_line(fd)
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
