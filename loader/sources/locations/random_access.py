"""Random access to what lies at a location, as a file object of Python."""

from __future__ import annotations

import io
import os
from typing import Any

from loader.sources.errors import InputError
from loader.sources.locations.base import Location
from loader.sources.locations.byte_source import Content

_NEAR = 64 * 1024  # bytes forward that are read past rather than opened anew


class RandomAccess(io.RawIOBase):
    """A file object, to be read and sought, over a location that is `seekable` and whose size is known.

    Each place that is sought is opened there when it is read. Raises InputError. Used by one thread.
    """

    def __init__(self, location: Location) -> None:
        self._location = location
        self._content: Content | None = location.open()
        size = self._content.size()
        if size is None or not location.seekable:
            self._content.close()
            told = (
                "is not read from its beginning to its end, and a pipe, or a server without ranges, gives it in no "
                "other way; save it as a file, and load that"
            )
            raise InputError(f"{location.name}: {told}")
        self._size = size
        self._place = 0  # where the next read begins
        self._at = 0  # where `_content` stands

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        if self._place >= self._size or not len(view):
            return 0
        data = self._there().read(len(view), None) or b""
        view[: len(data)] = data
        self._at += len(data)
        self._place = self._at
        return len(data)

    def close(self) -> None:
        if self._content is not None:
            self._content.close()
            self._content = None
        super().close()

    def _there(self) -> Content:
        """What lies there, from the place that was sought on."""
        if self._content is not None and 0 < self._place - self._at <= _NEAR:
            while self._at < self._place and (passed := self._content.read(self._place - self._at, None)):
                self._at += len(passed)
        if self._content is None or self._at != self._place:
            if self._content is not None:
                self._content.close()
            self._content = self._location.open_at(self._place)
            self._at = self._place
        return self._content


def random_access(location: Location) -> io.BufferedReader:
    """What lies at `location`, with a buffer, to be closed by the caller. Raises InputError."""
    return io.BufferedReader(RandomAccess(location))
