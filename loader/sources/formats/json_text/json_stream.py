"""JSON stream: the rows of one input, read as they are asked for."""

from __future__ import annotations

from loader.sources.formats.json_text.json_forms import JsonForm
from loader.sources.formats.json_text.json_scanner import JsonScanner
from loader.sources.locations.byte_source import ByteSource
from loader.sources.numbering import Unreadable
from loader.sources.text.blocks import Block
from loader.sources.text.open_end import WINDOW


class JsonStream:
    """The rows of one input, in order. Used by one thread; holds little more than a window and one unfinished row."""

    def __init__(self, source: ByteSource, scanner: JsonScanner) -> None:
        """`source` stands where `scanner` begins."""
        self.live = source.live
        self._source = source
        self._scanner = scanner
        self._ready: list[Block | Unreadable] = []

    @property
    def ended(self) -> bool:
        """Whether all rows were found; the last ones may be left to read."""
        return self._scanner.ended and not self._ready

    @property
    def position(self) -> int:
        """Bytes taken from the input as they lie on disk."""
        return self._source.position

    def begin(self) -> JsonForm:
        """Read up to where rows begin; their form is known then. Raises InputError."""
        while not (self._scanner.form.lines or self._scanner.ended):
            self._ready += self._advance(None)
        return self._scanner.form

    def read(self, timeout: float | None) -> list[Block | Unreadable]:
        """What comes next; often nothing, above all if nothing came within `timeout` seconds (None: wait).

        After the last row `ended` is true. Raises InputError where the input cannot be read on, after all whole rows.
        """
        ready, self._ready = self._ready, []
        return ready or self._advance(timeout)

    def close(self) -> None:
        self._source.close()

    def _advance(self, timeout: float | None) -> list[Block | Unreadable]:
        scanner = self._scanner
        if scanner.failure is not None:
            raise scanner.failure
        fresh = self._source.read(max(WINDOW, scanner.held), timeout)
        if fresh is None:
            return []
        return scanner.feed(fresh) if fresh else scanner.finish()
