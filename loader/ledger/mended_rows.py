"""Mended rows: those that are on their way without values that do not fit, and get a letter when they are delivered.

The letter is written with the fate of its row, so that both are in one record of the checkpoint, or in none. If the
process dies between the letter and that record, the row is sent again: then its letter is in the queue already, and is
not written again, however often that happens.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from loader.checkpoint.spans import Run
from loader.outcomes import Cause


class MendedRows:
    """Rows without a fate, by ordinal. Touched by the pump's thread alone."""

    def __init__(self) -> None:
        self._causes: dict[int, Cause] = {}
        self._written: dict[int, Run] = {}  # where letters stand in the queue that no record covers, in bytes

    def __bool__(self) -> bool:
        return bool(self._causes or self._written)

    def expect(self, mended: Mapping[int, Cause]) -> None:
        """Rows are on their way without what does not fit of them, by the cause of each."""
        self._causes.update(mended)

    def forget(self, ordinals: Iterable[int]) -> None:
        """Rows were prepared otherwise than they had been."""
        for ordinal in ordinals:
            self._causes.pop(ordinal, None)

    def is_written(self, ordinal: int, letter: Run) -> None:
        """An earlier part wrote the letter of a row, which is to be sent again."""
        self._written[ordinal] = letter

    @property
    def letters(self) -> Iterator[Run]:
        """The bytes of letters whose rows have no fate yet: the next record must not pass over them."""
        return iter(self._written.values())

    def delivered(self, ordinals: Sequence[int], failed: Collection[int]) -> tuple[Mapping[int, Cause], int]:
        """Of the rows at all indexes but `failed`: those that get a letter now, by index, and how many have one."""
        causes: dict[int, Cause] = {}
        written = 0
        for index, ordinal in enumerate(ordinals):
            if index in failed:
                continue
            cause = self._causes.pop(ordinal, None)
            if self._written.pop(ordinal, None) is not None:
                written += 1
            elif cause is not None:
                causes[index] = cause
        return causes, written

    def dead(self, ordinals: Iterable[int]) -> int:
        """Rows were not delivered; returns how many of them have a letter as mended ones all the same."""
        written = 0
        for ordinal in ordinals:
            self._causes.pop(ordinal, None)
            written += self._written.pop(ordinal, None) is not None
        return written
