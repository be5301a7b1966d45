"""Fetching: the bytes of one input from a place on, range by range, from whichever origin gives them."""

from __future__ import annotations

from hashlib import blake2b
from typing import Protocol

from loader.sources.locations.remote.origin import ContentOrigin, Facts, OriginError, changed, ill
from loader.sources.locations.remote.pinned import ENDS, Pinned, range_at
from loader.sources.locations.remote.turns import Turns

FIRST = 256 * 1024
LARGEST = 8 * 2**20
SMALLEST = 64 * 1024


class Sink(Protocol):
    """Where bytes go."""

    def wait_for_room(self, size: int) -> None:
        """Wait until so many bytes are wanted. Raises ClosedError where nobody reads on."""

    def put(self, piece: bytes) -> None:
        """Take the bytes that come next."""


class Fetching:
    """Hands all bytes from `position` to the end on. Used by one thread.

    Ranges grow to 8 MiB. One that runs out of time is asked for in halves, down to 64 KiB; what came of it is kept.
    Before another origin goes on, the 64 KiB before its first byte are compared. What has no ranges is asked for from
    its first byte again, and what was handed on of it compared by its hash.
    """

    def __init__(self, pinned: Pinned, turns: Turns, sink: Sink, position: int) -> None:
        """`pinned` is known; `position` is 0 where it has no ranges."""
        self.position = position
        self._pinned = pinned
        self._turns = turns
        self._sink = sink
        self._size = FIRST
        self._tail = b""
        self._from: ContentOrigin | None = None  # whose bytes were taken last
        self._digest = blake2b(digest_size=16)  # of what has no ranges

    def run(self) -> None:
        """Raises InputError where they cannot be read on, ClosedError where nobody does."""
        facts = self._pinned.facts
        if not facts.ranges:
            self._turns.ask(self._whole, "was read in part")
            return
        head = self._pinned.head[self.position :]
        if head:
            self._from = self._pinned.head_from
            self._sink.wait_for_room(len(head))
            self._take(head, beyond=False)
            self._size = 2 * FIRST
        while self.position < (facts.size or 0):
            self._sink.wait_for_room(self._size)
            self._turns.ask(self._range, f"cannot be read on after {self.position:,} bytes")

    # -- ranges

    def _range(self, origin: ContentOrigin) -> None:
        facts = self._pinned.facts_at(origin)
        self._check_overlap(origin, facts)
        start, size = self.position, facts.size or 0
        stop = min(start + self._size, size)
        try:
            for piece in origin.fetch(facts, start, stop):
                self._take(piece[: size - self.position], beyond=self.position >= stop)
            if self.position < stop:
                raise ill(f"it sent {self.position - start:,} bytes of a range of {stop - start:,}")
        except OriginError as error:
            if error.late:
                self._size = max(SMALLEST, self._size // 2)
            raise
        finally:
            if self.position > start:
                self._turns.moved()
        self._size = min(LARGEST, self._size * 2)

    def _take(self, piece: bytes, *, beyond: bool) -> None:
        """Hand on bytes; of those beyond the range nobody has asked whether there is room."""
        if beyond:
            self._sink.wait_for_room(len(piece))
        self._sink.put(piece)
        self.position += len(piece)
        if self._pinned.has_mirrors:
            self._tail = (self._tail + piece)[-ENDS:] if len(piece) < ENDS else piece[-ENDS:]

    def _check_overlap(self, origin: ContentOrigin, facts: Facts) -> None:
        if self._from is not origin and self._tail:
            start = self.position - len(self._tail)
            if range_at(origin, facts, start, self.position) != self._tail:
                raise OriginError(f"it is another content, by the bytes from {start:,} on")
        self._from = origin

    # -- what has no ranges

    def _whole(self, origin: ContentOrigin) -> None:
        facts, again, before = self._pinned.facts_at(origin), blake2b(digest_size=16), self.position
        left = before
        try:
            for piece in origin.fetch(facts, 0, None):
                known = piece[:left]
                again.update(known)
                left -= len(known)
                if not left and len(known) < len(piece):
                    self._check_again(before, again.digest())
                    self._hand_on(piece[len(known) :])
        finally:
            if self.position > before:
                self._turns.moved()
        if left or (facts.size is not None and self.position < facts.size):
            raise changed("it is shorter now")

    def _check_again(self, before: int, digest: bytes) -> None:
        if self.position == before and digest != self._digest.digest():
            raise changed(f"its first {before:,} bytes are others")

    def _hand_on(self, piece: bytes) -> None:
        self._sink.wait_for_room(len(piece))
        self._sink.put(piece)
        self._digest.update(piece)
        self.position += len(piece)
