"""Decompression of sources: the plain bytes, up to where they are damaged."""

from __future__ import annotations

from loader.sources.compression.base import Compression, CorruptedError, Unpacker
from loader.sources.compression.compressions import COMPRESSIONS
from loader.sources.errors import InputError
from loader.sources.locations.byte_source import ByteSource, Prefixed

_READ = 64 * 1024  # bytes, of what is compressed
_PIECE = 64 * 1024  # bytes that come out at once, however small what they come of is


class Decompressed:
    """The plain bytes of a compressed source: members or frames one after the other.

    Raises InputError at damage, after what came out before it, and where more than `most` bytes come out.
    """

    def __init__(self, source: ByteSource, codec: Compression, most: int) -> None:
        """Raises ModuleNotFoundError where the codec's extra is not installed."""
        self.name = source.name
        self.live = source.live
        self._source = source
        self._codec = codec
        self._most = most
        self._member: Unpacker | None = codec.start()
        self._errors = codec.errors()
        self._input = b""  # that no member has taken yet
        self._given = 0
        self._failure: InputError | None = None

    @property
    def position(self) -> int:
        return self._source.position

    def read(self, size: int, timeout: float | None) -> bytes | None:
        if self._failure is None and self._takes_input:
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

    @property
    def _takes_input(self) -> bool:
        return not self._input and (self._member is None or self._member.needs_input)

    def _decompress(self, size: int) -> bytes:
        parts: list[bytes] = []
        missing = size
        while missing > 0 and self._failure is None and not self._takes_input:
            parts.append(self._piece(min(missing, _PIECE)))
            missing -= len(parts[-1])
        output = b"".join(parts)
        if self._given + len(output) > self._most:
            told = f"unpacks to more than input.max_unpacked ({self._most:,} bytes); if it is to be so large, raise it"
            self._failure = InputError(f"{self.name}: {told}")
            return output[: self._most - self._given]
        return output

    def _piece(self, most: int) -> bytes:
        if self._member is None:
            self._input = self._input.lstrip(self._codec.padding) if self._codec.padding else self._input
            if not self._input:
                return b""
            self._member = self._codec.start()
        data, self._input = self._input, b""
        try:
            output = self._member.decompress(data, most)
        except CorruptedError as damage:
            self._failure = self._damaged(f"is damaged ({damage})")
            return damage.salvaged
        except self._errors as error:
            self._failure = self._damaged(f"is damaged ({error})")
            return b""
        if self._member.eof:
            self._input = self._member.unused_data or b""
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


def decompressed(source: ByteSource, most: int) -> tuple[ByteSource, str]:
    """The plain bytes of `source`, at most so many, and the name of its compression, "" for none.

    Waits for its first bytes, no more than tell. Raises InputError if what decompresses it is not installed.
    """
    head = b""
    while any(codec.may_fit(head) for codec in COMPRESSIONS):
        fresh = source.read(_READ, None)
        if fresh == b"":
            break
        head += fresh or b""
    whole = Prefixed(head, source)
    codec = next((codec for codec in COMPRESSIONS if codec.fits(head)), None)
    if codec is None:
        return whole, ""
    try:
        return Decompressed(whole, codec, most), codec.name
    except ModuleNotFoundError as error:
        told = f"is compressed by {codec.name}; to read it: pip install 'loader[{codec.extra}]'"
        raise InputError(f"{source.name}: {told}") from error
