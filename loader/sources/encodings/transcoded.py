"""Sources of text of other encodings, as UTF-8."""

from __future__ import annotations

import codecs

from loader.sources.encodings.misfits import END, HANDLER
from loader.sources.errors import InputError
from loader.sources.locations.byte_source import ByteSource


class Transcoded:
    """The text of a source, which is of `encoding`, as UTF-8; `misfits` says what becomes of bytes that do not fit.

    Raises InputError, after all text before, where the next character cannot be found.
    """

    def __init__(self, source: ByteSource, encoding: str) -> None:
        self.name = source.name
        self.live = source.live
        self._source = source
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)(HANDLER)
        self._ended = False
        self._failure: InputError | None = None

    @property
    def position(self) -> int:
        return self._source.position

    def read(self, size: int, timeout: float | None) -> bytes | None:
        if self._failure is not None:
            raise self._failure
        if self._ended:
            return b""
        fresh = self._source.read(size, timeout)
        if fresh is None:
            return None
        self._ended = not fresh
        text, *failed = self._decoder.decode(fresh, self._ended).split(END, 1)
        if failed:
            where = "at the end" if self._ended else f"before byte {self._source.position:,}"
            told = f"what stands {where} is no character of {self._encoding}, and nothing behind it can be read"
            self._failure = InputError(f"{self.name}: {told}; is that its encoding (--encoding)?")
        if text:
            return text.encode("utf-8", "surrogatepass")
        if self._failure is not None:
            raise self._failure
        return b"" if self._ended else None

    def close(self) -> None:
        self._source.close()
