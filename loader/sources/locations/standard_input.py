"""Standard input as a location."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import BinaryIO

from loader.sources.locations.access import Access
from loader.sources.locations.base import Fingerprint, Location, LocationKind
from loader.sources.locations.byte_source import Content
from loader.sources.locations.descriptor import Descriptor, unreadable
from loader.sources.locations.names import STANDARD_INPUT


class StandardInput(Location):
    """What is piped into the program; it is never closed from here.

    Read by its descriptor: nothing may have been read through a buffered `stdin` before.
    """

    name = STANDARD_INPUT
    once = True
    places = ()
    identity = None

    def __init__(self, stdin: BinaryIO | int = 0) -> None:
        """`stdin` is a descriptor, or a file object, which need not have one."""
        self._stdin = stdin

    def open(self) -> Content:
        if isinstance(self._stdin, int):
            return Descriptor(self._stdin, self.name, owned=False)
        try:
            return Descriptor(self._stdin.fileno(), self.name, owned=False)
        except io.UnsupportedOperation:
            return _FileObject(self._stdin, self.name)

    def fingerprint(self) -> Fingerprint:
        return Fingerprint()


class StandardInputKind(LocationKind):
    """`-`."""

    def expand(self, pattern: str, access: Access) -> Sequence[Location]:  # noqa: ARG002 - there is one
        return [StandardInput()]


KIND = StandardInputKind()


class _FileObject:
    """A binary file object without a descriptor."""

    live = False

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self.position = 0
        self._file = file

    def read(self, size: int, timeout: float | None) -> bytes | None:  # noqa: ARG002 - it cannot be waited for
        try:
            data = self._file.read(size)
        except OSError as error:
            raise unreadable(self, error) from error
        self.position += len(data)
        return data

    def size(self) -> int | None:
        return None

    def close(self) -> None:
        """Nothing was opened here."""
