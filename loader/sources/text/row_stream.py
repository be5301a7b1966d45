"""Row stream: the rows of one input, read as they are asked for."""

from __future__ import annotations

from collections import deque

from loader.sources.errors import InputError
from loader.sources.locations.byte_source import ByteSource
from loader.sources.numbering import Unreadable
from loader.sources.start import Place
from loader.sources.text.blocks import Block
from loader.sources.text.edges import EdgeFinder
from loader.sources.text.open_end import WINDOW
from loader.sources.text.row_scanner import RowScanner

_BEGINNING = Place(0, 1)


class RowStream:
    """The rows of one input, in order. Used by one thread; holds little more than a window and one unfinished row."""

    def __init__(self, source: ByteSource, finder: EdgeFinder, max_row_bytes: int, place: Place = _BEGINNING) -> None:
        """`source` stands at `place`."""
        self.name = source.name
        self.live = source.live
        self._source = source
        self._scanner = RowScanner(finder, max_row_bytes, place)
        self._ready: deque[Block | Unreadable] = deque()
        self._failure: InputError | None = None

    @property
    def ended(self) -> bool:
        """Whether all rows were found; the last ones may be left to read."""
        return self._scanner.ended

    @property
    def position(self) -> int:
        """Bytes taken from the input as they lie on disk."""
        return self._source.position

    def read(self, timeout: float | None) -> list[Block | Unreadable]:
        """What comes next; often nothing, above all if nothing came within `timeout` seconds (None: wait).

        After the last row `ended` is true. Raises InputError where the input cannot be read on, after all whole rows.
        """
        if not (self._ready or self.ended):
            self._advance(timeout)
        ready = list(self._ready)
        self._ready.clear()
        return ready

    def take_first(self) -> tuple[bytes, int] | Unreadable | None:
        """The next row, with its line; those after it stay. None if there is none. Raises InputError like `read`."""
        item = self._first()
        if item is None:
            return None
        self._ready.popleft()
        if isinstance(item, Unreadable):
            return item
        self._ready.appendleft(item.since(item.first + 1))
        return item.row(item.first), item.line_of(item.first)

    def peek(self) -> bytes | None:
        """The next row, which stays; None where there is none that can be read. Waits for it."""
        try:
            item = self._first()
        except InputError:
            return None  # whoever reads the rows meets it again
        return None if item is None or isinstance(item, Unreadable) else item.row(item.first)

    def _first(self) -> Block | Unreadable | None:
        """What comes next, left where it is: a block has at least one row. None behind the last row."""
        while True:
            while self._ready:
                item = self._ready[0]
                if isinstance(item, Unreadable) or item.rows:
                    return item
                self._ready.popleft()
            if self.ended:
                return None
            self._advance(None)

    def close(self) -> None:
        self._source.close()

    def _advance(self, timeout: float | None) -> None:
        scanner = self._scanner
        if scanner.has_more:
            self._ready.extend(scanner.go_on())
            return
        if self._failure is not None:
            raise self._failure
        # A row that ends with CR is whole: if nothing is there behind it, it goes at once, and an LF may follow later.
        at_cr = scanner.is_at_cr
        try:
            fresh = self._source.read(max(WINDOW, scanner.held), 0.0 if at_cr else timeout)
        except InputError as error:
            self._failure = error
            fresh = None
        if fresh == b"":
            self._ready.extend(scanner.finish())
        elif fresh is not None:
            self._ready.extend(scanner.feed(fresh))
        elif at_cr and (self.live or self._failure is not None):
            self._ready.extend(scanner.end_at_cr())
