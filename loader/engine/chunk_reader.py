"""Chunk reader: chunks on request, read in a thread of its own, so that the coordinator never waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Protocol

from loader.rows import Chunk


@dataclass(frozen=True, slots=True)
class ChunkRead:
    chunk: Chunk


@dataclass(frozen=True, slots=True)
class InputEnded:
    """All rows of all inputs were handed on."""


@dataclass(frozen=True, slots=True)
class InputFailed:
    """The input cannot be read on; the rows before were handed on."""

    error: Exception


class ChunkReader(Protocol):
    """A source of chunks that answers through the inbox."""

    def ask(self) -> None:
        """Ask for one chunk more: exactly one ChunkRead, InputEnded or InputFailed comes for it."""

    def count_rest(self, timeout: float) -> int | None:
        """How many rows were never handed on; None if unknown within `timeout` seconds. Ends the reading."""

    def close(self) -> None:
        """Read no more; does not wait for a read that hangs."""


class ThreadedChunkReader:
    """Reads in a daemon thread, so that a read that never returns cannot hold up the end of the process."""

    def __init__(
        self, chunks: Iterator[Chunk], post: Callable[[object], None], *, rows_in: Callable[[Chunk], int], counts: bool
    ) -> None:
        """`rows_in` counts the rows of a chunk that belong to the input; `counts` is false for streams."""
        self._chunks = chunks
        self._post = post
        self._rows_in = rows_in
        self._counts = counts
        self._asks: SimpleQueue[bool] = SimpleQueue()
        self._rest: SimpleQueue[int | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._abandoned = threading.Event()
        self._undelivered = 0  # chunks read after the stop, for the count
        self._thread = threading.Thread(target=self._run, name="chunk-reader", daemon=True)

    def start(self) -> None:
        """Start the thread. Raises RuntimeError where the system has none left."""
        self._thread.start()

    def ask(self) -> None:
        self._asks.put(True)

    def count_rest(self, timeout: float) -> int | None:
        self._stopping.set()
        self._asks.put(False)
        if not self._counts:
            return None
        self._thread.join(timeout)
        self._abandoned.set()
        return None if self._rest.empty() else self._rest.get()

    def close(self) -> None:
        self._abandoned.set()
        self._stopping.set()
        self._asks.put(False)

    def _run(self) -> None:
        try:
            self._serve()
        except Exception as error:  # the coordinator stops the run by it
            self._post(InputFailed(error))

    def _serve(self) -> None:
        while self._asks.get() and not self._stopping.is_set():
            chunk = next(self._chunks, None)
            if self._stopping.is_set() and chunk is not None:
                self._undelivered += self._rows_in(chunk)
                break
            self._post(InputEnded() if chunk is None else ChunkRead(chunk))
            if chunk is None:
                self._rest.put(0)
                return
        self._count()

    def _count(self) -> None:
        rest = self._undelivered
        if not self._counts:
            return
        for chunk in self._chunks:
            if self._abandoned.is_set():
                return
            rest += self._rows_in(chunk)
        self._rest.put(rest)
