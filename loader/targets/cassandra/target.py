"""Cassandra target: batches as requests to the replicas that hold their rows."""

from __future__ import annotations

from typing import Any

from loader.mapping.cql.table import Table
from loader.outcomes import ACCEPTED, Result, defect
from loader.rows import Batch
from loader.targets.base import Done
from loader.targets.cassandra.batcher import TableBatcher
from loader.targets.cassandra.classify import cause_of
from loader.targets.cassandra.conditional import judge
from loader.targets.cassandra.preview import TablePreview
from loader.targets.cassandra.protocol.wire import Answered, Reply, Wire
from loader.targets.cassandra.routes import Routes
from loader.targets.cassandra.session import SessionLink
from loader.targets.cassandra.table_plan import TablePlan


class CassandraTable:
    """Rows go into one table. An exception that nobody foresaw ends its attempt with a cause of type "defect"."""

    def __init__(self, plan: TablePlan, link: SessionLink, table: Table) -> None:
        """The statement of `plan` is prepared over `link`."""
        statement = plan.statement
        self.name = plan.name
        self.repeatable = statement.repeatable
        self.keyed = False  # write timestamps are each row's own
        self._plan = plan
        self._link = link
        self._routes = Routes(link.session, table.keyspace, link.local_dc)
        self._wire = Wire(link.session, statement.cql, plan.context.timeouts.write)
        types = {column.name: column.type for column in table.columns}
        self._markers = [each.name if types.get(each.name) == each.type else None for each in statement.parameters]

    @property
    def preview(self) -> TablePreview:
        return TablePreview(self._plan)

    def batcher(self) -> TableBatcher:
        return self._plan.batcher(self._routes.sets_of)

    def submit(self, batch: Batch, done: Done) -> None:
        items = batch.payload
        frame = self._plan.framer.frame([item.values for item in items])
        self._wire.send(frame, self._routes.hosts_for(items[0].key), lambda reply: done(self._judge(reply, batch)))

    def close(self) -> None:
        self._wire.close()
        self._link.close()

    def _judge(self, reply: Reply, batch: Batch) -> Result:
        try:
            return self._result(reply, batch)
        except Exception as error:  # rows whose answer is dropped would be waited for without end
            return Result(defect(error).masked(self._plan.context.mask))

    def _result(self, reply: Reply, batch: Batch) -> Result:
        if isinstance(reply, Answered) and not _is_error(reply.message):
            if not self._plan.statement.is_conditional:
                return ACCEPTED
            cause = judge(reply.message, self._markers, batch.payload[0].values)
        else:
            cause = cause_of(reply)
        return ACCEPTED if cause is None else Result(cause.masked(self._plan.context.mask))


def _is_error(message: Any) -> bool:
    return hasattr(message, "code")
