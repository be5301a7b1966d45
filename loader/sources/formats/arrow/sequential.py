"""A byte source as a file object, which is read from its beginning to its end."""

from __future__ import annotations

import io

from loader.sources.errors import InputError
from loader.sources.locations.byte_source import ByteSource

_PIECE = 2**20  # bytes that are asked for at once, however many a damaged input says there are


class Sequential(io.RawIOBase):
    """A byte source as a file object. `has_ended` says whether it was read at its end."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._held = b""
        self.has_ended = False
        self._failure: InputError | None = None

    @property
    def position(self) -> int:
        """How far the source was read."""
        return self._source.position

    @property
    def is_live(self) -> bool:
        """Whether a read may have to wait for somebody who writes."""
        return self._source.live

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """So many bytes, fewer at the end alone; waits for them. Raises InputError."""
        if self._failure is not None:
            raise self._failure
        parts, missing = [self._held], size - len(self._held)
        while missing > 0 or size < 0:
            data = self._source.read(min(missing, _PIECE) if size > 0 else _PIECE, None)
            if data == b"":
                self.has_ended = True
                break
            parts.append(data or b"")
            missing -= len(data or b"")
        whole = b"".join(parts)
        cut = len(whole) if size < 0 else size
        self._held = whole[cut:]
        return whole[:cut]

    def waits(self, timeout: float) -> bool:
        """Wait for a byte more, so many seconds at most; whether there is one, the end, or an error for `read`."""
        if not (self._held or self.has_ended or self._failure):
            try:
                data = self._source.read(_PIECE, timeout)
            except InputError as error:
                self._failure = error
                return True
            self._held, self.has_ended = data or b"", data == b""
        return bool(self._held or self.has_ended or self._failure)

    def close(self) -> None:
        self._source.close()
        super().close()
