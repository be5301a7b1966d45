"""History: what happened to the rows of a batch so far, as a value that goes on with them wherever they go."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace


class History(msgspec.Struct, frozen=True, gc=False):
    """Counts and moments of the attempts at some rows. What happens next makes a new one of it.

    `attempts` are those that ended, `failures` those of them in a row that were not accepted, `retries` those that
    count against `retry.max_retries`, `timeouts` those that ran out of time while the breaker was closed, `connects`
    failures to connect before the target's first delivery. `request` is the number of the last request of them, 0
    before there is one. `delivered` is how many rows the target had taken when the last attempt ended. `first_sent` is
    when the first one began, monotonic; `first_error_at` is in seconds since the epoch. `ambiguous`: an attempt may
    have arrived; `resumed`: the rows were under way when a process died; `sent_again`: they were counted as sent again
    although they may have arrived.

    An attempt that ends well leaves no trace here: nobody asks for the history of rows that were delivered.
    """

    attempts: int = 0
    failures: int = 0
    retries: int = 0
    timeouts: int = 0
    connects: int = 0
    request: int = 0
    delivered: int = 0
    first_sent: float | None = None
    first_error_at: float | None = None
    ambiguous: bool = False
    resumed: bool = False
    sent_again: bool = False

    @property
    def in_doubt(self) -> bool:
        """Whether the rows may have arrived: by an attempt of this process, or of one that died."""
        return self.ambiguous or self.resumed

    def counted_again(self) -> History:
        """The rows are counted as sent again."""
        return replace(self, sent_again=True)

    def failed(self, request: int, sent: float, wall: float) -> History:
        """The attempt that began at `sent` ended at `wall`, and the rows were not accepted."""
        return replace(
            self,
            attempts=self.attempts + 1,
            failures=self.failures + 1,
            request=request,
            first_sent=sent if self.first_sent is None else self.first_sent,
            first_error_at=wall if self.first_error_at is None else self.first_error_at,
        )

    def lost(self, request: int, sent: float) -> History:
        """Who had begun an attempt at `sent` is gone, and with it the answer."""
        first = sent if self.first_sent is None else self.first_sent
        return replace(self, attempts=self.attempts + 1, request=request, first_sent=first, ambiguous=True)

    def given_up(self, request: int) -> History:
        """The answer to an attempt is not waited for."""
        return replace(self, request=request)

    def doubted(self) -> History:
        """The last attempt may have arrived."""
        return self if self.ambiguous else replace(self, ambiguous=True)

    def answered(self) -> History:
        """The failures before say nothing of a target that answers for what the rows hold."""
        return replace(self, failures=0)

    def not_connected(self) -> History:
        """The last attempt did not reach a target that has not delivered anything yet."""
        return replace(self, connects=self.connects + 1)

    def retried(self, delivered: int, *, counts: bool, timeout: bool) -> History:
        """The rows are to go again; whether that `counts` against them, and whether the attempt ran out of time."""
        retries, timeouts = self.retries + counts, self.timeouts + (counts and timeout)
        return replace(self, retries=retries, timeouts=timeouts, delivered=delivered)

    def moved(self) -> History:
        """The rows go to another target, where nothing counts against them yet."""
        return replace(self, failures=0, retries=0, timeouts=0, connects=0)


FRESH = History()
"""That of rows that were never sent."""
