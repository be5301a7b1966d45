"""Contents of rows that are columns of plain types: a record batch, and rows picked of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import msgspec
import pyarrow as pa

from loader.contents import ArrayContent, Pick
from loader.sources.formats.arrow.json_text import json_text, lines, objects, odd_rows
from loader.sources.formats.arrow.json_values import batch_of

_FEW = 100  # rows, of which a copy takes longer than their JSON


class Arrays(ArrayContent):
    """Rows of a record batch whose columns are of plain types. Immutable; used by any thread."""

    def __init__(self, batch: pa.RecordBatch, weight: int | None = None, held: int | None = None) -> None:
        """`weight` are the bytes of all rows, where that is known. `held` is how many rows lie in the memory that the
        batch keeps; None where that is its own.
        """
        self.batch = batch
        self.columns = tuple(batch.schema.names)
        self.weight = int(batch.nbytes) if weight is None else weight
        self._held = batch.num_rows if held is None else held

    @property
    def raw(self) -> Sequence[bytes]:
        """Each row as JSON, made when it is looked at."""
        return self._rows

    def row(self, index: int) -> bytes:
        """A row as JSON; all are made with the first."""
        return self._rows[index]

    def pick(self, pick: Pick) -> ArrayContent:
        """Some of the rows. Few of many become a copy, which does not keep the others alive."""
        rows = pick(range(self.batch.num_rows))
        if not isinstance(rows, range) or rows.step != 1 or len(rows) < _FEW <= self.batch.num_rows:
            return PickedRows(pick(self._rows), self.batch.schema)
        part, weight = self.batch.slice(rows.start, len(rows)), self.weight * len(rows) // (self.batch.num_rows or 1)
        return Arrays(part, weight, self._held) if 2 * len(rows) >= self._held else Arrays(compact(part), weight)

    def join(self, parts: Sequence[Any]) -> Arrays:
        """All rows of `parts`."""
        return Arrays(pa.concat_batches([part.batch for part in parts]), sum(part.weight for part in parts))

    def objects(self, names: Sequence[str]) -> Sequence[bytes]:
        """Rows as JSON objects whose fields are called `names`."""
        return lines(objects(names, self.batch.columns)) if len(self) else []

    def odd_values(self) -> Mapping[int, Sequence[tuple[str, str]]]:
        """The values that JSON has no form for, by row: name of the column, and the text that stands for it."""
        found: dict[int, list[tuple[str, str]]] = {}
        for name, column in zip(self.columns, self.batch.columns, strict=True):
            for row in odd_rows(column):
                shown = json_text(column.slice(row, 1))[0].as_py()
                found.setdefault(row, []).append((name, shown.strip('"')))
        return found

    def values(self, index: int) -> Sequence[Any]:
        column = self.batch.column(index)
        if any(is_it(column.type) for is_it in (pa.types.is_floating, pa.types.is_decimal, pa.types.is_binary)):
            return list(column.to_pylist())
        return list(map(msgspec.json.decode, lines(json_text(column))))

    def array(self, index: int) -> Any:
        """The column at `index`, as pyarrow has it."""
        return self.batch.column(index)

    def __len__(self) -> int:
        return int(self.batch.num_rows)

    @cached_property
    def _rows(self) -> Sequence[bytes]:
        return self.objects(self.columns)


class PickedRows(ArrayContent):
    """Rows that were picked one by one or few at a time, as their JSON, which takes less than columns of so few.

    Columns are made of them where they are asked for.
    """

    def __init__(self, rows: Sequence[bytes], schema: pa.Schema) -> None:
        self._rows = rows
        self._schema = schema
        self.columns = tuple(schema.names)
        self.weight = sum(map(len, rows))

    @property
    def raw(self) -> Sequence[bytes]:
        return self._rows

    def row(self, index: int) -> bytes:
        return self._rows[index]

    def pick(self, pick: Pick) -> PickedRows:
        return PickedRows(pick(self._rows), self._schema)

    def join(self, parts: Sequence[ArrayContent]) -> PickedRows:
        return PickedRows(list(chain.from_iterable(part.raw for part in parts)), self._schema)

    def objects(self, names: Sequence[str]) -> Sequence[bytes]:
        return self._arrays.objects(names)

    def odd_values(self) -> Mapping[int, Sequence[tuple[str, str]]]:
        return self._arrays.odd_values()

    def values(self, index: int) -> Sequence[Any]:
        return self._arrays.values(index)

    def array(self, index: int) -> Any:
        return self._arrays.array(index)

    @property
    def batch(self) -> pa.RecordBatch:
        """The rows as columns."""
        return self._arrays.batch

    def __len__(self) -> int:
        return len(self._rows)

    @cached_property
    def _arrays(self) -> Arrays:
        batches = [batch_of(row, self._schema) for row in self._rows]
        return Arrays(pa.Table.from_batches(batches, self._schema).combine_chunks().to_batches()[0])


def compact(rows: pa.RecordBatch) -> pa.RecordBatch:
    """A copy of rows that may be a slice of others, in memory of their own and no more of it than they need."""
    return pa.concat_batches([rows, rows.slice(0, 0)])


def is_text(array: pa.Array) -> bool:
    """Whether all texts in a column, or within its values, are UTF-8."""
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def first_invalid(batch: pa.RecordBatch) -> Mapping[int, str]:
    """The rows with texts that are no UTF-8, and the column of the first in each."""
    found: dict[int, str] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if not is_text(column):
            rows = (row for row in range(len(column)) if not is_text(column.take([row])))  # a slice keeps all values
            for row in rows:
                found.setdefault(row, name)
    return found
