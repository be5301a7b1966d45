"""Descriptors: open files, pipes and devices, read without buffers."""

from __future__ import annotations

import os
import select
import stat
import threading
import time

from loader.shortage import reason_of
from loader.sources.errors import InputError
from loader.sources.locations.byte_source import ByteSource

_GLANCE = 0.25  # seconds after which a read that waits looks whether anybody still wants it


class Descriptor:
    """A file descriptor, read without buffers, by a thread that may be abandoned.

    No lock is held while a read waits, and what is read is never another file that got the number of this one.
    """

    def __init__(self, fd: int, name: str, *, owned: bool) -> None:
        """`owned`: closed by `close`. Raises InputError if `fd` is not open for reading."""
        try:
            facts = os.fstat(fd)
        except OSError as error:
            raise InputError(f"{name}: cannot be read: {reason_of(error)}") from error
        self.live = not stat.S_ISREG(facts.st_mode)
        self._least = 0 if self.live else facts.st_size - _place(fd)
        self.name = name
        self.position = 0
        self._fd = fd
        self._open = owned
        self._guard = threading.Lock()  # of the two that follow
        self._is_read = False
        self._is_closed = False

    def read(self, size: int, timeout: float | None) -> bytes | None:
        """As every source; b"" once it is closed, also by another thread meanwhile."""
        with self._guard:
            if self._is_closed:
                return b""
            self._is_read = True
        try:
            return self._read(size, timeout)
        finally:
            with self._guard:
                self._is_read = False
                if self._is_closed:
                    self._give_back()

    def _read(self, size: int, timeout: float | None) -> bytes | None:
        try:
            if self.live and not self._wait(timeout):
                return b"" if self._is_closed else None
            data = os.read(self._fd, size)
        except BlockingIOError:
            return None
        except OSError as error:
            raise unreadable(self, error) from error
        self.position += len(data)
        if not data and self.position < self._least:
            raise InputError(f"{self.name}: shrank from {self._least:,} to {self.position:,} bytes while it was read")
        return data

    def skip_to(self, offset: int) -> None:
        """Go on at `offset` of a regular file."""
        self.position = os.lseek(self._fd, offset, os.SEEK_SET)

    def size(self) -> int | None:
        """The size of a regular file in bytes, else None."""
        return None if self.live else os.fstat(self._fd).st_size

    def close(self) -> None:
        """From any thread: a read that waits ends soon, and gives the descriptor back."""
        with self._guard:
            self._is_closed = True
            if not self._is_read:
                self._give_back()

    def _give_back(self) -> None:
        if self._open:
            self._open = False
            os.close(self._fd)

    def _wait(self, timeout: float | None) -> bool:
        """Whether there is something to read within `timeout` seconds, as long as it is not closed."""
        poll = select.poll()
        poll.register(self._fd, select.POLLIN | select.POLLPRI)
        ends = None if timeout is None else time.monotonic() + max(0.0, timeout)
        while not self._is_closed:
            left = _GLANCE if ends is None else min(_GLANCE, max(0.0, ends - time.monotonic()))
            if poll.poll(left * 1000):
                return True
            if ends is not None and time.monotonic() >= ends:
                return False
        return False


def _place(fd: int) -> int:
    """Where reading goes on: a shell may have read from a file before it became standard input."""
    return os.lseek(fd, 0, os.SEEK_CUR)


def unreadable(source: ByteSource, error: OSError) -> InputError:
    """A source that failed in the middle."""
    return InputError(f"{source.name}: cannot be read on after {source.position:,} bytes: {error.strerror}")
