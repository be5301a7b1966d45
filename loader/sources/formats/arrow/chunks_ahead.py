"""Chunks ahead: those that a thread of its own makes, one before it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import SimpleQueue

from loader.rows import Chunk

_PATIENCE = 1.0  # seconds for a read that is under way when nobody asks any more


class ChunksAhead:
    """Chunks that are made while the one before is worked on. Used by one thread.

    What they are made of is theirs alone until `close`.
    """

    def __init__(self, chunks: Iterator[Chunk]) -> None:
        self._chunks = chunks
        self._asks: SimpleQueue[bool] = SimpleQueue()
        self._made: SimpleQueue[Chunk | BaseException | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._make, name="chunks-ahead", daemon=True)

    def chunks(self) -> Iterator[Chunk]:
        """All of them. Raises what making one does, after those before. Raises RuntimeError without a thread left."""
        self._thread.start()
        self._asks.put(True)
        while (made := self._made.get()) is not None:
            if isinstance(made, BaseException):
                raise made
            self._asks.put(True)
            yield made

    def close(self) -> None:
        """Make no more; waits a moment for one that is being made."""
        self._asks.put(False)
        if self._thread.is_alive():
            self._thread.join(_PATIENCE)

    def _make(self) -> None:
        while self._asks.get():
            try:
                made = next(self._chunks, None)
            except BaseException as error:  # met by who asks, as if it had made the chunk itself
                self._made.put(error)
                return
            self._made.put(made)
            if made is None:
                return
