"""Preview of a table: statements and settings as text, secrets masked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from loader.errors import UsageError
from loader.mapping.absent_fields import absent_choices
from loader.mapping.cql.cells import cells
from loader.mapping.cql.mapper import CqlMapper, Parameter
from loader.mapping.cql.showing import shown_value
from loader.mapping.unfit import named
from loader.rows import Batch
from loader.targets.cassandra.settings.table_url import address_of
from loader.targets.cassandra.statement import Statement
from loader.targets.cassandra.table_plan import TablePlan
from loader.targets.preview import CONNECTED, Preview

_SHOWN_ROWS = 3
_SHOWN = 500  # characters of a row


class TablePreview(Preview):
    """What rows would become in a table. Fields that feed columns and that no row has need no word of their own: the
    mapping is held against the columns, and those that get nothing are told of.
    """

    def __init__(self, plan: TablePlan, connection: str = CONNECTED) -> None:
        """Opening has connected where that is needed at all; `connection` says how that was."""
        self._plan = plan
        self._connection = connection

    @property
    def repetition(self) -> str:
        if self._plan.settings.query:
            return "the query ran for them again, as target.repeatable allows"
        lists = self._plan.statement.lists
        if lists:
            return f"rows are there once, but {_names(lists)} may hold elements twice: lists that are not frozen"
        return "a row with the same key takes the place of the first, so none stands there twice"

    def bind(self, source: str, fields: Sequence[str] | None) -> Sequence[str]:
        statement, mapper = self._plan.statement, self._plan.mapper
        if fields is None:
            return _doubling(source, statement, statement.lists)
        binding = mapper.binding(fields)
        if binding.missing:
            raise UsageError(
                f"{source}: no field feeds {_names(binding.missing)} of the primary key; its fields are "
                f"{_names(fields)}: name the right one in mapping.fields"
            )
        if binding.clashing:
            (name, feeding), *_ = binding.clashing.items()
            raise UsageError(
                f"{source}: {_names(feeding)} would all go to {name}: name another column in mapping.fields"
            )
        if binding.extra and self._plan.context.mapping.extra == "error":
            raise UsageError(
                f"{source}: no column takes {_extra(mapper, binding.extra)}: name one in mapping.fields, or set "
                'mapping.extra = "ignore" or "column:NAME"'
            )
        return _doubling(source, statement, [name for name in binding.matched.values() if name in statement.lists])

    def absent(self, texts: Collection[str], every: Collection[str] | None) -> Sequence[str]:
        return tuple(absent_choices(self._plan.context.mapping, texts, every))

    def left_out(self, fed: Collection[str]) -> Sequence[str]:
        parameters = self._plan.statement.parameters
        idle = [each for each in parameters if not each.required and each.name not in fed]
        columns = tuple(dict.fromkeys(each.name for each in idle if each.field is None))
        told = [f"columns that get nothing: {_names(columns)}; no row has a value for them"] if columns else []
        fields = [each for each in idle if each.field is not None]
        told += [f"no row has a value in the field {each.field}, so none is given a {each.name}" for each in fields]
        return told

    def describe(self) -> Mapping[str, str]:
        return {label: self._plan.context.mask(text) for label, text in self._facts().items()}

    def preface(self) -> str:
        return self._plan.context.mask(self._plan.statement.cql)

    def render(self, batch: Batch) -> str:
        """The first rows as they will stand in the table, and how much more there is."""
        parameters = self._plan.statement.parameters
        rows = [_row_text(item.values, parameters) for item in batch.payload[:_SHOWN_ROWS]]
        shown = [row if len(row) <= _SHOWN else f"{row[:_SHOWN]}... ({len(row):,} characters)" for row in rows]
        more = [f"... {len(batch):,} rows, {sum(batch.sizes):,} bytes"] if len(batch) > len(rows) else []
        return self._plan.context.mask("\n".join((*shown, *more)))

    def check(self) -> str:
        return self._connection

    def _facts(self) -> Mapping[str, str]:
        settings, statement, mapping = self._plan.settings, self._plan.statement, self._plan.context.mapping
        stamps = {"run": "start of the run and place in the input", "now": "the moment a row is read"}
        timestamp = str(mapping.timestamp)
        hosts = ", ".join(f"{host}:{port}" for host, port in address_of(settings.url).hosts)
        tls = "none" if settings.tls is None else "verified" if settings.tls.verify else "NOT VERIFIED"
        return {
            "hosts": hosts or f"those of {settings.bundle}",
            "statement": statement.cql,
            "batches": self._batches(),
            "consistency": settings.consistency,
            "write timestamp": stamps.get(timestamp, timestamp) if statement.timestamped else "none",
            "null": "leaves the column as it is" if mapping.null == "unset" else "clears the column",
            "may be repeated": "yes" if statement.repeatable else "no: rows without an answer are unknown",
            "TLS": "by the bundle" if settings.bundle else tls,
        }

    def _batches(self) -> str:
        mode, limits = self._plan.context.batching.mode, self._plan.limits
        if self._plan.statement.alone or mode == "none":
            return "each row alone"
        kind = "partition" if mode == "partition" else "replica set"
        return f"of one {kind}, up to {limits.partitions} partitions or {limits.warned_bytes:,} bytes"


def _doubling(source: str, statement: Statement, lists: Sequence[str]) -> Sequence[str]:
    """What a repetition does to the elements of these lists."""
    if not (lists and statement.repeatable):
        return ()
    return (
        f"{source}: lists that are not frozen: {_names(lists)}; a row that is sent twice leaves their elements there "
        "twice, and repeatable = false rules that out",
    )


def _row_text(values: bytes, parameters: Sequence[Parameter]) -> str:
    """What a row sets, as JSON; what it leaves as it is is left out."""
    bound = zip(parameters, cells(values), strict=False)  # a write timestamp of the run is no parameter
    shown = {each.name: shown_value(each.type, cell) for each, cell in bound if cell is not msgspec.UNSET}
    return msgspec.json.encode(shown).decode()


def _extra(mapper: CqlMapper, fields: Sequence[str]) -> str:
    """Fields that no column takes, each with the column that it may have been meant for."""
    meant = ((field, mapper.meant(field)) for field in fields)
    return ", ".join(
        f"{named(field)} (did you mean {named(close)}?)" if close else named(field) for field, close in meant
    )


def _names(names: Sequence[str]) -> str:
    return ", ".join(map(named, names))
