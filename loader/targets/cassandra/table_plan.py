"""Table plan: how rows become requests for one table, without a cluster."""

from __future__ import annotations

from collections.abc import Sequence

from loader.config.target_kind import shown_name
from loader.mapping.cql.mapper import CqlMapper
from loader.mapping.cql.shaped_table import cql_mapper
from loader.rows import Rows
from loader.targets.cassandra.batcher import BatchLimits, Grouping, TableBatcher
from loader.targets.cassandra.protocol.frames import Framer
from loader.targets.cassandra.settings.cassandra_target import CassandraTarget
from loader.targets.cassandra.statement import Statement
from loader.targets.cassandra.timestamps import stamper
from loader.targets.context import Context


class TablePlan:
    """The statement of a table, and how rows are mapped to it and batched. Thread-safe."""

    def __init__(
        self, settings: CassandraTarget, context: Context, statement: Statement, query_id: bytes, limits: BatchLimits
    ) -> None:
        """`query_id` is that of the prepared statement. Raises UsageError for a mapping that does not fit it."""
        self.settings = settings
        self.context = context
        self.statement = statement
        self.limits = limits
        self.framer = Framer(
            query_id,
            statement.markers,
            consistency=settings.consistency,
            serial_consistency=settings.serial_consistency,
            answers=statement.is_conditional,
        )
        self.mapper = _mapper_of(statement, context)
        self.name = shown_name(settings)

    def batcher(self, sets_of: Grouping) -> TableBatcher:
        """`sets_of` tells the replica sets of partition keys."""
        return TableBatcher(
            self.mapper,
            self._grouping(sets_of),
            self.limits,
            overhead=self.framer.overhead,
            cells=self.statement.markers,
            stamp=stamper(self.statement, self.context),
        )

    def _grouping(self, sets_of: Grouping) -> Grouping | None:
        """One request in flight means file order, which batches of scattered rows would not keep."""
        mode = self.context.batching.mode
        if self.statement.alone or mode == "none" or self.context.max_in_flight == 1:
            return None
        return sets_of if mode == "replica_set" else lambda keys: keys


def _mapper_of(statement: Statement, context: Context) -> CqlMapper:
    """Raises UsageError for a mapping that does not fit the statement."""
    timestamps = _timestamps if statement.timestamped else None
    settings = (context.mapping, context.texts, context.identity)
    return cql_mapper(statement.parameters, statement.partition_key, *settings, timestamps)


def _timestamps(rows: Rows) -> Sequence[int]:
    assert rows.timestamps is not None  # noqa: S101 - the batcher has stamped them
    return rows.timestamps
