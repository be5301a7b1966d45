"""Byte sources: bytes in order, as an opened location gives them."""

from __future__ import annotations

from typing import Protocol


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
        """How far it was read, in bytes as they lie on disk or come through the pipe, counted from the first of all."""

    def read(self, size: int, timeout: float | None) -> bytes | None:
        """About `size` bytes, fewer if fewer are there; b"" at the end; None if there are none yet.

        Waits at most `timeout` seconds where the source is live (None: as long as it takes). Raises InputError, after
        everything before the damage was given out, where bytes cannot be read.
        """

    def close(self) -> None:
        """Give back what is open. Idempotent."""


class Content(ByteSource, Protocol):
    """What a location holds, as it lies there."""

    def size(self) -> int | None:
        """All of its bytes; None where that cannot be known."""


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
