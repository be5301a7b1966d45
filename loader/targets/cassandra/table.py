"""The Cassandra target: batches become requests to the replicas that hold their rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import repeat
from typing import Any

from loader.config.sections import CassandraTarget
from loader.config.urls import public_url
from loader.mapping.cql.mapper import CqlMapper
from loader.mapping.cql.table import Table
from loader.outcomes import ACCEPTED, Cause, Result, defect
from loader.rows import Batch, Rows
from loader.targets.base import Done
from loader.targets.cassandra.batcher import Grouping, Limits, TableBatcher
from loader.targets.cassandra.classify import cause_of
from loader.targets.cassandra.conditional import judge
from loader.targets.cassandra.describe import binding_facts, facts, request_text
from loader.targets.cassandra.frames import Framer
from loader.targets.cassandra.routes import Routes
from loader.targets.cassandra.session import Link
from loader.targets.cassandra.statement import Statement
from loader.targets.cassandra.wire import Answered, Reply, Wire
from loader.targets.context import Context


class CassandraTable:
    """Rows go into one table. An exception that nobody foresaw ends its attempt with a cause of type "defect"."""

    def __init__(
        self,
        settings: CassandraTarget,
        context: Context,
        link: Link,
        table: Table,
        statement: Statement,
        query_id: bytes,
        limits: Limits,
    ) -> None:
        """`query_id` is that of `statement.cql`, prepared over `link`."""
        self._settings = settings
        self._context = context
        self._link = link
        self._statement = statement
        self._limits = limits
        self._mapper = mapper_of(statement, context)
        self._framer = Framer(
            query_id,
            statement.markers,
            consistency=settings.consistency,
            serial_consistency=settings.serial_consistency,
            answers=statement.is_conditional,
        )
        self._routes = Routes(link.session, table.keyspace, link.local_dc)
        self._wire = Wire(link.session, statement.cql, context.timeouts.write)
        self._markers = tuple(parameter.name for parameter in statement.parameters)

    @property
    def name(self) -> str:
        return self._settings.name or public_url(self._settings.url)

    @property
    def repeatable(self) -> bool:
        return self._statement.repeatable

    def batcher(self) -> TableBatcher:
        return TableBatcher(
            self._mapper,
            self._grouping(),
            self._limits,
            overhead=self._framer.overhead,
            cells=self._statement.markers,
            stamp=stamper(self._statement, self._context),
        )

    def submit(self, batch: Batch, done: Done) -> None:
        items = batch.payload
        frame = self._framer.frame([item.values for item in items])
        self._wire.send(frame, self._routes.hosts_for(items[0].key), lambda reply: done(self._judge(reply, batch)))

    def close(self) -> None:
        self._wire.close()
        self._link.close()

    def bind(self, source: str, fields: Sequence[str]) -> Sequence[str]:
        return binding_facts(self._mapper, self._context.mapping, source, fields)

    def describe(self) -> Mapping[str, str]:
        shown = facts(self._settings, self._statement, self._limits, self._context)
        return {label: self._context.mask(text) for label, text in shown.items()}

    def render(self, batch: Batch) -> str:
        return self._context.mask(request_text(self._statement, batch))

    def check(self) -> Cause | None:
        return None  # it is connected, or there would be no table

    def _grouping(self) -> Grouping | None:
        """One request in flight means file order, which batches of scattered rows would not keep."""
        mode = self._context.batching.mode
        if self._statement.alone or mode == "none" or self._context.max_in_flight == 1:
            return None
        return self._routes.sets_of if mode == "replica_set" else lambda keys: keys

    def _judge(self, reply: Reply, batch: Batch) -> Result:
        try:
            return self._result(reply, batch)
        except Exception as error:  # rows whose answer is dropped would be waited for without end
            return Result(defect(error).masked(self._context.mask))

    def _result(self, reply: Reply, batch: Batch) -> Result:
        if isinstance(reply, Answered) and not _is_error(reply.message):
            if not self._statement.is_conditional:
                return ACCEPTED
            cause = judge(reply.message, self._markers, batch.payload[0].values)
        else:
            cause = cause_of(reply)
        return ACCEPTED if cause is None else Result(cause.masked(self._context.mask))


def mapper_of(statement: Statement, context: Context) -> CqlMapper:
    """Raises UsageError for a mapping that does not fit the statement."""
    timestamps = _timestamps if statement.timestamped else None
    return CqlMapper(statement.parameters, statement.partition_key, context.mapping, context.null_words, timestamps)


def _timestamps(rows: Rows) -> Sequence[int]:
    assert rows.timestamps is not None  # noqa: S101 - the batcher has stamped them
    return rows.timestamps


def stamper(statement: Statement, context: Context) -> Callable[[Rows], Rows]:
    """What gives rows their write timestamps: those of the run, of this moment, a fixed one, or none of ours."""
    timestamp = context.mapping.timestamp
    if isinstance(timestamp, int) and not statement.alone:
        return lambda rows: replace(rows, timestamps=list(repeat(timestamp, len(rows))))
    if not statement.timestamped:
        return lambda rows: rows
    if timestamp == "now":
        return _now_stamper()
    return lambda rows: replace(rows, timestamps=_of_run(rows, context.started_us))


def _of_run(rows: Rows, started_us: int) -> Sequence[int]:
    """Start of the run plus the row's ordinal: the same after any restart, and the later of two rows wins."""
    ordinals = rows.ordinals
    if rows.origins is None:
        if isinstance(ordinals, range):
            return range(started_us + ordinals.start, started_us + ordinals.stop)
        return [started_us + ordinal for ordinal in ordinals]
    kept = (origin.write_timestamp for origin in rows.origins)
    return [own if own is not None else started_us + o for own, o in zip(kept, ordinals, strict=True)]


def _now_stamper() -> Callable[[Rows], Rows]:
    """The moment in which rows are mapped, in microseconds; never the same twice, so that the later row wins."""
    last = 0

    def stamp(rows: Rows) -> Rows:
        nonlocal last
        first = max(last + 1, int(time.time() * 1e6))
        last = first + len(rows) - 1
        return replace(rows, timestamps=range(first, last + 1))

    return stamp


def _is_error(message: Any) -> bool:
    return hasattr(message, "code")
