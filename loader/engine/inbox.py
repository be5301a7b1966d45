"""Inbox: the one queue through which messages reach the pump's thread."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from typing import Protocol


class Inbox(Protocol):
    """Messages in the order they came. `put` from any thread, and from signal handlers; `get` by one thread."""

    def put(self, message: object) -> None:
        """Leave a message; never blocks."""

    def get(self, timeout: float) -> object | None:
        """The next message, or None when none came within `timeout` seconds."""


class ThreadInbox:
    """The real thing. SimpleQueue.put is reentrant, so signal handlers may use it (Python docs, queue.SimpleQueue)."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[object] = SimpleQueue()

    def put(self, message: object) -> None:
        self._queue.put(message)

    def get(self, timeout: float) -> object | None:
        try:
            return self._queue.get(timeout=timeout) if timeout > 0 else self._queue.get_nowait()
        except Empty:
            return None
