"""Target protocol: the contract between engine and targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from loader.outcomes import Cause, Result
from loader.rows import Batch, Rows

Done = Callable[[Result], None]


@dataclass(frozen=True, slots=True)
class UnfitRows:
    """Readable rows that the target's mapping cannot take, with the reason of each. They are never sent."""

    rows: Rows
    causes: Sequence[Cause]

    @classmethod
    def of(cls, rows: Rows, unfit: Mapping[int, Cause]) -> UnfitRows:
        """Those of `rows` that are unfit, by index, in the order of the rows."""
        indexes = sorted(unfit)
        return cls(rows.take(indexes), [unfit[i] for i in indexes])


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a batcher made of rows: batches ready to go, and rows that do not fit the target.

    `fed` are the columns of the target that rows had a value for, those alone that this batcher has not told before.
    `mended` says of rows by ordinal which of their values do not fit: they go, now or later, with nulls in their place.
    """

    batches: Sequence[Batch]
    unfit: Sequence[UnfitRows] = ()
    fed: Sequence[str] = ()
    mended: Mapping[int, Cause] = field(default_factory=dict)


class SizeLimit(Protocol):
    """How large requests are cut at most. Used by one thread."""

    def shrink(self, batch: Batch) -> int:
        """The target found `batch` too large: cut smaller for the rest of the load; returns the new limit in bytes."""

    def limit_to(self, max_bytes: int) -> None:
        """Cut by a limit in bytes that an earlier part of the load has learned."""


class Batcher(SizeLimit, Protocol):
    """Maps rows and cuts them into batches. Used by one thread; holds only rows it has not yet given out."""

    def add(self, rows: Rows) -> Prepared:
        """Take rows of one chunk, in file order; give out what is ready."""

    def flush(self) -> Prepared:
        """Give out everything that is still held: no more rows come soon."""


class TargetDownError(Exception):
    """A target that must be asked before anything can be mapped could not be; `cause` says why."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.message)
        self.cause = cause


class Sender(Protocol):
    """What takes batches to a target. All methods are called by the pump's one thread; answers come from any thread."""

    @property
    def name(self) -> str:
        """How reports and letters call it: the configured name, or the URL without secrets."""

    @property
    def repeatable(self) -> bool:
        """Whether rows that may have arrived may be sent again."""

    @property
    def keyed(self) -> bool:
        """Whether requests of several rows carry idempotency keys: the same only for the same rows in one request."""

    def submit(self, batch: Batch, done: Done) -> None:
        """Start one attempt at `batch` and return at once.

        `done` is called exactly once, from any thread, never from within `submit`. It is called within the target's own
        time limit for a whole attempt. Whatever goes wrong is a `Result`; an exception from here is a defect.
        """

    def close(self) -> None:
        """Give back connections and threads without waiting for attempts under way. Idempotent."""


class Target(Sender, Protocol):
    """Where rows go: all that a kind of target must have to load rows."""

    def batcher(self) -> Batcher:
        """A new batcher for this target's form and limits."""
