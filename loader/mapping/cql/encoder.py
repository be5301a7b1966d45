"""Encoder: columns of values to the bytes of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, chain
from operator import itemgetter
from typing import Any, NamedTuple

from loader.mapping.cql.codec import Codec, packed
from loader.mapping.cql.columns import Encoded, EncodeValues, nothing
from loader.mapping.cql.matching import Parameter
from loader.mapping.cql.partition_keys import LONGEST, partition_keys
from loader.mapping.cql.row_problems import SchemaProblems
from loader.mapping.error_types import BAD_VALUE
from loader.outcomes import Cause, ColumnError

_body = itemgetter(slice(4, None))


class CqlRows(NamedTuple):
    """Rows as CQL bytes, parallel to them.

    `items` are the bound values of each row one after the other, in the order of the parameters: each a length of four
    bytes and as many bytes, the length -1 for null and -2 for a column left as it is (native protocol v4, section 3:
    [value]). `keys` are the partition keys as the server hashes them: the value alone of a single column, else each
    value after its length of two bytes and before a zero byte; empty where the mapper was given no partition key.
    `unfit` says, by index, why rows have no values; their items and keys are empty. `fed` are the indexes of the
    parameters that any row has a value for. `mended` says, by index, which values of rows do not fit that have nulls in
    their place.
    """

    items: Sequence[bytes]
    keys: Sequence[bytes]
    unfit: Mapping[int, Cause]
    fed: frozenset[int]
    mended: Mapping[int, Cause] = {}


class Encoder:
    """Encodes rows whose values are given column by column. Immutable; thread-safe."""

    def __init__(
        self,
        parameters: Sequence[Parameter],
        codecs: Sequence[Codec],
        partition_key: Sequence[int],
        null: bytes,
        *,
        mends: bool = False,
    ) -> None:
        """`codecs` are parallel to `parameters`, `partition_key` are indexes of them, `null` is the cell of a null.

        With `mends` that cell takes the place of values that do not fit, where the row can do without them.
        """
        self._mends = mends
        self._parameters = parameters
        self._codecs = codecs
        self._partition_key = list(partition_key)
        self._null = null

    def encode(
        self,
        rows: int,
        columns: Sequence[Sequence[Any] | None],
        encode_values: EncodeValues,
        stamps: Sequence[int] | None,
        problems: SchemaProblems,
    ) -> CqlRows:
        """`columns` are parallel to the parameters, None where nothing feeds one; `problems` holds what is known to be
        wrong already, and is added to. `stamps` are the microseconds that end each row, if any do.
        """
        encoded = [
            nothing(rows) if values is None else encode_values(codec, values, self._null)
            for codec, values in zip(self._codecs, columns, strict=True)
        ]
        bodies = {
            at: self._key_part(at, encoded[at], problems)
            for at, parameter in enumerate(self._parameters)
            if parameter.required
        }
        for at, (parameter, column) in enumerate(zip(self._parameters, encoded, strict=True)):
            if self._mends and column.misfits and not parameter.required and parameter.is_column:
                encoded[at] = self._mended(parameter, column, problems)
            else:
                _note(parameter, column, columns[at], problems)
        parts = chain.from_iterable(column.parts for column in encoded)
        if stamps is not None:
            parts = chain(parts, packed("q", stamps))
        items = list(map(b"".join, zip(*parts, strict=True)))
        keys = partition_keys([bodies[at] for at in self._partition_key]) or [b""] * rows
        unfit = problems.causes()
        for at in unfit:
            items[at] = keys[at] = b""
        fed = frozenset(at for at, column in enumerate(encoded) if len(column.missing) < rows)
        return CqlRows(items, keys, unfit, fed, problems.mended())

    def _mended(self, parameter: Parameter, column: Encoded, problems: SchemaProblems) -> Encoded:
        """The column with nulls for those of its values that do not fit; what no value can stand for stays wrong."""
        cells = list(column.parts[0])
        for row, misfit in column.misfits.items():
            error = ColumnError(parameter.name, misfit.value, misfit.expected)
            if misfit.is_value:
                problems.mend(row, error)
                cells[row] = self._null
            else:
                problems.add(row, BAD_VALUE, error)
        return Encoded((cells,), column.misfits, column.missing)

    def _key_part(self, at: int, column: Encoded, problems: SchemaProblems) -> Sequence[bytes]:
        """The values of a part of the primary key, without lengths; empty where they do not fit."""
        bodies = column.parts[1] if len(column.parts) > 1 else list(map(_body, column.parts[0]))
        if self._codecs[at].size is not None:
            return bodies
        name = self._parameters[at].name
        if self._partition_key == [at] and not all(bodies):
            nowhere = {*column.missing, *column.misfits}
            for row in (row for row, body in enumerate(bodies) if not body and row not in nowhere):
                problems.add(row, BAD_VALUE, ColumnError(name, "", "a partition key that is not empty"))
        if max(map(len, bodies)) > LONGEST:
            bodies = list(bodies)
            for row in (row for row, body in enumerate(bodies) if len(body) > LONGEST):
                found = f"{len(bodies[row]):,} bytes"
                problems.add(row, BAD_VALUE, ColumnError(name, found, f"at most {LONGEST:,} bytes in a key"))
                bodies[row] = b""
        return bodies


def concatenated(blocks: Sequence[CqlRows]) -> CqlRows:
    """All rows of `blocks`, one after the other."""
    starts = list(accumulate((len(block.items) for block in blocks), initial=0))
    return CqlRows(
        list(chain.from_iterable(block.items for block in blocks)),
        list(chain.from_iterable(block.keys for block in blocks)),
        {
            start + row: cause
            for start, block in zip(starts, blocks, strict=False)
            for row, cause in block.unfit.items()
        },
        _united(blocks),
        {
            start + row: cause
            for start, block in zip(starts, blocks, strict=False)
            for row, cause in block.mended.items()
        },
    )


def merged(rows: int, *parts: tuple[Iterable[int], CqlRows]) -> CqlRows:
    """All rows, from parts of them and the indexes of the rows in each part."""
    items, keys = [b""] * rows, [b""] * rows
    unfit: dict[int, Cause] = {}
    mended: dict[int, Cause] = {}
    for indexes, part in parts:
        for at, (index, item, key) in enumerate(zip(indexes, part.items, part.keys, strict=True)):
            items[index], keys[index] = item, key
            if at in part.unfit:
                unfit[index] = part.unfit[at]
            if at in part.mended:
                mended[index] = part.mended[at]
    return CqlRows(items, keys, unfit, _united([part for _, part in parts]), mended)


def _united(parts: Sequence[CqlRows]) -> frozenset[int]:
    return frozenset().union(*(part.fed for part in parts))


def _note(parameter: Parameter, column: Encoded, values: Sequence[Any] | None, problems: SchemaProblems) -> None:
    """Note what of the values of a column does not fit, and what is missing in one that is required."""
    if parameter.required:
        for row in column.missing:
            problems.add_missing(row, parameter.name, is_null=values is not None and values[row] is None)
    for row, misfit in column.misfits.items():
        problems.add(row, BAD_VALUE, ColumnError(parameter.name, misfit.value, misfit.expected))
