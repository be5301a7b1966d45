"""Byte sources: files, pipes, standard input."""

from __future__ import annotations

import io
import os
import select
import stat
from typing import BinaryIO, Protocol

from loader.shortage import reason_of
from loader.sources.errors import InputError


class ByteSource(Protocol):
    """Bytes in order, read by one thread."""

    @property
    def name(self) -> str:
        """What errors call it."""

    @property
    def live(self) -> bool:
        """Whether a read may have to wait for somebody who writes."""

    @property
    def position(self) -> int:
        """How many bytes, as they lie on disk or come through the pipe, were taken so far."""

    def read(self, size: int, timeout: float | None) -> bytes | None:
        """About `size` bytes, fewer if fewer are there; b"" at the end; None if there are none yet.

        Waits at most `timeout` seconds where the source is live (None: as long as it takes). Raises InputError, after
        everything before the damage was given out, where bytes cannot be read.
        """

    def close(self) -> None:
        """Give back what is open. Idempotent."""


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
            raise _unreadable(self, error) from error
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


class FileObject:
    """A binary file object without a descriptor. It is left open."""

    live = False

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self.position = 0
        self._file = file

    def read(self, size: int, timeout: float | None) -> bytes | None:  # noqa: ARG002 - it cannot be waited for
        try:
            data = self._file.read(size)
        except OSError as error:
            raise _unreadable(self, error) from error
        self.position += len(data)
        return data

    def size(self) -> int | None:
        return None

    def close(self) -> None:
        """Nothing was opened here."""


class Prefixed:
    """A source some bytes of which were read already: they come first."""

    def __init__(self, head: bytes, source: ByteSource) -> None:
        self.name = source.name
        self.live = source.live
        self._head = head
        self._source = source

    @property
    def position(self) -> int:
        return self._source.position

    def read(self, size: int, timeout: float | None) -> bytes | None:
        if self._head:
            head, self._head = self._head, b""
            return head
        return self._source.read(size, timeout)

    def close(self) -> None:
        self._source.close()


def standard_input(stdin: BinaryIO | int | None, name: str) -> Descriptor | FileObject:
    """Standard input by its descriptor; nothing may have been read through a buffered `stdin` before.

    None is descriptor 0. Never closed from here.
    """
    if stdin is None:
        return Descriptor(0, name, owned=False)
    if isinstance(stdin, int):
        return Descriptor(stdin, name, owned=False)
    try:
        return Descriptor(stdin.fileno(), name, owned=False)
    except io.UnsupportedOperation:
        return FileObject(stdin, name)


def open_path(path: str) -> Descriptor:
    """The file or FIFO at `path`; waits until somebody writes to a FIFO. Raises InputError.

    What is a regular file now is opened without waiting, and what turns out to be of another type than it was a moment
    ago is not read: a file that gives way to a FIFO must not hang the load.
    """
    try:
        before = os.stat(path)
        waits = 0 if stat.S_ISFIFO(before.st_mode) else os.O_NONBLOCK
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | waits)
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be opened: {reason_of(error)}") from error
    descriptor = Descriptor(fd, path, owned=True)
    after = os.fstat(fd).st_mode
    if stat.S_ISDIR(after) or stat.S_IFMT(after) != stat.S_IFMT(before.st_mode):
        descriptor.close()
        raise InputError(f"{path}: is a directory, not a file" if stat.S_ISDIR(after) else f"{path}: changed its type")
    return descriptor


def _place(fd: int) -> int:
    """Where reading goes on: a shell may have read from a file before it became standard input."""
    return os.lseek(fd, 0, os.SEEK_CUR)


def _readable(fd: int, timeout: float | None) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN | select.POLLPRI)
    return bool(poll.poll(None if timeout is None else max(0.0, timeout) * 1000))


def _unreadable(source: ByteSource, error: OSError) -> InputError:
    return InputError(f"{source.name}: cannot be read on after {source.position:,} bytes: {error.strerror}")
