"""Offline table: known by its schema file alone; rows are mapped and batched, none is sent."""

from __future__ import annotations

from pathlib import Path

from loader.config.target_kind import shown_name
from loader.errors import UsageError
from loader.mapping.cql.schema_file import read_schema_file
from loader.rows import Batch
from loader.targets.base import Done
from loader.targets.cassandra.batcher import BatchLimits, TableBatcher
from loader.targets.cassandra.preview import TablePreview
from loader.targets.cassandra.settings.cassandra_target import CassandraTarget
from loader.targets.cassandra.settings.table_url import address_of
from loader.targets.cassandra.statement import derived
from loader.targets.cassandra.table_plan import TablePlan
from loader.targets.context import Context

_QUERY_ID = bytes(16)  # servers name statements by MD5


class OfflineTable:
    """What a dry run needs of a table. `submit` is a defect: whoever opens it wraps it."""

    def __init__(self, plan: TablePlan, schema: Path) -> None:
        self.name = plan.name
        self.repeatable = plan.statement.repeatable
        self.keyed = False
        self.preview = TablePreview(plan, f"not tried; the table is that of {schema}")
        self._plan = plan

    def batcher(self) -> TableBatcher:
        # Nobody knows which replicas hold a row; it is as if all rows were at home on one node.
        return self._plan.batcher(lambda keys: [0] * len(keys))

    def submit(self, batch: Batch, done: Done) -> None:
        raise NotImplementedError("a table that is known by its schema file alone takes no rows")

    def close(self) -> None:
        """Nothing is open."""


def open_offline(settings: CassandraTarget, context: Context, schema: Path) -> OfflineTable:
    """The table of `settings` as the file `schema` defines it. Raises UsageError."""
    if settings.query:
        name = shown_name(settings)
        raise UsageError(f"target {name}: query: only a cluster can tell what a query of your own takes, not {schema}")
    address = address_of(settings.url)
    table = read_schema_file(schema, address.keyspace, address.table)
    statement = derived(table, settings, context.mapping)
    return OfflineTable(TablePlan(settings, context, statement, _QUERY_ID, BatchLimits.of(context.batching)), schema)
