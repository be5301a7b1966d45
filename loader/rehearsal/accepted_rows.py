"""Accepted rows of a rehearsal, as far as they are needed to know what must stand in the table."""

from __future__ import annotations

import struct
import threading
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from loader.mapping.cql.cells import Cell, cells
from loader.mapping.cql.table import Table
from loader.mapping.cql.types import WRITE_TIMESTAMP
from loader.outcomes import Ending, Result
from loader.rehearsal.expected import Join, Write, latest, total
from loader.rehearsal.sample import DistinctKeys, KeySample
from loader.rows import Batch
from loader.targets.cassandra.batcher import Item
from loader.targets.cassandra.statement import Statement

_int64 = struct.Struct(">q")


@dataclass(frozen=True, slots=True)
class Part:
    """Columns that live under one key: those of a row, or the static ones of a partition; by their names."""

    key: tuple[str, ...]
    columns: tuple[str, ...]
    sample: KeySample


class Seen:
    """Remembers accepted writes. `note` may be called from any thread; the rest is for when all is over.

    `rows` and `partitions` hold samples of what must stand in the table; `partitions` is None where there are no static
    columns. `keys` counts the rows.
    """

    def __init__(self, table: Table, statement: Statement) -> None:
        """`statement` is the one derived for `table`."""
        self._lock = threading.Lock()  # guards the samples and `keys`
        self._marks = {parameter.name: index for index, parameter in enumerate(statement.parameters)}
        types = [parameter.type for parameter in statement.parameters] + [WRITE_TIMESTAMP] * statement.timestamped
        self._stamp = types.index(WRITE_TIMESTAMP) if WRITE_TIMESTAMP in types else None
        self._join: Join = total if table.is_counter else latest
        self._clustering = [self._marks[name] for name in table.clustering]
        own = [column for column in table.columns if column.name not in table.primary_key]
        static = tuple(column.name for column in own if column.kind == "static")
        regular = tuple(column.name for column in own if column.kind != "static")
        self.rows = Part(table.primary_key, regular, KeySample())
        self.partitions = Part(table.partition_key, static, KeySample()) if static else None
        self.keys = DistinctKeys()

    def note(self, batch: Batch, result: Result) -> None:
        """Take note of how an attempt at `batch` ended."""
        with self._lock:
            for at, item in enumerate(batch.payload):
                cause = result.rows.get(at, result.cause)
                if cause is None:
                    self._note(batch, at, item, is_accepted=True)
                elif cause.ending is Ending.AMBIGUOUS:
                    self._note(batch, at, item, is_accepted=False)

    def _note(self, batch: Batch, at: int, item: Item, *, is_accepted: bool) -> None:
        identity = self._identity(item)
        if is_accepted:
            self.keys.add(identity)
        for part, name in self._parts(item, identity):
            row = list(cells(item.values))
            key = tuple(self._value(row[self._marks[column]]) for column in part.key)
            expected = part.sample.of(name, key, len(item.values))
            expected.place = f"{batch.rows.source.name}:{batch.rows.lines[at]}"
            ordinal = batch.rows.ordinals[at]
            if not is_accepted:
                expected.doubts.add(ordinal)
                continue
            expected.doubts.discard(ordinal)
            for column, write in self._writes(part, row):
                expected.add(column, write, self._join)

    def _identity(self, item: Item) -> Hashable:
        """What tells rows apart."""
        if not self._clustering:
            return item.key
        row = list(cells(item.values))
        return (item.key, *(row[mark] for mark in self._clustering))

    def _parts(self, item: Item, identity: Hashable) -> Iterator[tuple[Part, Hashable]]:
        """The samples that a row is in, and what it is called there."""
        if self.rows.sample.takes(identity):
            yield self.rows, identity
        if self.partitions is not None and self.partitions.sample.takes(item.key):
            yield self.partitions, item.key

    def _writes(self, part: Part, row: Sequence[Cell]) -> Iterator[tuple[str, Write]]:
        stamp = None if self._stamp is None else row[self._stamp]
        number = _int64.unpack(stamp)[0] if isinstance(stamp, bytes) else None
        for column in part.columns:
            cell = row[self._marks[column]]
            if cell is not msgspec.UNSET:
                yield column, Write(cell, number)

    @staticmethod
    def _value(cell: Cell) -> bytes:
        assert isinstance(cell, bytes)  # noqa: S101 - the mapper refuses rows without their whole key
        return cell
