"""Tables on a real server, and rows written there as the bytes they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cassandra.cluster import Session
from cassandra.query import UNSET_VALUE, BoundStatement, PreparedStatement

from loader.mapping.cql.mapper import CqlRows
from loader.mapping.cql.table import quoted
from tests.mapping.cql.making import UDTS, cells


def create_types(session: Session, keyspace: str) -> None:
    for name, fields in UDTS.items():
        listed = ", ".join(f"{quoted(field)} {text}" for field, text in fields)
        session.execute(f"CREATE TYPE IF NOT EXISTS {keyspace}.{name} ({listed})")


def create(
    session: Session, keyspace: str, columns: Mapping[str, str], key: str, table: str = "t"
) -> PreparedStatement:
    """Create a table and prepare its INSERT; `key` is what stands within PRIMARY KEY."""
    create_types(session, keyspace)
    listed = ", ".join(f"{quoted(name)} {text}" for name, text in columns.items())
    session.execute(f"CREATE TABLE {keyspace}.{table} ({listed}, PRIMARY KEY ({key}))")
    marks = ", ".join("?" for _ in columns)
    return session.prepare(f"INSERT INTO {keyspace}.{table} ({', '.join(map(quoted, columns))}) VALUES ({marks})")


def bound(prepared: PreparedStatement, values: list[Any]) -> BoundStatement:
    """The statement with bytes, -1 for null and -2 for unset, as they are."""
    statement = BoundStatement(prepared)
    statement.values = [{-1: None, -2: UNSET_VALUE}.get(value, value) for value in values]
    return statement


def insert(session: Session, prepared: PreparedStatement, mapped: CqlRows) -> None:
    assert not mapped.unfit, next(iter(mapped.unfit.values())).message
    for item in mapped.items:
        session.execute(bound(prepared, cells(item)))
