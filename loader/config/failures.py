"""The sections that say how a target in trouble is met: retries, waits it asks for, the breaker, limits of time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from loader.config.declaration import key as declared
from loader.config.values import DAY, duration, either, list_of, number, whole, word

_RETRYABLE_STATUS = either(
    "a status from 300 to 599 other than 401 and 407", whole(300, 400), whole(402, 406), whole(408, 599)
)
_SOCKET_WAIT = duration(0.001, DAY)  # a socket cannot wait longer than 24 days


@dataclass(frozen=True, slots=True)
class Retry:
    """How requests that failed are tried again."""

    max_retries: int = field(default=5, metadata=declared(whole(0), "The most attempts after the first."))
    initial_backoff: float = field(default=1.0, metadata=declared(duration(), "Wait before the first retry."))
    factor: float = field(
        default=2.0, metadata=declared(number(1, 1000), "By how much each wait is longer than the last.")
    )
    max_backoff: float = field(default=60.0, metadata=declared(duration(), "The longest wait between two attempts."))
    jitter: Literal["full", "none"] = field(
        default="full",
        metadata=declared(word("full", "none"), "Whether waits are spread at random from 0 up to their length."),
    )
    statuses: tuple[int, ...] = field(
        default=(408, 425, 429, 500, 502, 503, 504),
        metadata=declared(list_of(_RETRYABLE_STATUS), "Statuses after which the same rows are tried again."),
    )


@dataclass(frozen=True, slots=True)
class Throttle:
    """How far the server's Retry-After is obeyed."""

    max_wait: float = field(
        default=300.0, metadata=declared(duration(), "A longer wait parks the run; it can be resumed later.")
    )


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """When the target is left alone because it fails."""

    threshold: int = field(
        default=10, metadata=declared(whole(0), "Retryable failures in a row that open the breaker; 0 = off.")
    )
    first_timeout: float = field(
        default=5.0,
        metadata=declared(
            duration(0.001), "How long it stays open before the first probe; each probe that fails doubles it."
        ),
    )
    timeout: float = field(
        default=300.0, metadata=declared(duration(0.001), "The longest it stays open before it is probed.")
    )
    probes: int = field(default=3, metadata=declared(whole(1, 10_000), "How many requests probe the target then."))
    give_up_after: float = field(
        default=900.0,
        metadata=declared(duration(), "The run stops when nothing succeeded for this long since it opened."),
    )


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long things may take."""

    connect: float = field(default=10.0, metadata=declared(_SOCKET_WAIT, "To connect."))
    read: float = field(default=30.0, metadata=declared(_SOCKET_WAIT, "Between two bytes of an answer."))
    write: float = field(
        default=30.0, metadata=declared(_SOCKET_WAIT, "One whole attempt, from connecting to the answer.")
    )
    row: float = field(default=0.0, metadata=declared(duration(), "All attempts at a row together; 0 = no limit."))
    run: float = field(default=0.0, metadata=declared(duration(), "The whole run; it can be resumed; 0 = no limit."))
