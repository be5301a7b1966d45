"""Starts attempts where that takes a thread, a socket or memory of this process, of which there may be no more."""

from __future__ import annotations

from loader.outcomes import Result
from loader.rows import Batch
from loader.shortage import cause_of_shortage
from loader.targets.base import Done, Sender


def submit(target: Sender, batch: Batch, done: Done) -> None:
    """As `Sender.submit`, but that a shortage is a `Result`, for which `done` is called from within."""
    try:
        target.submit(batch, done)
    except (OSError, RuntimeError, MemoryError) as error:
        cause = cause_of_shortage(error)
        if cause is None:
            raise
        done(Result(cause))
