"""Cassandra batcher: unlogged batches of rows that the same replicas hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import NamedTuple, Protocol

from loader.config.sections import Batching
from loader.mapping.cql.mapper import CqlRows, Parameter
from loader.rows import Batch, Rows, without
from loader.targets.base import Prepared, UnfitRows

Grouping = Callable[[Sequence[bytes]], Sequence[object]]
"""What the rows of one batch have in common, for the partition key of each row."""

_PATIENCE = 4  # chunks of rows after which what is left of a group goes as it is
_CELL = 16  # bytes that the server adds to a value where it sizes a batch: write timestamp, TTL, deletion time
_WARNED_BYTES = 5 * 1024  # batch_size_warn_threshold of a server that does not tell its own
_MOST_BYTES = 40 * 1024  # of one batch: well below the 50 KiB at which servers refuse (batch_size_fail_threshold)
_SAFETY = 0.9  # of what the server warns of, as it counts a little differently
_SMALLEST_LIMIT = 1024  # bytes: below this a batch is hardly more than its rows alone


class Item(NamedTuple):
    """One row as it is sent: its values, and the partition key by which it finds its way."""

    values: bytes
    key: bytes


_item = partial(tuple.__new__, Item)  # what `Item._make` does, without a step of Python a row


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How large batches get. `warned_bytes` is what the server warns of where a batch touches several partitions."""

    rows: int
    partitions: int
    max_bytes: int
    warned_bytes: int

    @classmethod
    def of(cls, batching: Batching, threshold: int = _WARNED_BYTES) -> BatchLimits:
        """Those of the config, within what the server takes without a word; it warns from `threshold` bytes on."""
        warned_bytes = int(_SAFETY * threshold)
        return cls(batching.size, batching.partitions, min(batching.max_bytes, _MOST_BYTES), warned_bytes)


class RowMapper(Protocol):
    """What makes values of rows; see `mapping.cql.mapper.CqlMapper`."""

    @property
    def parameters(self) -> Sequence[Parameter]:
        """Those of the statement, in its order."""

    def map(self, rows: Rows) -> CqlRows:
        """The values of each row, or why it has none."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows that wait for more of their kind. `since` is the number of the chunk in which the first of them came."""

    since: int
    batch: Batch


