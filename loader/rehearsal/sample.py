"""Sample of keys in bounded memory, and the count of all keys."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterator

from loader.rehearsal.expected import Expected

MOST_KEYS = 2000
MOST_BYTES = 16 * 2**20


class KeySample:
    """Holds the keys whose hash ends in enough zeros: all at first, half of them each time that they become too many.

    So a key that is held was held from the first time it was seen, and nothing seen of it is missing.
    """

    def __init__(self, most_keys: int = MOST_KEYS, most_bytes: int = MOST_BYTES) -> None:
        self._most_keys = most_keys
        self._most_bytes = most_bytes
        self._mask = 0
        self._held: dict[Hashable, Expected] = {}
        self._bytes = 0  # at most; what was replaced counts until the next look

    def __iter__(self) -> Iterator[Expected]:
        return iter(self._held.values())

    def __len__(self) -> int:
        return len(self._held)

    def takes(self, identity: Hashable) -> bool:
        """Whether a key is in the sample."""
        return not hash(identity) & self._mask

    def of(self, identity: Hashable, key: tuple[bytes, ...], size: int) -> Expected:
        """What is known of a key that is in the sample, to be added to: at most `size` bytes."""
        expected = self._held.get(identity)
        if expected is None:
            expected = self._held[identity] = Expected(key)
        self._bytes += size
        if len(self._held) > self._most_keys or self._bytes > self._most_bytes:
            self._make_room()
        return expected

    def _make_room(self) -> None:
        self._bytes = self._size()
        # Room for many more writes is made, so that this look at all keys is rare.
        while len(self._held) > max(1, self._most_keys if self._bytes < self._most_bytes * 3 // 4 else 1):
            self._mask = self._mask * 2 + 1
            self._held = {identity: each for identity, each in self._held.items() if self.takes(identity)}
            self._bytes = self._size()

    def _size(self) -> int:
        return sum(expected.size for expected in self._held.values())


class DistinctKeys:
    """Counts different keys by their hashes of 64 bits: exactly, as long as not too many keys are seen."""

    def __init__(self, most: int = 500_000) -> None:
        self._most = most
        self._hashes = array("q")

    def add(self, identity: Hashable) -> None:
        """A key was seen, for the first time or again."""
        if len(self._hashes) <= self._most:
            self._hashes.append(hash(identity))

    @property
    def count(self) -> int | None:
        """How many there were; None if more were seen than can be counted."""
        return None if len(self._hashes) > self._most else len(set(self._hashes))
