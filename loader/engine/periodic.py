"""Periodic work: limits of errors and time, commits, alerts and the screen, by the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from loader.checkpoint.requests import SentRequest
from loader.clock import Clock
from loader.engine.settings import Settings
from loader.engine.stop import stopped
from loader.engine.stopping import Stopping
from loader.events import AlertRaised, Observer
from loader.ledger.ledger import DeadLetters, Ledger

TICK = 0.25  # seconds between two looks at clocks, limits and the screen


class Commit(DeadLetters, Protocol):
    """Makes durable what the ledger says: dead letters first, then the record that covers them."""

    def sync(self, ledger: Ledger, open_requests: Iterable[SentRequest], *, final: bool) -> None:
        """Raises UnrecordableError where a file cannot be written."""


class PeriodicWork:
    """What is done again and again while a load runs. Touched by the pump's thread alone."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        commit: Commit,
        stopping: Stopping,
        *,
        open_requests: Callable[[], Iterable[SentRequest]],
        clock: Clock,
        notify: Observer,
        show: Callable[[], None],
    ) -> None:
        """`open_requests` gives the noted requests that are not answered; `show` draws the state of the run."""
        self._settings = settings
        self._ledger = ledger
        self._commit = commit
        self._stopping = stopping
        self._open_requests = open_requests
        self._clock = clock
        self._notify = notify
        self._show = show
        self._started = self._next_commit = self.due = clock.now()

    @property
    def is_due(self) -> bool:
        """Whether `work` has something to do."""
        return self._clock.now() >= self.due

    def work(self) -> None:
        """Look at the time that the run has, commit where that is due, and draw. Raises UnrecordableError."""
        now = self._clock.now()
        self.due = now + TICK
        timeout = self._settings.run_timeout
        if timeout and now - self._started >= timeout:
            self._stopping.request(stopped(f"timeouts.run: {timeout:g} s are over", "resume to go on"))
        if now >= self._next_commit:
            self._next_commit = now + self._settings.checkpoint_every
            self.commit(final=False)
            self.watch_shares()
        self._show()

    def commit(self, *, final: bool) -> None:
        """Make durable what the ledger says. Raises UnrecordableError."""
        self._commit.sync(self._ledger, self._open_requests(), final=final)
        self._ledger.mark_safe()

    def watch_errors(self) -> None:
        """Stop the run where there are too many."""
        if (reason := self._ledger.shares.exceeded()) is not None:
            # At the first error the requests under way are waited for; each is bounded by its own time limit.
            grace = self._settings.write_timeout if self._settings.errors.fail_on_first_error else None
            self._stopping.request(stopped(reason, self._settings.after_errors, grace=grace))

    def watch_shares(self) -> None:
        """Tell where too large a share of the rows of the last minute failed."""
        for alert, by_target in self._ledger.shares.alerts(self._clock.now()):
            self._notify(AlertRaised(alert.ratio, alert.failed, alert.rows, by_target))
