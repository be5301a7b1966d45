"""Read ahead: a remote content as bytes in order, fetched by a thread of its own while others are looked through."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from loader.sources.locations.remote.fetching import Fetching, Sink
from loader.sources.locations.remote.turns import ClosedError

AHEAD = 16 * 2**20
"""Bytes that are fetched and not yet read, at most."""

_PIECE = 256 * 1024


class ReadAhead:
    """The bytes of a remote input from `position` on. Nothing is fetched before the first read.

    As long as little was read little is fetched, for who looks at the first lines alone.
    """

    live = False

    def __init__(
        self,
        name: str,
        size: int | None,
        position: int,
        closing: threading.Event,
        fetching: Callable[[Sink, int], Fetching],
    ) -> None:
        """`closing` is set when nobody reads on."""
        self.name = name
        self.position = position
        self._size = size
        self._closing = closing
        self._fetching = fetching
        self._pieces: deque[bytes] = deque()
        self._taken_of_first = 0
        self._held = 0
        self._given = 0
        self._has_begun = False
        self._has_ended = False
        self._failure: Exception | None = None
        self._changed = threading.Condition()

    def size(self) -> int | None:
        return self._size

    def read(self, size: int, timeout: float | None) -> bytes | None:  # noqa: ARG002 - it is not live
        if not self._has_begun:
            self._has_begun = True
            threading.Thread(target=self._fetch, name="read-ahead", daemon=True).start()
        with self._changed:
            self._changed.wait_for(lambda: self._pieces or self._has_ended)
            data = self._taken(size)
            self._changed.notify_all()
        if not data and self._failure is not None:
            raise self._failure
        self.position += len(data)
        return data

    def close(self) -> None:
        self._closing.set()
        with self._changed:
            self._changed.notify_all()

    # -- what the thread is told to do

    def wait_for_room(self, size: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing.is_set() or self._has_room(size))
        if self._closing.is_set():
            raise ClosedError

    def put(self, piece: bytes) -> None:
        with self._changed:
            self._pieces.extend(piece[start : start + _PIECE] for start in range(0, len(piece), _PIECE))
            self._held += len(piece)
            self._changed.notify_all()

    def _has_room(self, size: int) -> bool:
        return not self._held or (self._held <= 2 * self._given and self._held + size <= AHEAD)

    def _taken(self, size: int) -> bytes:
        taken: list[bytes] = []
        left = size
        while self._pieces and left:
            piece = self._pieces[0]
            part = piece[self._taken_of_first : self._taken_of_first + left]
            taken.append(part)
            left -= len(part)
            self._taken_of_first += len(part)
            if self._taken_of_first == len(piece):
                self._pieces.popleft()
                self._taken_of_first = 0
        data = taken[0] if len(taken) == 1 else b"".join(taken)
        self._held -= len(data)
        self._given += len(data)
        return data

    def _fetch(self) -> None:
        try:
            self._fetching(self, self.position).run()
        except ClosedError:
            pass
        except Exception as error:  # it is raised where the bytes are read
            self._failure = error
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()
