"""CREATE TABLE statement of a table: the inverse of `ddl`."""

from __future__ import annotations

from collections.abc import Iterator

from loader.mapping.cql.table import Column, Table
from loader.mapping.cql.types import CqlType, quoted

_FREEZABLE = ("list", "set", "map", "tuple")


def definitions(table: Table) -> list[str]:
    """CREATE statements for the types that a table needs, each after those it needs itself, and for the table.

    What does not bear on its rows (comments, compaction, order of clustering) is left at its default.
    """
    types = {udt.name: udt for column in table.columns for udt in _udts(column.type)}
    return [*(_type_definition(table.keyspace, udt) for udt in types.values()), _table_definition(table)]


def _udts(cql_type: CqlType) -> Iterator[CqlType]:
    for arg in cql_type.args:
        yield from _udts(arg)
    if cql_type.is_udt:
        yield cql_type


def _type_definition(keyspace: str, udt: CqlType) -> str:
    fields = (f"{quoted(name)} {_frozen(arg)}" for name, arg in zip(udt.fields, udt.args, strict=True))
    return f"CREATE TYPE {quoted(keyspace)}.{quoted(udt.name)} ({', '.join(fields)})"


def _table_definition(table: Table) -> str:
    partition_key = ", ".join(map(quoted, table.partition_key))
    primary_key = ", ".join((f"({partition_key})", *map(quoted, table.clustering)))
    columns = ", ".join(map(_column, table.columns))
    return f"CREATE TABLE {table} ({columns}, PRIMARY KEY ({primary_key}))"


def type_of(column: Column) -> str:
    """The type of a column, frozen where it is."""
    return _frozen(column.type) if column.frozen else _thawed(column.type)


def _column(column: Column) -> str:
    return f"{quoted(column.name)} {type_of(column)}{' STATIC' if column.kind == 'static' else ''}"


def _frozen(cql_type: CqlType) -> str:
    """A type frozen through and through, as all types are that stand within another."""
    spelled = _thawed(cql_type)
    return f"frozen<{spelled}>" if cql_type.is_udt or cql_type.name in _FREEZABLE else spelled


def _thawed(cql_type: CqlType) -> str:
    if cql_type.is_udt:
        return quoted(cql_type.name)
    args = [*map(_frozen, cql_type.args), *([str(cql_type.dimension)] if cql_type.dimension else [])]
    return f"{cql_type.name}<{', '.join(args)}>" if args else cql_type.name
