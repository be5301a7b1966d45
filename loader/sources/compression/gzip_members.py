"""Members of gzip (RFC 1952), decompressed by zlib."""

from __future__ import annotations

import contextlib
import zlib

from loader.sources.compression.base import CorruptedError

_WINDOW_BITS = 31  # a gzip header, and the largest window


class GzipMember:
    """A member of gzip by zlib: where it is damaged, all that stands before the damage comes out."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_WINDOW_BITS)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        return not self._stream.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        data = self._stream.unconsumed_tail + data
        before = self._stream.copy()
        try:
            return self._stream.decompress(data, max_length)
        except zlib.error as error:
            raise CorruptedError(str(error), _salvaged(before, data)) from error


def _salvaged(stream: zlib._Decompress, data: bytes) -> bytes:
    """What comes out of `data` before the byte that does not fit."""
    output = bytearray()
    with contextlib.suppress(zlib.error):  # it is the error that brought us here
        for index in range(len(data)):
            output += stream.decompress(data[index : index + 1])
    return bytes(output)
