"""Sources of text as sources of text of UTF-8."""

from __future__ import annotations

import codecs

from loader.config.encodings import AUTO, is_utf_8
from loader.sources.encodings.marks import UTF_8, marked_encoding, may_be_marked
from loader.sources.encodings.misfits import END, HANDLER
from loader.sources.errors import InputError
from loader.sources.locations.byte_source import ByteSource, Prefixed

_READ = 64 * 1024


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


def as_utf_8(source: ByteSource, said: str) -> tuple[ByteSource, str]:
    """The text of a source as UTF-8, and the encoding it has, "" where it is that.

    `said` is that of the config; what is "auto" there goes by the byte order mark. Waits for its first bytes, no more
    than tell. Raises InputError where the first bytes say that the text is of another encoding.
    """
    head = b""
    while may_be_marked(head):
        fresh = source.read(_READ, None)
        if fresh == b"":
            break
        head += fresh or b""
    whole = Prefixed(head, source)
    marked = marked_encoding(head)
    encoding = marked if said == AUTO else said
    if is_utf_8(encoding or UTF_8):
        return whole, ""
    if marked and said not in (AUTO, marked, marked[:6]):
        told = f"begins with the byte order mark of {marked}, and is not of {said}"
        raise InputError(f"{source.name}: {told}; without --encoding, or with auto, it is read")
    if said in ("utf-16", "utf-32") and not marked:
        raise InputError(f"{source.name}: has no byte order mark; say {said}-le, or {said}-be")
    if said.startswith(("utf-16", "utf-32")) and head and b"\0" not in head:
        raise InputError(f"{source.name}: is not of {said}: no byte of its beginning is zero")
    return Transcoded(whole, encoding), encoding
