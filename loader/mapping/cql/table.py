"""A table as the loader needs to know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loader.mapping.cql.types import CqlType, quoted

__all__ = ["Column", "Table", "quoted"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column; its name is as the column is really called, without quotes."""

    name: str
    type: CqlType
    kind: Literal["partition_key", "clustering", "static", "regular"]


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

    def __str__(self) -> str:
        """The table in CQL."""
        return f"{quoted(self.keyspace)}.{quoted(self.name)}"
