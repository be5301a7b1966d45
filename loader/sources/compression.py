"""Decompression of gzip and zstd, found by magic bytes and read as streams."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from loader.sources.errors import InputError
from loader.sources.locations.byte_source import ByteSource, Prefixed

_READ = 64 * 1024
_WINDOW_BITS = 31  # a gzip header, and the largest window


class _Member(Protocol):
    """One gzip member or zstd frame."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class _DamagedError(Exception):
    """The data are not what they claim to be; `salvaged` is what came out before the damage."""

    def __init__(self, reason: str, salvaged: bytes = b"") -> None:
        super().__init__(reason)
        self.salvaged = salvaged


@dataclass(frozen=True, slots=True)
class _Codec:
    """`step`: how many compressed bytes are taken at once, few enough that even a bomb comes out in bearable pieces
    (deflate grows a thousandfold, zstd 128 KiB for every four bytes). `padding` may stand between and after members."""

    name: str
    magic: bytes
    step: int
    padding: bytes
    start: Callable[[], _Member]


class _GzipMember:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_WINDOW_BITS)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, /) -> bytes:
        before = self._stream.copy()
        try:
            return self._stream.decompress(data)
        except zlib.error as error:
            raise _DamagedError(str(error), _salvage(before, data)) from error


class _ZstdFrame:
    def __init__(self) -> None:
        import zstandard  # an optional extra: needed only where such a file turns up

        self._stream = zstandard.ZstdDecompressor().decompressobj()
        self._error = zstandard.ZstdError

    @property
    def eof(self) -> bool:
        return bool(self._stream.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._stream.unused_data)

    def decompress(self, data: bytes, /) -> bytes:
        try:
            return bytes(self._stream.decompress(data))
        except self._error as error:
            raise _DamagedError(str(error)) from error


_CODECS = (
    _Codec("gzip", b"\x1f\x8b", 16 * 1024, b"\0", _GzipMember),
    _Codec("zstd", b"\x28\xb5\x2f\xfd", 1024, b"", _ZstdFrame),
)


class Decompressed:
    """The plain bytes of a compressed source: members or frames one after the other."""

    def __init__(self, source: ByteSource, codec: _Codec) -> None:
        self.name = source.name
        self.live = source.live
        self._source = source
        self._codec = codec
        self._member: _Member | None = codec.start()
        self._input = b""
        self._given = 0
        self._failure: InputError | None = None

    @property
    def position(self) -> int:
        return self._source.position

    def read(self, size: int, timeout: float | None) -> bytes | None:
        if not self._input and self._failure is None:
            fresh = self._source.read(_READ, timeout)
            if fresh is None:
                return None
            if not fresh:
                return self._end()
            self._input = fresh
        output = self._decompress(size)
        if not output and self._failure is not None:
            raise self._failure
        self._given += len(output)
        return output or None

    def close(self) -> None:
        self._source.close()

    def _decompress(self, size: int) -> bytes:
        parts: list[bytes] = []
        missing = size
        while missing > 0 and self._input and self._failure is None:
            try:
                parts.append(self._step())
            except _DamagedError as damage:
                parts.append(damage.salvaged)
                self._failure = self._damaged(f"is damaged ({damage})")
            missing -= len(parts[-1])
        return b"".join(parts)

    def _step(self) -> bytes:
        if self._member is None:
            self._input = self._input.lstrip(self._codec.padding) if self._codec.padding else self._input
            if not self._input:
                return b""
            self._member = self._codec.start()
        piece, self._input = self._input[: self._codec.step], self._input[self._codec.step :]
        output = self._member.decompress(piece)
        if self._member.eof:
            self._input = self._member.unused_data + self._input
            self._member = None
        return output

    def _end(self) -> bytes:
        if self._member is not None:
            raise self._damaged("ends too early")
        return b""

    def _damaged(self, what: str) -> InputError:
        return InputError(
            f"{self.name}: the {self._codec.name} data {what} at about byte {self._source.position:,} of the file, "
            f"after {self._given:,} good bytes of content"
        )


def decompressed(source: ByteSource) -> tuple[ByteSource, str]:
    """The plain bytes of `source`, and the name of its compression, "" for none.

    Waits for its first bytes, no more than tell. Raises InputError if it is zstd and the extra is not installed.
    """
    head = b""
    while any(codec.magic.startswith(head) and head != codec.magic for codec in _CODECS):
        fresh = source.read(_READ, None)
        if fresh == b"":
            break
        head += fresh or b""
    whole = Prefixed(head, source)
    codec = next((codec for codec in _CODECS if head.startswith(codec.magic)), None)
    if codec is None:
        return whole, ""
    try:
        return Decompressed(whole, codec), codec.name
    except ModuleNotFoundError as error:
        raise InputError(f"{source.name}: is compressed by zstd; to read it: pip install 'loader[zstd]'") from error


def _salvage(stream: zlib._Decompress, data: bytes) -> bytes:
    """What comes out of `data` before the byte that does not fit."""
    output = bytearray()
    with contextlib.suppress(zlib.error):  # it is the error that brought us here
        for index in range(len(data)):
            output += stream.decompress(data[index : index + 1])
    return bytes(output)
