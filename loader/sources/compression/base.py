"""Compression: how a compression is told by its first bytes, and what decompresses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Unpacker(Protocol):
    """One gzip member, zstd or lz4 frame, or stream of bzip2 or xz: of the shape of `bz2.BZ2Decompressor`."""

    @property
    def eof(self) -> bool:
        """Whether its end was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether there is no more to come of what was handed over."""

    @property
    def unused_data(self) -> bytes | None:
        """What was handed over and stands behind its end."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most `max_length` bytes of what comes of `data` and of what is left from before.

        Raises one of the codec's `errors`, or CorruptedError.
        """


class CorruptedError(Exception):
    """The data are not what they claim to be; `salvaged` is what came out before the damage."""

    def __init__(self, reason: str, salvaged: bytes = b"") -> None:
        super().__init__(reason)
        self.salvaged = salvaged


@dataclass(frozen=True, slots=True)
class Compression:
    """A compression: `magics` are what its data can begin with, `padding` may stand between and behind members.

    `endings` are those of names of files.
    `start` gives what decompresses one member, and raises ModuleNotFoundError where `extra` of the package is not
    installed. `errors` gives the exceptions that say that data are damaged.
    """

    name: str
    magics: tuple[bytes, ...]
    endings: tuple[str, ...]
    start: Callable[[], Unpacker]
    errors: Callable[[], tuple[type[Exception], ...]]
    padding: bytes = b""
    extra: str = ""

    def fits(self, head: bytes) -> bool:
        """Whether what begins with `head` is compressed so."""
        return head.startswith(self.magics)

    def may_fit(self, head: bytes) -> bool:
        """Whether it might be, with more bytes than `head` has."""
        return any(magic.startswith(head) and head != magic for magic in self.magics)
