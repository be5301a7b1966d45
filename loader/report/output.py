"""Standard output carries data, standard error what a person is told: whatever the locale, and however either ends.

Data is UTF-8. What a person reads on a terminal is in the terminal's own encoding, with escapes for what it cannot
show. Standard output that takes no more raises `OutputError` once; standard error that takes no more is passed over,
for what is said there is no reason to end a load.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

from loader.errors import LoaderError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STANDARD = (os.O_WRONLY, os.O_RDONLY, os.O_RDONLY)  # ways in which nothing can be read from 0, or written to 1 and 2


class OutputError(LoaderError, OSError):
    """Standard output is full or closed. Exit code 3."""


class ReaderGoneError(OutputError):
    """Whoever read standard output went away, as `| head` does: no fault of anybody."""


class _Stream(io.FileIO):
    """A descriptor that waits where it would block; the first failure goes to `_lose`, and then it takes all."""

    def __init__(self, fd: int) -> None:
        super().__init__(fd, "w", closefd=False)
        self._lost = False

    def write(self, data: ReadableBuffer, /) -> int:
        length = memoryview(data).nbytes
        if self._lost:
            return length
        try:
            # None: the descriptor was made not to block by another program that has it too, such as ssh.
            while (written := super().write(data)) is None:
                select.select((), (self,), ())
        except OSError as error:
            self._lost = True
            self._lose(error)
            return length
        return written

    def _lose(self, error: OSError) -> None:
        """Said to whoever looks at report and log."""


class _Data(_Stream):
    def _lose(self, error: OSError) -> None:
        if error.errno == errno.EPIPE:
            raise ReaderGoneError("standard output: its reader went away") from error
        reason = "it is closed" if error.errno == errno.EBADF else error.strerror
        raise OutputError(f"standard output cannot be written: {reason}") from error


def take_over_streams() -> None:
    """Make sys.stdout and sys.stderr what this module says. To be called once, before anything is opened.

    A descriptor of the three that is closed is filled by one that fails as it does, so that no file of ours gets its
    number and what others write to it.
    """
    for fd, way in enumerate(_STANDARD):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, way)
    sys.stdout = _text(_Data(1), sys.stdout, is_data=not os.isatty(1))
    sys.stderr = _text(_Stream(2), sys.stderr, is_data=False)


def _text(stream: _Stream, before: TextIO | None, *, is_data: bool) -> io.TextIOWrapper:
    encoding = "utf-8" if is_data or before is None else before.encoding
    writer = io.BufferedWriter(stream)
    return io.TextIOWrapper(writer, encoding, "backslashreplace", newline="", line_buffering=not is_data)


def show(text: str) -> None:
    """A line of data. Raises OutputError."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def show_bytes(data: bytes) -> None:
    """Data as it is, in its place among what `show` wrote; it may wait in a buffer. Raises OutputError."""
    sys.stdout.buffer.write(data)


def flush() -> None:
    """See that all data is out. Raises OutputError."""
    sys.stdout.flush()


def say(text: str) -> None:
    """A line for whoever watches."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
