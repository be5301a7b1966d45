"""Schema of a table from the driver's metadata, with parsed types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from loader.config.values import nearest
from loader.errors import UsageError
from loader.mapping.cql.table import Column, Table, kind_of
from loader.mapping.cql.types import parse_type

T = TypeVar("T")


def read_table(session: Any, keyspace: str, table: str) -> Table:
    """The table of these names: as they are in quotes, else in any case. Raises UsageError."""
    metadata = session.cluster.metadata
    space = _named(keyspace, metadata.keyspaces, "keyspace", "the cluster")
    if (view := find(table, space.views)) is not None:
        raise UsageError(f"{space.name}.{view.name} is a materialized view, which takes no rows; load its table")
    found = _named(table, space.tables, "table", f"keyspace {space.name}")
    partition_key = tuple(column.name for column in found.partition_key)
    clustering = tuple(column.name for column in found.clustering_key)
    columns = tuple(
        Column(
            column.name,
            parse_type(column.cql_type, lambda name: udt_fields(space, name)),
            kind_of(column.name, partition_key, clustering, is_static=column.is_static),
            column.cql_type.startswith("frozen<"),
        )
        for column in found.columns.values()
    )
    return Table(space.name, found.name, columns, partition_key, clustering)


def udt_fields(space: Any, name: str) -> Sequence[tuple[str, str]]:
    """Names and types of the fields of a user-defined type of a keyspace. Raises KeyError."""
    udt = space.user_types[name]
    return list(zip(udt.field_names, udt.field_types, strict=True))


def find(name: str, known: Mapping[str, T]) -> T | None:
    """What CQL would find under a name, quoted or not; failing that, the one that differs in case alone."""
    if name.startswith('"'):
        return known.get(name[1:-1].replace('""', '"'))
    for candidate in (name.lower(), name):
        if candidate in known:
            return known[candidate]
    same = [key for key in known if key.lower() == name.lower()]
    return known[same[0]] if len(same) == 1 else None


def _named(name: str, known: Mapping[str, T], kind: str, where: str) -> T:
    found = find(name, known)
    if found is None:
        close = nearest(name, known)
        hint = f'; did you mean "{close}"?' if close else _some(known)
        raise UsageError(f"{where} has no {kind} {name}{hint}")
    return found


def _some(names: Iterable[str]) -> str:
    shown = sorted(name for name in names if not name.startswith("system"))[:10]
    return f" (it has {', '.join(shown)})" if shown else " (it has none)"
