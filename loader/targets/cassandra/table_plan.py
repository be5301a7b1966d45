"""Table plan: how rows become requests for one table, without a cluster."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from loader.config.urls import public_url
from loader.mapping.cql.mapper import CqlMapper
from loader.outcomes import Cause
from loader.rows import Batch, Rows
from loader.targets.cassandra.batcher import Grouping, Limits, TableBatcher
from loader.targets.cassandra.describe import binding_facts, facts, idle_facts, repetition, rows_text
from loader.targets.cassandra.frames import Framer
from loader.targets.cassandra.settings.cassandra_target import CassandraTarget
from loader.targets.cassandra.statement import Statement
from loader.targets.cassandra.timestamps import stamper
from loader.targets.context import Context


class TableForm:
    """The statement of a table, and rows mapped to it. Thread-safe."""

    def __init__(
        self, settings: CassandraTarget, context: Context, statement: Statement, query_id: bytes, limits: Limits
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

    @property
    def name(self) -> str:
        return self.settings.name or public_url(self.settings.url)

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

    def bind(self, source: str, fields: Sequence[str] | None) -> Sequence[str]:
        return binding_facts(self.mapper, self.statement, self.context.mapping, source, fields)

    def describe(self) -> Mapping[str, str]:
        shown = facts(self.settings, self.statement, self.limits, self.context)
        return {label: self.context.mask(text) for label, text in shown.items()}

    def preface(self) -> str:
        return self.context.mask(self.statement.cql)

    def render(self, batch: Batch) -> str:
        return self.context.mask(rows_text(batch, self.statement.parameters))

    def _grouping(self, sets_of: Grouping) -> Grouping | None:
        """One request in flight means file order, which batches of scattered rows would not keep."""
        mode = self.context.batching.mode
        if self.statement.alone or mode == "none" or self.context.max_in_flight == 1:
            return None
        return sets_of if mode == "replica_set" else lambda keys: keys


class FormedTable:
    """What a table with a cluster and one without tell alike."""

    def __init__(self, form: TableForm) -> None:
        self._form = form

    @property
    def name(self) -> str:
        return self._form.name

    @property
    def repeatable(self) -> bool:
        return self._form.statement.repeatable

    @property
    def repetition(self) -> str:
        return repetition(self._form.settings, self._form.statement)

    @property
    def keyed(self) -> bool:
        return False  # write timestamps are each row's own

    def bind(self, source: str, fields: Sequence[str] | None) -> Sequence[str]:
        return self._form.bind(source, fields)

    def absent(self, texts: Collection[str], every: Collection[str] | None) -> Sequence[str]:  # noqa: ARG002
        return ()  # the mapping was held against the columns, and those that get nothing are told of

    def left_out(self, fed: Collection[str]) -> Sequence[str]:
        return idle_facts(self._form.statement, fed)

    def describe(self) -> Mapping[str, str]:
        return self._form.describe()

    def preface(self) -> str:
        return self._form.preface()

    def render(self, batch: Batch) -> str:
        return self._form.render(batch)

    def check(self) -> Cause | None:
        return None  # one that needs a cluster is connected, or there would be no table


def _mapper_of(statement: Statement, context: Context) -> CqlMapper:
    """Raises UsageError for a mapping that does not fit the statement."""
    timestamps = _timestamps if statement.timestamped else None
    return CqlMapper(statement.parameters, statement.partition_key, context.mapping, context.null_words, timestamps)


def _timestamps(rows: Rows) -> Sequence[int]:
    assert rows.timestamps is not None  # noqa: S101 - the batcher has stamped them
    return rows.timestamps
