"""Table definition, as far as a load needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from loader.mapping.cql.types import CqlType, quoted

ColumnKind = Literal["partition_key", "clustering", "static", "regular"]

__all__ = ["Column", "ColumnKind", "Table", "kind_of", "quoted"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column; its name is as the column is really called, without quotes.

    `frozen` is for collections and user-defined types that are written as one value, and replaced whole.
    """

    name: str
    type: CqlType
    kind: ColumnKind
    frozen: bool = False


def kind_of(name: str, partition_key: Sequence[str], clustering: Sequence[str], *, is_static: bool) -> ColumnKind:
    """The kind of a column of a table with this primary key."""
    if name in partition_key:
        return "partition_key"
    if name in clustering:
        return "clustering"
    return "static" if is_static else "regular"


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `partition_key` and `clustering` are names of columns, in the order of the primary key."""

    keyspace: str
    name: str
    columns: tuple[Column, ...]
    partition_key: tuple[str, ...]
    clustering: tuple[str, ...]

    @property
    def primary_key(self) -> tuple[str, ...]:
        return self.partition_key + self.clustering

    @property
    def is_counter(self) -> bool:
        """Whether its columns outside the primary key are counters, which are updated and never inserted."""
        return any(column.type.name == "counter" for column in self.columns)

    def within(self, keyspace: str) -> Table:
        """The same table in another keyspace."""
        return replace(self, keyspace=keyspace)

    def __str__(self) -> str:
        """The table in CQL."""
        return f"{quoted(self.keyspace)}.{quoted(self.name)}"
