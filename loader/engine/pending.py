"""Pending batch: rows that are not settled, with the history of their attempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from loader.history import FRESH, History
from loader.outcomes import ACCEPTED, Cause, Result
from loader.rows import Batch, Chunk, Layout, Rows

# Measured. What a batch, a row and a field cost beside their bytes: objects, their heads, and the slots they stand in.
_BATCH_OVERHEAD = 700
_ROW_OVERHEAD = 200
_FIELD_OVERHEAD = 80


def charge_of(rows: Rows) -> int:
    """The bytes that a batch of `rows` holds until they are settled: themselves, what is built from them, overhead.

    A row of raw JSON is kept as read, and once more in the body that carries it. One of columns is also kept as the
    values of its fields, which may take twice the bytes of UTF-8, and as the JSON made of them.
    """
    return _BATCH_OVERHEAD + _charge(rows.layout, len(rows), rows.weight)


def charge_of_chunk(chunk: Chunk) -> int:
    """The same of a chunk whose rows are not cut yet; a row that has no place in its data may be as large as one."""
    kept = 0 if chunk.bad is None else len(chunk.bad.raw)
    return _charge(chunk.source.layout, chunk.rows, len(chunk.data) + kept)


def _charge(layout: Layout, rows: int, raw: int) -> int:
    raw *= layout.packing
    if layout.columns is None:
        return _ROW_OVERHEAD * rows + 2 * raw
    row = _ROW_OVERHEAD + _FIELD_OVERHEAD * len(layout.columns) + sum(map(len, layout.columns))
    return row * rows + 4 * raw


@dataclass(slots=True, eq=False)
class Pending:
    """A batch on its way, and what happened to it so far. Owned by the pump's thread.

    `last` is how the last attempt ended. `due` is the monotonic time before which it does not go. `noted` says that a
    crash would not forget which rows this one holds, `settled` that it is passed over where it still waits.
    """

    batch: Batch
    history: History = FRESH
    last: Result = ACCEPTED
    due: float = 0.0
    noted: bool = False
    settled: bool = False
    charge: int = field(init=False)

    def __post_init__(self) -> None:
        self.charge = charge_of(self.batch.rows)

    def __lt__(self, other: Pending) -> bool:
        return self.ordinal < other.ordinal

    def __len__(self) -> int:
        return len(self.batch)

    @property
    def ordinal(self) -> int:
        """The ordinal of its first row: its place in the order of the input."""
        return self.batch.rows.ordinals[0]

    def cause(self, index: int) -> Cause:
        """Why the row at `index` was not accepted in the last attempt."""
        cause = self.last.rows.get(index, self.last.cause)
        if cause is None:
            raise LookupError(f"row {index} of the batch was accepted")
        return cause

    def take(self, indexes: Sequence[int]) -> Pending:
        """The rows at `indexes` as a batch of their own, with the same history."""
        rows = {new: self.last.rows[old] for new, old in enumerate(indexes) if old in self.last.rows}
        return Pending(self.batch.take(indexes), self.history, Result(self.last.cause, rows))

    def halves(self) -> tuple[Pending, Pending]:
        """Both halves of at least two rows, with the same history."""
        first, second = self.batch.halves()
        cut = len(first)
        low = {i: cause for i, cause in self.last.rows.items() if i < cut}
        high = {i - cut: cause for i, cause in self.last.rows.items() if i >= cut}
        return (
            Pending(first, self.history, Result(self.last.cause, low)),
            Pending(second, self.history, Result(self.last.cause, high)),
        )
