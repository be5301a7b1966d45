"""Statement that writes one row, and what its markers take."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from loader.config.sections import FieldMapping
from loader.errors import UsageError
from loader.mapping.cql.matching import Parameter
from loader.mapping.cql.table import Table
from loader.mapping.cql.types import WRITE_TIMESTAMP, CqlType, UnknownTypeError, parse_type, quoted
from loader.targets.cassandra.schema import udt_fields
from loader.targets.cassandra.settings.cassandra_target import CassandraTarget

_STRINGS = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|//[^\n]*|/\*.*?\*/", re.DOTALL)
_INSERT_IF_NOT_EXISTS = re.compile(r"\s*INSERT\b.*\bIF\s+NOT\s+EXISTS\b", re.IGNORECASE | re.DOTALL)
_BEGIN_BATCH = re.compile(r"(?:\s|'')*BEGIN\b", re.IGNORECASE)  # after the comments, of which _STRINGS leaves quotes
_TIMESTAMP_MARKERS = re.compile(r"\bTIMESTAMP\s+:(\w+)", re.IGNORECASE)
_MARKERS = re.compile(r"\?")
# The server does not say of a prepared statement that it is conditional. IF is a reserved word; :if is a marker.
_IF = re.compile(r"(?<![:\w])IF\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One CQL statement with markers.

    `parameters` are its markers in order; with `timestamped` one more follows them, the write timestamp in
    microseconds. `partition_key` are the indexes of the parameters that make up the key, () where they are not all
    there. `is_conditional`: a lightweight transaction, whose answer says whether it was applied. `alone`: it may not
    share a batch. `repeatable`: whether what may have arrived may be sent again. `lists` are the columns in which a
    repetition leaves its elements beside those that arrived: lists that are not frozen, whatever the write timestamp.
    """

    cql: str
    parameters: tuple[Parameter, ...]
    partition_key: tuple[int, ...]
    timestamped: bool
    is_conditional: bool
    alone: bool
    repeatable: bool
    lists: tuple[str, ...] = ()

    @property
    def markers(self) -> int:
        return len(self.parameters) + self.timestamped


def derived(table: Table, settings: CassandraTarget, mapping: FieldMapping) -> Statement:
    """INSERT of all columns, or UPDATE of all counters. Raises UsageError for settings that a counter table forbids."""
    statement = _update(table, mapping) if table.is_counter else _insert(table, mapping)
    if settings.repeatable != "auto" and not table.is_counter:
        return replace(statement, repeatable=bool(settings.repeatable))
    if settings.repeatable is True:
        raise UsageError(f"target {settings.name}: repeatable: an increment of a counter may never be sent twice")
    return statement


def _insert(table: Table, mapping: FieldMapping) -> Statement:
    names = ", ".join(quoted(column.name) for column in table.columns)
    marks = ", ".join("?" for _ in table.columns)
    parameters = [Parameter(c.name, c.type, c.name in table.primary_key) for c in table.columns]
    using: list[str] = []
    if isinstance(mapping.ttl, str):
        using.append("TTL ?")
        parameters.append(Parameter("TTL (mapping.ttl)", CqlType("int"), required=False, field=mapping.ttl))
    elif mapping.ttl:
        using.append(f"TTL {mapping.ttl}")
    timestamped = mapping.timestamp in ("run", "now")
    if isinstance(mapping.timestamp, int):
        using.append(f"TIMESTAMP {mapping.timestamp}")
    elif not timestamped:
        using.append("TIMESTAMP ?")
        name = "write timestamp (mapping.timestamp)"
        parameters.append(Parameter(name, WRITE_TIMESTAMP, required=False, field=mapping.timestamp))
    else:
        using.append("TIMESTAMP ?")  # the last marker
    into = f"{_name(table)} ({names}) VALUES ({marks}) USING {' AND '.join(using)}"
    return Statement(
        f"INSERT INTO {into}",
        tuple(parameters),
        _places(table.partition_key, parameters),
        timestamped,
        is_conditional=False,
        alone=False,
        repeatable=True,
        lists=tuple(c.name for c in table.columns if c.type.name == "list" and not c.frozen),
    )


def _update(table: Table, mapping: FieldMapping) -> Statement:
    if mapping.ttl:
        raise UsageError(f"mapping.ttl: {table.name} is a table of counters, which do not expire")
    if mapping.timestamp not in ("run", "now"):
        raise UsageError(f"mapping.timestamp: {table.name} is a table of counters, which take no write timestamp")
    counters = [column for column in table.columns if column.name not in table.primary_key]
    key = [column for name in table.primary_key for column in table.columns if column.name == name]
    changes = ", ".join(f"{quoted(c.name)} = {quoted(c.name)} + ?" for c in counters)
    where = " AND ".join(f"{quoted(c.name)} = ?" for c in key)
    parameters = [Parameter(c.name, c.type, required=False) for c in counters]
    parameters += [Parameter(c.name, c.type, required=True) for c in key]
    return Statement(
        f"UPDATE {_name(table)} SET {changes} WHERE {where}",  # noqa: S608 - names are quoted, values are bound
        tuple(parameters),
        _places(table.partition_key, parameters),
        timestamped=False,
        is_conditional=False,
        alone=True,
        repeatable=False,
    )


def own(table: Table, settings: CassandraTarget, prepared: Any, space: Any) -> Statement:
    """The user's query, as the server understood it. Raises UsageError for markers without a name."""
    bare = _STRINGS.sub("''", settings.query)
    if _MARKERS.search(bare):
        raise UsageError(
            f"target {settings.name}: query: markers need names, like :id, to be fed by the fields of rows"
        )
    try:
        parameters = [
            Parameter(column.name, _type_of(column.type, space), required=False) for column in prepared.column_metadata
        ]
    except (UnknownTypeError, KeyError) as error:
        raise UsageError(f"target {settings.name}: query: {error}") from error
    parameters = _with_write_timestamps(parameters, bare)
    key = tuple(prepared.routing_key_indexes or ())
    parameters = [replace(each, required=at in key) for at, each in enumerate(parameters)]
    conditional = _IF.search(bare) is not None
    insert_if_not_exists = _INSERT_IF_NOT_EXISTS.match(bare) is not None
    repeatable = insert_if_not_exists if settings.repeatable == "auto" else bool(settings.repeatable)
    return Statement(
        settings.query,
        tuple(parameters),
        key,
        timestamped=False,
        is_conditional=conditional,
        alone=conditional or table.is_counter or not repeatable or _BEGIN_BATCH.match(bare) is not None,
        repeatable=repeatable,
    )


def _places(names: Sequence[str], parameters: Sequence[Parameter]) -> tuple[int, ...]:
    """The indexes of the parameters of these names."""
    at = {each.name: index for index, each in enumerate(parameters)}
    return tuple(at[name] for name in names)


def _with_write_timestamps(parameters: Sequence[Parameter], query: str) -> list[Parameter]:
    """The server calls what USING TIMESTAMP takes a bigint; it is a moment, where the marker stands nowhere else."""
    found = {name.lower() for name in _TIMESTAMP_MARKERS.findall(query)}
    names = Counter(each.name for each in parameters)
    return [
        replace(each, type=WRITE_TIMESTAMP) if each.name in found and names[each.name] == 1 else each
        for each in parameters
    ]


def _type_of(cass_type: Any, space: Any) -> Any:
    return parse_type(cass_type.cql_parameterized_type(), lambda name: udt_fields(space, name))


def _name(table: Table) -> str:
    return f"{quoted(table.keyspace)}.{quoted(table.name)}"
