"""A rehearsal from end to end: copy the table, load, read back, compare, and leave nothing behind."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from loader.clock import SystemClock
from loader.config import Config, TargetSettings, public_url
from loader.config.target_kind import shown_name
from loader.errors import UsageError
from loader.exit_codes import ExitCode, gravest
from loader.local import Address
from loader.mapping.cql.schema_file import read_schema_file
from loader.mapping.cql.table import Table, quoted
from loader.outcomes import defect
from loader.rehearsal.accepted_rows import Seen
from loader.rehearsal.comparing import Tally, compare
from loader.rehearsal.interruption import interruptible
from loader.rehearsal.patience import Patience
from loader.rehearsal.reading import TableReader
from loader.rehearsal.recording_target import RecordingTarget
from loader.rehearsal.scratch import Scratch
from loader.report.comparison import Comparison
from loader.report.final import Report
from loader.run.opened_targets import Wrapper
from loader.run.plan import Plan
from loader.targets.base import TargetDownError
from loader.targets.cassandra.classify import DOWN, connect_cause
from loader.targets.cassandra.schema import read_table
from loader.targets.cassandra.session import connect
from loader.targets.cassandra.settings.cassandra_target import CassandraTarget
from loader.targets.cassandra.settings.table_url import address_of
from loader.targets.cassandra.statement import derived

_PLAIN = re.compile("[a-z][a-z0-9_]*")  # a name that is the same without quotes
_NOT_READ_BACK = "the rows are as told here, and nothing was compared"
_NOT_COMPARED = "nothing was read back, as the load did not run to its end"


Load = Callable[[Plan, Wrapper], Report]
"""Runs a plan, with what is given in front of its targets. Raises UsageError where nothing could be read."""


def table_of(target: TargetSettings, config: Config, schema: Path | None) -> Table:
    """The table to rehearse for, from the file `schema` or else from the target's own cluster.

    Raises UsageError, TargetDownError.
    """
    if not isinstance(target, CassandraTarget):
        raise UsageError(f"{shown_name(target)}: only a load into cassandra://... can be rehearsed")
    if target.query:
        raise UsageError(
            f"target {target.name}: query: a query of your own names its table itself; it cannot be rehearsed in a copy"
        )
    address = address_of(target.url)
    if schema is not None:
        return read_schema_file(schema, address.keyspace, address.table)
    with closing(connect(target, config.timeouts)) as link:
        return read_table(link.session, address.keyspace, address.table)


def rehearse(plan: Plan, table: Table, local: Address, folder: Path, load: Load, warn: Callable[[str], None]) -> Report:
    """Load the inputs of `plan` by `load` into a copy of `table` on the Cassandra at `local`, and compare.

    `folder` is for what a run writes, and for the locks of rehearsals. To be called from the main thread, which takes
    over SIGINT, SIGTERM and SIGHUP meanwhile. Raises UsageError where nothing could be read, TargetDownError where
    the local Cassandra does not answer.
    """
    target = plan.targets[""]
    with interruptible(), closing(connect(_at(local, target, table), plan.config.timeouts)) as link:
        try:
            scratch = Scratch(link.session, folder, SystemClock().wall(), warn)
            scratch.drop_leftovers()
            with scratch.copy_of(table) as (copy, own_folder):
                report, seen = _load(plan, _at(local, target, copy), copy, own_folder, load)
                if report.status == "complete":
                    reader = TableReader(link.session, copy, Patience(plan.config.retry))
                    report = _read_back(report, seen, copy, reader, local, plan.config)
                else:
                    report = replace(report, warnings=(*report.warnings, _NOT_COMPARED))
        except DOWN as error:
            raise TargetDownError(connect_cause(error)) from error
    dlq = report.dlq if plan.dlq_path is not None else None  # any other is gone with its folder
    return replace(report, target=public_url(target.url), dlq=dlq)


def _at(local: Address, target: TargetSettings, table: Table) -> CassandraTarget:
    """`table` at the local Cassandra, under the name of the target that it stands for."""
    host = f"[{local.host}]" if ":" in local.host else local.host
    path = ".".join(name if _PLAIN.fullmatch(name) else quote(quoted(name)) for name in (table.keyspace, table.name))
    return CassandraTarget(
        name=shown_name(target),
        url=f"cassandra://{host}:{local.port}/{path}",
        repeatable=target.repeatable,
        consistency="ONE",  # there is one node
    )


def _load(plan: Plan, target: CassandraTarget, table: Table, folder: Path, load: Load) -> tuple[Report, Seen]:
    """The load itself: in one process, which hears of all answers, and with its run in `folder`."""
    seen = Seen(table, derived(table, target, plan.config.mapping))
    config = replace(
        plan.config,
        checkpoint=replace(plan.config.checkpoint, dir=str(folder / "runs")),
        concurrency=replace(plan.config.concurrency, workers=1),
    )
    into_copy = replace(plan, config=config, targets={"": target})
    return load(into_copy, lambda endpoint: RecordingTarget(endpoint, seen.note)), seen


def _read_back(report: Report, seen: Seen, table: Table, reader: TableReader, local: Address, config: Config) -> Report:
    """The report with what came of reading back, or why that could not be done: what the load found stays."""
    try:
        return _compared(report, seen, table, reader, local, config)
    except KeyboardInterrupt:
        return _unread(report, ExitCode.INTERRUPTED, "interrupted", _NOT_READ_BACK)
    except DOWN as error:
        message = config.secrets.mask(connect_cause(error).message)
        return _unread(
            report, ExitCode.STOPPED, message, f"{_NOT_READ_BACK}; rehearse again when the machine has less to do"
        )
    except Exception as error:  # what the load found is told all the same
        cause = defect(error).masked(config.secrets.mask)
        return _unread(report, ExitCode.DEFECT, f"a defect of loader: {cause.message}", cause.hint)


def _unread(report: Report, code: ExitCode, why: str, hint: str | None) -> Report:
    reason = f"the load ended, and what stands there could not be read back: {why}"
    return replace(report, reason=reason, hint=hint, exit_code=int(gravest((ExitCode(report.exit_code), code))))


def _compared(report: Report, seen: Seen, table: Table, reader: TableReader, local: Address, config: Config) -> Report:
    """The report with what came of reading back; a difference is a failure like a row that was rejected."""
    tally = Tally()
    expires = bool(config.mapping.ttl)
    for part in filter(None, (seen.rows, seen.partitions)):
        compare(reader, table, part, tally, expires=expires)
    rows = reader.count()
    is_exact = not expires and not report.unknown
    keys = seen.keys.count if is_exact else None
    comparison = Comparison(
        table.keyspace,
        str(local),
        rows,
        keys,
        report.delivered - (rows if keys is None else keys) if is_exact else None,
        tally.compared,
        tally.differing,
        tally.not_comparable,
        tuple(tally.differences),
    )
    codes = (ExitCode(report.exit_code), ExitCode.OK if comparison.is_equal else ExitCode.DEAD_LETTERS)
    return replace(report, comparison=comparison, exit_code=int(gravest(codes)))
