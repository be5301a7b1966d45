"""Pending batch: rows that are not settled, with the history of their attempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from loader.outcomes import ACCEPTED, Cause, Result
from loader.rows import Batch, Chunk, Layout, Rows

# Measured. What a batch, a row and a field cost beside their bytes: objects, their heads, and the slots they stand in.
_BATCH_OVERHEAD = 700
_ROW_OVERHEAD = 200
_FIELD_OVERHEAD = 80


def charge_of(rows: Rows) -> int:
    """The bytes that a batch of `rows` holds until they are settled: themselves, what is built from them, overhead.

    A row of JSON is kept as read, and once more in the body that carries it. One of CSV is also kept as the texts of
    its fields, which may take twice the bytes of UTF-8, and as the JSON made of them.
    """
    return _BATCH_OVERHEAD + _charge(rows.layout, len(rows), rows.weight)


def charge_of_chunk(chunk: Chunk) -> int:
    """The same of a chunk whose rows are not cut yet; a row that has no place in its data may be as large as one."""
    kept = 0 if chunk.bad is None else len(chunk.bad.raw)
    return _charge(chunk.source.layout, chunk.rows, len(chunk.data) + kept)


def _charge(layout: Layout, rows: int, raw: int) -> int:
    if not layout.format.is_delimited:
        return _ROW_OVERHEAD * rows + 2 * raw
    row = _ROW_OVERHEAD + _FIELD_OVERHEAD * len(layout.columns) + sum(map(len, layout.columns))
    return row * rows + 4 * raw


@dataclass(slots=True, eq=False)
class Pending:
    """A batch on its way, and what happened to it so far. Owned by the pump's thread.

    `attempts` counts those that ended, `failures` those of them in a row that were not accepted, `retries` those that
    count against `retry.max_retries`. `timeouts` counts attempts that ran out of time while the breaker was closed,
    `connects` failures to connect before the target's first delivery. `ambiguous` says that any attempt may have
    arrived. `last` is how the last attempt ended, `request` the number of the last request that carried it. `mark` is
    the lane's count of delivered rows at the end of the last attempt. `sent_again` says that its rows were counted as
    sent again although they may have arrived, `noted` that a crash would not forget which rows this one holds,
    `resumed` that its rows were under way when a process died. Times are monotonic but `first_error_at`, seconds since
    the epoch.
    """

    batch: Batch
    due: float = 0.0
    attempts: int = 0
    failures: int = 0
    retries: int = 0
    timeouts: int = 0
    connects: int = 0
    ambiguous: bool = False
    sent_again: bool = False
    last: Result = ACCEPTED
    first_sent: float | None = None
    first_error_at: float | None = None
    mark: int = 0
    request: int = 0
    noted: bool = False
    resumed: bool = False
    settled: bool = False
    charge: int = field(init=False)

    def __post_init__(self) -> None:
        self.charge = charge_of(self.batch.rows)

    def __lt__(self, other: Pending) -> bool:
        return self.ordinal < other.ordinal

    def __len__(self) -> int:
        return len(self.batch)

    @property
    def in_doubt(self) -> bool:
        """Whether its rows may have arrived: by an attempt of this process, or of one that died."""
        return self.ambiguous or self.resumed

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
        return self._with_history(self.batch.take(indexes), Result(self.last.cause, rows))

    def halves(self) -> tuple[Pending, Pending]:
        """Both halves of at least two rows, with the same history."""
        first, second = self.batch.halves()
        cut = len(first)
        low = {i: cause for i, cause in self.last.rows.items() if i < cut}
        high = {i - cut: cause for i, cause in self.last.rows.items() if i >= cut}
        return self._with_history(first, Result(self.last.cause, low)), self._with_history(
            second, Result(self.last.cause, high)
        )

    def prepare_again(self, batch: Batch) -> Pending:
        """Some of its rows as another target cut them: the history of the rows stays, the count of retries does not."""
        successor = self._with_history(batch, self.last)
        successor.failures = successor.retries = successor.timeouts = successor.connects = 0
        return successor

    def _with_history(self, batch: Batch, last: Result) -> Pending:
        return Pending(
            batch,
            attempts=self.attempts,
            failures=self.failures,
            retries=self.retries,
            timeouts=self.timeouts,
            connects=self.connects,
            ambiguous=self.ambiguous,
            sent_again=self.sent_again,
            last=last,
            first_sent=self.first_sent,
            first_error_at=self.first_error_at,
            mark=self.mark,
            request=self.request,
            resumed=self.resumed,
        )
