"""The first bytes of an input, read only as far as it takes to tell what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loader.sources.errors import InputError
from loader.sources.locations.byte_source import ByteSource, Prefixed

LOOKED_AT = 64 * 1024  # bytes after which no more is read

_BOMS = re.compile(rb"(?:\xef\xbb\xbf)*+")  # of files without a row that were put before others
_BLANK = b" \t\r\n"
_LINE_END = re.compile(rb"[\r\n]")
_WHOLE_LINE_END = re.compile(rb"\n|\r\n|\r(?!\Z)")
_READ = 64 * 1024


class Head:
    """Looks ahead in a source; what was looked at is kept. Used by one thread.

    Where the source is live a look waits for bytes, but never for more than it needs.
    """

    def __init__(self, source: ByteSource) -> None:
        self.data = b""
        self.line = 1  # on which it begins, but for lines that were passed over
        self._offset = 0  # of `data`
        self._source = source
        self._ended = False

    @property
    def text(self) -> bytes:
        """What was looked at, without byte order marks of UTF-8 before it."""
        return self.data[self._marks :]

    @property
    def skipped(self) -> int:
        """The bytes before the text: byte order marks, and lines that were passed over."""
        return self._offset + self._marks

    @property
    def _marks(self) -> int:
        """The bytes of the byte order marks."""
        marks = _BOMS.match(self.data) if self.line == 1 else None
        return 0 if marks is None else marks.end()

    def pass_over(self, lines: int) -> None:
        """Go on behind the first lines of the input, so many of them; if it is there, nothing happens."""
        while self.line <= lines:
            end = _WHOLE_LINE_END.search(self.data)
            if end is not None:
                self._drop(end.end())
                self.line += 1
                continue
            self._drop(len(self.data) - self.data.endswith(b"\r"))  # which may be half of a line end
            if not self._fetch():
                self._drop(len(self.data))
                return

    def lines(self) -> Iterator[bytes]:
        """The first lines that are not blank, without their ends. One that is cut off is the last.

        Raises InputError if not even the first bytes can be read.
        """
        start = 0
        while True:
            end = _LINE_END.search(self.text, start)
            if end is None and self._more():
                continue
            line = self.text[start : end and end.start()]
            if line.strip(_BLANK):
                yield line
            if end is None:
                return
            start = end.end()

    def start(self, size: int) -> bytes:
        """The first `size` bytes, fewer only where there are no more; no more than these are waited for."""
        while len(self.data) < size and self._more():
            pass
        return self.data[:size]

    def first_line(self) -> bytes:
        """The first line that is not blank, b"" if there is none."""
        return next(self.lines(), b"")

    def source(self) -> ByteSource:
        """The source from behind the byte order marks on, as if nothing had been looked at."""
        return Prefixed(self.text, self._source)

    def _more(self) -> bool:
        """Look further; whether that brought anything."""
        return len(self.data) < LOOKED_AT and self._fetch()

    def _fetch(self) -> bool:
        """Read on; whether anything came."""
        if self._ended:
            return False
        try:
            fresh = self._source.read(_READ, None)
        except InputError:
            if not self.data and not self._offset:
                raise
            fresh = b""  # whoever reads the rows meets it again, behind the whole rows before it
        self._ended = fresh == b""
        self.data += fresh or b""
        return not self._ended

    def _drop(self, size: int) -> None:
        self.data = self.data[size:]
        self._offset += size
