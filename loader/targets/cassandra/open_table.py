"""Opening of a table: connects, reads its columns, prepares the statement."""

from __future__ import annotations

import re
from typing import Any

from cassandra import InvalidRequest, Unauthorized
from cassandra.protocol import SyntaxException

from loader.config.target_kind import shown_name
from loader.errors import UsageError
from loader.mapping.cql.table import Table, quoted
from loader.targets.base import TargetDownError
from loader.targets.cassandra.batcher import BatchLimits
from loader.targets.cassandra.classify import DOWN, connect_cause
from loader.targets.cassandra.replicas import Replication
from loader.targets.cassandra.schema import read_table
from loader.targets.cassandra.session import SessionLink, connect
from loader.targets.cassandra.settings.cassandra_target import CassandraTarget
from loader.targets.cassandra.settings.table_url import address_of
from loader.targets.cassandra.statement import Statement, derived, own
from loader.targets.cassandra.table_plan import TablePlan
from loader.targets.cassandra.target import CassandraTable
from loader.targets.context import Context

_SETTING = "SELECT name, value FROM system_views.settings WHERE name IN ('{}', '{}_in_kb')"
_SIZE = re.compile(r"(\d+)\s*(KiB|MiB|B|)")
_UNITS = {"": 1024, "KiB": 1024, "MiB": 1024**2, "B": 1}  # older servers give plain numbers of KiB


def open_table(settings: CassandraTarget, context: Context) -> CassandraTable:
    """Raises UsageError for settings that do not fit the table, TargetDownError where the cluster cannot be asked."""
    link = connect(settings, context.timeouts)
    try:
        address = address_of(settings.url)
        table = read_table(link.session, address.keyspace, address.table)
        statement, query_id = _prepared(settings, context, link, table)
        _require_replicas(settings, statement, link, table.keyspace)
        threshold = _warned_bytes(link.session)
        limits = BatchLimits.of(context.batching) if threshold is None else BatchLimits.of(context.batching, threshold)
        return CassandraTable(TablePlan(settings, context, statement, query_id, limits), link, table)
    except BaseException as error:
        link.close()
        if isinstance(error, DOWN):
            raise TargetDownError(connect_cause(error)) from error
        raise


def _prepared(settings: CassandraTarget, context: Context, link: SessionLink, table: Table) -> tuple[Statement, bytes]:
    statement = None if settings.query else derived(table, settings, context.mapping)
    query = settings.query if statement is None else statement.cql
    try:
        prepared = link.session.prepare(query)
    except (InvalidRequest, SyntaxException, Unauthorized) as error:
        raise UsageError(
            f"target {shown_name(settings)}: the server does not take the statement: {error}\n{query}"
        ) from error
    if statement is None:
        statement = own(table, settings, prepared, link.session.cluster.metadata.keyspaces[table.keyspace])
    return statement, prepared.query_id


def _require_replicas(settings: CassandraTarget, statement: Statement, link: SessionLink, keyspace: str) -> None:
    """Raises UsageError where rows would be refused even with all nodes up."""
    replication = Replication.of(link.session.cluster.metadata, keyspace)
    if replication is None:
        return
    asked: dict[str, str] = {"consistency": settings.consistency}
    if statement.is_conditional:
        asked["serial_consistency"] = settings.serial_consistency
    for key, consistency in asked.items():
        if (shortage := replication.shortage(consistency, link.local_dc)) is not None:
            possible = ", ".join(replication.possible(link.local_dc)) or "none"
            raise UsageError(
                f"target {shown_name(settings)}: {key}: {shortage}. Set another consistency (with these nodes there "
                f"can be {possible}), or change the replication: ALTER KEYSPACE {quoted(keyspace)} "
                "WITH replication = ..."
            )


def _warned_bytes(session: Any) -> int | None:
    """From which size on the server warns of a batch that touches several partitions; None if it does not tell."""
    name = "batch_size_warn_threshold"
    try:
        found = list(session.execute(_SETTING.format(name, name)))
    except (InvalidRequest, Unauthorized):
        return None  # before version 4.0 there is no such table
    sizes = [_SIZE.fullmatch(row.value or "") for row in found]
    known = [int(size[1]) * _UNITS[size[2]] for size in sizes if size is not None]
    return max(known[0], 1024) if known else None
