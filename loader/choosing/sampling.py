"""Sample of rows by their ordinals: the same rows for the same seed, in any process, part of a run and version."""

from __future__ import annotations

import sys
from array import array
from hashlib import shake_128

_BLOCK = 1024  # ordinals whose numbers come from one hash
_BYTES = 8


class Sampling:
    """About a share of all rows. Immutable; thread-safe."""

    def __init__(self, share: float, seed: int) -> None:
        """`share` is from 0 to 1."""
        self._bound = int(share * 2 ** (8 * _BYTES))
        self._seed = seed

    def takes(self, first: int, count: int) -> list[bool]:
        """Of each of `count` rows from the ordinal `first` on, whether it is in the sample."""
        numbers: list[int] = []
        for block in range(first // _BLOCK, (first + count - 1) // _BLOCK + 1):
            numbers += self._numbers(block)
        skipped, bound = first % _BLOCK, self._bound
        return [number < bound for number in numbers[skipped : skipped + count]]

    def _numbers(self, block: int) -> array[int]:
        """A number for each row of a block, each as likely as any other below 2 ** 64."""
        numbers = array("Q", shake_128(f"{self._seed}\0{block}".encode()).digest(_BLOCK * _BYTES))
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers
