"""Sized batcher: requests by count and bytes alone, so that a restart makes the same ones."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, repeat
from operator import add
from typing import Any, NamedTuple, Protocol

from loader.outcomes import Cause
from loader.rows import Batch, Rows, without
from loader.targets.base import Prepared, UnfitRows

_SMALLEST_LIMIT = 1024  # bytes: below this, requests are so small that cutting them helps no server


class SizedItems(NamedTuple):
    """Items and their sizes in bytes, parallel to the rows, and why some rows have none, by index.

    `mended` says, by index, which values of rows do not fit that have an item with nulls in their place.
    """

    items: Sequence[Any]
    sizes: Sequence[int]
    unfit: Mapping[int, Cause]
    mended: Mapping[int, Cause] = {}


class BatchForm(Protocol):
    """How rows become what a request carries."""

    @property
    def rows(self) -> int:
        """The most rows that one request carries."""

    @property
    def overhead(self) -> int:
        """The bytes of a body besides its items and the one byte between two of them."""

    def items(self, rows: Rows) -> SizedItems:
        """What a batch of `rows` holds."""


class SizedBatcher:
    """Requests are cut within the rows of one `add`, from its start; nothing is held back.

    A body is at most `max_bytes` long, but a row that takes more goes alone.
    """

    def __init__(self, form: BatchForm, max_bytes: int) -> None:
        self._form = form
        self.max_bytes = max_bytes

    def add(self, rows: Rows) -> Prepared:
        items, sizes, unfit, mended = self._form.items(rows)
        told = {rows.ordinals[at]: cause for at, cause in mended.items()}
        if not unfit:
            return Prepared(list(self._divide(Batch(rows, items, sizes))), mended=told)
        fit = Batch(rows, items, sizes).take(without(range(len(rows)), unfit))
        return Prepared(list(self._divide(fit)), (UnfitRows.of(rows, unfit),), mended=told)

    def flush(self) -> Prepared:
        return Prepared(())

    def shrink(self, batch: Batch) -> int:
        half = (self._form.overhead + sum(batch.sizes) + len(batch) - 1) // 2
        self.max_bytes = min(self.max_bytes, max(half, _SMALLEST_LIMIT))
        return self.max_bytes

    def limit_to(self, max_bytes: int) -> None:
        self.max_bytes = min(self.max_bytes, max_bytes)

    def _divide(self, whole: Batch) -> Iterator[Batch]:
        # Where each row ends in a body of all rows, with one byte between two of them.
        ends = list(accumulate(map(add, whole.sizes, repeat(1)), initial=-1))
        room = self.max_bytes - self._form.overhead + 1
        start = 0
        while start < len(whole):
            fitting = bisect_right(ends, ends[start] + room) - 1
            stop = max(start + 1, min(start + self._form.rows, fitting, len(whole)))
            yield whole.slice(start, stop)
            start = stop
