"""Progress of the input: whether a chunk was asked for, whether and why it ended, and what was never taken up."""

from __future__ import annotations

from collections.abc import Callable

from loader.engine.chunk_reader import ChunkRead, ChunkReader
from loader.engine.inbox import Inbox
from loader.engine.stop import Stop, out_of_reach
from loader.rows import Chunk
from loader.sources import Left


class InputProgress:
    """What the pump's thread knows of the reading, one chunk at a time."""

    def __init__(self, reader: ChunkReader, rows_in: Callable[[Chunk], int]) -> None:
        """`rows_in` counts the rows of a chunk that belong to the input."""
        self._reader = reader
        self._rows_in = rows_in
        self._unread = 0  # rows that came after the stop
        self._whys: list[str] = []  # of inputs that were left
        self.is_asked = False
        self.has_ended = False
        self.failure: Stop | None = None  # why it ended early; the run stops once the rows before are settled

    @property
    def may_ask(self) -> bool:
        """Whether none is on its way, and more may come."""
        return not (self.is_asked or self.has_ended)

    def ask(self) -> None:
        """Ask for one chunk more."""
        self.is_asked = True
        self._reader.ask()

    def arrived(self) -> None:
        """The chunk that was asked for is here."""
        self.is_asked = False

    def ended(self, failure: Stop | None = None) -> None:
        """No chunk comes any more."""
        self.is_asked, self.has_ended = False, True
        self.failure = out_of_reach(self._whys) if failure is None and self._whys else failure

    def left(self, why: str) -> None:
        """An input is out of reach; the others go on."""
        self._whys.append(why)

    def pass_over(self, chunk: Chunk) -> None:
        """A chunk that came after the stop is not taken up."""
        self._unread += self._rows_in(chunk)

    def count_rest(self, inbox: Inbox, timeout: float) -> int | None:
        """Rows of the input that were never taken up; None if that is not known within `timeout` seconds."""
        rest = self._reader.count_rest(timeout)
        while (message := inbox.get(0.0)) is not None:
            if isinstance(message, ChunkRead):
                self.pass_over(message.chunk)
            elif isinstance(message, Left):
                self.left(message.why)
        return None if rest is None or self._whys else rest + self._unread
