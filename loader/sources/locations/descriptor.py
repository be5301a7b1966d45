"""Descriptors: open files, pipes and devices, read without buffers."""

from __future__ import annotations

import os
import select
import stat

from loader.shortage import reason_of
from loader.sources.errors import InputError
from loader.sources.locations.byte_source import ByteSource


class Descriptor:
    """A file descriptor, read without buffers or locks, so that an abandoned thread holds up nobody's exit."""

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

    def read(self, size: int, timeout: float | None) -> bytes | None:
        try:
            if self.live and not _readable(self._fd, timeout):
                return None
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
        if self._open:
            self._open = False
            os.close(self._fd)


def _place(fd: int) -> int:
    """Where reading goes on: a shell may have read from a file before it became standard input."""
    return os.lseek(fd, 0, os.SEEK_CUR)


def _readable(fd: int, timeout: float | None) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN | select.POLLPRI)
    return bool(poll.poll(None if timeout is None else max(0.0, timeout) * 1000))


def unreadable(source: ByteSource, error: OSError) -> InputError:
    """A source that failed in the middle."""
    return InputError(f"{source.name}: cannot be read on after {source.position:,} bytes: {error.strerror}")
