"""Write timestamps of rows, in microseconds since the epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import repeat

from loader.rows import Rows
from loader.targets.cassandra.statement import Statement
from loader.targets.context import Context


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
