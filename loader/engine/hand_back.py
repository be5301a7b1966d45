"""Handing back: which of the rows that a stopped run leaves may have arrived, and which surely did not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loader.checkpoint.spans import Run, ordinal_runs
from loader.engine.admission import Admission
from loader.engine.lanes.lane import Lane
from loader.engine.pending import Pending
from loader.engine.pump import Pump
from loader.ledger.ledger import Ledger
from loader.outcomes import RUN_ENDED


def hand_back(pump: Pump, admission: Admission, ledger: Ledger) -> None:
    """Leave all rows that are not settled to the resume; of what is under way, what may not be repeated is unknown."""
    for flight in list(pump.flights):
        if not flight.lane.target.repeatable:
            pump.give_up(flight, RUN_ENDED)
    ledger.in_doubt = in_doubt(pump, admission)
    ledger.cleared = list(_cleared(pump.lanes))


def in_doubt(pump: Pump, admission: Admission) -> list[Run]:
    """Runs of ordinals of the rows that are handed back and may have arrived."""
    doubtful = [pending for pending in _waiting(pump.lanes) if pending.history.ambiguous]
    under_way = (flight.pending for flight in pump.flights)
    ordinals = {ordinal for pending in (*doubtful, *under_way) for ordinal in pending.batch.rows.ordinals}
    return ordinal_runs(sorted(ordinals | admission.in_doubt))


def _cleared(lanes: Sequence[Lane]) -> Iterator[Run]:
    """Runs of ordinals of the rows that were noted, wait again, and surely did not arrive."""
    if all(lane.target.repeatable for lane in lanes):
        return
    for pending in _waiting(lanes):
        if pending.history.first_sent is not None and not pending.history.ambiguous:
            yield from ordinal_runs(pending.batch.rows.ordinals)


def _waiting(lanes: Sequence[Lane]) -> Iterator[Pending]:
    return (pending for lane in lanes for pending in (*lane.queue, *lane.undecided))
