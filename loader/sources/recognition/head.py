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
_READ = 64 * 1024


class Head:
    """Looks ahead in a source; what was looked at is kept. Used by one thread.

    Where the source is live a look waits for bytes, but never for more than it needs.
    """

    def __init__(self, source: ByteSource) -> None:
        self.data = b""
        self._source = source
        self._ended = False

    @property
    def text(self) -> bytes:
        """What was looked at, without byte order marks of UTF-8 before it."""
        return self.data[self.skipped :]

    @property
    def skipped(self) -> int:
        """The bytes of the byte order marks."""
        marks = _BOMS.match(self.data)
        return 0 if marks is None else marks.end()

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

    def first_line(self) -> bytes:
        """The first line that is not blank, b"" if there is none."""
        return next(self.lines(), b"")

    def source(self) -> ByteSource:
        """The source from behind the byte order marks on, as if nothing had been looked at."""
        return Prefixed(self.text, self._source)

    def _more(self) -> bool:
        """Look further; whether that brought anything."""
        if self._ended or len(self.data) >= LOOKED_AT:
            return False
        try:
            fresh = self._source.read(_READ, None)
        except InputError:
            if not self.data:
                raise
            fresh = b""  # whoever reads the rows meets it again, behind the whole rows before it
        self._ended = fresh == b""
        self.data += fresh or b""
        return not self._ended
