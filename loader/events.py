"""Events of a load: immutable facts, told to observers.

The engine hands them to hooks; the run log, the screen and the report are fed by the same event. Nothing here is
printed, and texts that come from rows or answers are raw: who shows them makes them safe.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec


class Event(msgspec.Struct, frozen=True, gc=False):
    """The base of all events."""


Observer = Callable[[Event], None]


class RunStarted(Event, frozen=True):
    run_id: str
    inputs: tuple[str, ...]
    target: str


class RetryScheduled(Event, frozen=True):
    """A batch failed and will be tried again."""

    target: str
    source: str
    line: int  # of the batch's first row
    rows: int
    attempt: int  # the one that failed; the first is 1
    wait: float  # seconds until the next at the earliest
    error_type: str
    error: str
    request: int = 0  # the number of the request in this part of the run, from 1


class BatchSplit(Event, frozen=True):
    """A batch goes on as two halves, to find the row that is at fault."""

    target: str
    source: str
    line: int
    rows: int
    error_type: str
    error: str
    request: int = 0


class PartlyAccepted(Event, frozen=True):
    """One answer accepted some rows of a batch and not others; the accepted ones are kept."""

    target: str
    source: str
    line: int
    accepted: int
    refused: int
    retried: int
    request: int = 0


class RowFailed(Event, frozen=True):
    """A row ended in the dead letter queue: one of those that a `RowsFailed` tells of."""

    source: str
    line: int
    error_type: str
    error: str
    letter_class: str
    attempts: int
    request: int = 0  # the last one that carried it, 0 if it was never sent


class RowsFailed(Event, frozen=True):
    """Rows ended in the dead letter queue together, by errors of one type."""

    error_type: str
    rows: Sequence[RowFailed]


class ConnectFailed(Event, frozen=True):
    """A target could be reached, or was not tried before, and now no connection to it comes about."""

    target: str
    error_type: str
    error: str
    hint: str | None


class BreakerOpened(Event, frozen=True):
    target: str
    failures: int  # in a row
    probe_in: float  # seconds
    probe_at: float  # seconds since the epoch
    error_type: str
    error: str  # of the last failure, in its own words


class BreakerHalfOpened(Event, frozen=True):
    target: str
    probes: int  # how many batches may go


class BreakerClosed(Event, frozen=True):
    target: str


class Throttled(Event, frozen=True):
    """The server asked for a wait; nothing is sent to it until then."""

    target: str
    wait: float  # seconds
    until: float  # seconds since the epoch
    status: int | None


class FailedOver(Event, frozen=True):
    """Rows went to the fallback because the primary's breaker is not closed."""

    target: str
    fallback: str
    rows: int


class BatchLimitLowered(Event, frozen=True):
    """The target found a request too large; later ones are cut smaller."""

    target: str
    bytes: int


class AlertRaised(Event, frozen=True):
    """The share of failed rows of the last minute is above `errors.alert_ratio`.

    `by_target`: rows that the target failed among those that it settled; else rows that were never sent among those
    that were read.
    """

    ratio: float
    failed: int
    rows: int
    by_target: bool = True


class Warned(Event, frozen=True):
    """Anything a person should know that ends nothing."""

    message: str


class StopRequested(Event, frozen=True):
    """The run stops before its end; what is under way is settled within the grace time."""

    status: str  # "stopped" | "parked" | "interrupted" | "failed"
    message: str
    hint: str | None


class RunEnded(Event, frozen=True):
    run_id: str
    status: str
    exit_code: int
    read: int
    delivered: int
    rejected: int
    unknown: int