class TableBatcher:
    """Groups the rows of neighbouring chunks of one source. Used by one thread.

    A batch holds at most so many rows, partitions and bytes; a row that is larger goes alone. What does not fill a
    batch is held back until more comes, at most for four chunks. Rows of one partition stay together, in order.
    """

    def __init__(
        self,
        mapper: RowMapper,
        group_of: Grouping | None,
        limits: BatchLimits,
        *,
        overhead: int,
        cells: int,
        stamp: Callable[[Rows], Rows],
    ) -> None:
        """Without `group_of` each row goes alone. `overhead` and `cells` are bytes and values of a row's statement.

        `stamp` gives rows their write timestamps.
        """
        self._mapper = mapper
        self._group_of = group_of
        self._limits = limits
        self._overhead = overhead
        self._added = cells * _CELL  # what the server counts for a row besides its values
        self._stamp = stamp
        self._groups: dict[object, _Group] = {}
        self._chunk = 0
        self._kind: object = None  # source and layout of the rows that are held
        self._fed: frozenset[int] = frozenset()  # parameters that rows had a value for

    def add(self, rows: Rows) -> Prepared:
        kind = (rows.source.index, rows.layout)
        before = list(self._give_out_all()) if kind != self._kind else []
        self._kind = kind
        self._chunk += 1
        rows = self._stamp(rows)
        mapped = self._mapper.map(rows)
        sizes = [len(item) + self._overhead for item in mapped.items]
        whole = Batch(rows, list(map(_item, zip(mapped.items, mapped.keys, strict=True))), sizes)
        fed = self._newly_fed(mapped.fed)
        mended = {rows.ordinals[at]: cause for at, cause in mapped.mended.items()}
        if not mapped.unfit:
            return Prepared([*before, *self._batches(whole)], (), fed, mended)
        fit = whole.take(without(range(len(rows)), mapped.unfit))
        return Prepared([*before, *self._batches(fit)], (UnfitRows.of(rows, mapped.unfit),), fed, mended)

    def flush(self) -> Prepared:
        return Prepared(list(self._give_out_all()))

    def shrink(self, batch: Batch) -> int:
        half = sum(batch.sizes) // 2
        self.limit_to(max(half, _SMALLEST_LIMIT))
        return self._limits.max_bytes

    def limit_to(self, max_bytes: int) -> None:
        limits = self._limits
        self._limits = replace(
            limits, max_bytes=min(limits.max_bytes, max_bytes), warned_bytes=min(limits.warned_bytes, max_bytes)
        )

    def _newly_fed(self, fed: frozenset[int]) -> Sequence[str]:
        new = fed - self._fed
        self._fed |= fed
        return [self._mapper.parameters[at].name for at in sorted(new)]

    # -- groups

    def _batches(self, whole: Batch) -> Iterator[Batch]:
        if self._group_of is None:
            for i in range(len(whole)):
                yield whole.slice(i, i + 1)
            return
        for group, batch in self._parted(whole):
            held = self._groups.pop(group, None)
            ready, rest = self._cut(batch if held is None else Batch.join((held.batch, batch)))
            yield from ready
            if rest is not None:
                since = self._chunk if held is None or ready else held.since
                self._groups[group] = _Group(since, rest)
        for group in [g for g, held in self._groups.items() if self._chunk - held.since >= _PATIENCE]:
            yield self._groups.pop(group).batch

    def _parted(self, whole: Batch) -> Iterator[tuple[object, Batch]]:
        """The rows of each group, in order."""
        assert self._group_of is not None  # noqa: S101 - callers have looked
        groups = self._group_of([item.key for item in whole.payload])
        members: dict[object, list[int]] = defaultdict(list)
        for i, group in enumerate(groups):
            members[group].append(i)
        for group, indexes in members.items():
            yield group, whole if len(indexes) == len(whole) else whole.take(indexes)

    def _give_out_all(self) -> Iterator[Batch]:
        groups, self._groups = self._groups, {}
        for group in groups.values():
            yield group.batch

    # -- cuts

    def _cut(self, batch: Batch) -> tuple[list[Batch], Batch | None]:
        """Full batches, and what is left of them if that is not one."""
        keys = [item.key for item in batch.payload]
        if len(set(keys)) < len(keys):
            batch = batch.take(_by_partition(keys))
            keys = [item.key for item in batch.payload]
        edges = list(self._edges(keys, batch.sizes))
        cuts = [batch.slice(start, stop) for start, stop in pairwise(edges)]
        return (cuts, None) if edges[-1] == len(batch) else (cuts, batch.slice(edges[-1], len(batch)))

    def _edges(self, keys: Sequence[bytes], sizes: Sequence[int]) -> Iterator[int]:
        """Where full batches begin, and where the last of them ends."""
        limits, count = self._limits, len(keys)
        yield 0
        step = min(limits.partitions, limits.rows)
        if len(set(keys)) == count and (max(sizes, default=0) + self._added) * step <= limits.warned_bytes:
            yield from range(step, count + 1, step)  # no limit but the count of partitions is ever met
            return
        start, partitions, used = 0, 0, 0
        for i in range(count):
            is_new = i == start or keys[i] != keys[i - 1]
            used += sizes[i] + self._added
            partitions += is_new
            most = limits.max_bytes if partitions == 1 else limits.warned_bytes
            if i > start and (partitions > limits.partitions or i - start >= limits.rows or used > most):
                yield i
                start, partitions, used = i, 1, sizes[i] + self._added
        if count - start >= limits.rows or (partitions >= limits.partitions and count > start):
            yield count


def _by_partition(keys: Sequence[bytes]) -> list[int]:
    """Indexes in the order in which partitions come up, those of one partition together."""
    members: dict[bytes, list[int]] = defaultdict(list)
    for i, key in enumerate(keys):
        members[key].append(i)
    return [i for indexes in members.values() for i in indexes]
