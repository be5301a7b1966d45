"""State shared by pump and judge: the stop that was asked for, and the bytes held by pending rows."""

from __future__ import annotations

from collections.abc import Sequence

from loader.engine.pending import Pending
from loader.engine.stop import Stop
from loader.exit_codes import gravest


class RunState:
    """Touched by the pump's thread alone. `held` counts the bytes of all rows that were offered and are not settled."""

    def __init__(self) -> None:
        self.stop: Stop | None = None
        self.held = 0

    def request_stop(self, stop: Stop) -> None:
        """Send nothing more; the first reason stays unless a graver one comes."""
        if self.stop is None or gravest((self.stop.exit_code, stop.exit_code)) is not self.stop.exit_code:
            self.stop = stop

    def hold(self, pending: Pending) -> None:
        """A batch was taken in."""
        self.held += pending.charge

    def release(self, pending: Pending) -> None:
        """All rows of a batch are settled."""
        pending.settled = True
        self.held -= pending.charge

    def replace(self, pending: Pending, rests: Sequence[Pending]) -> None:
        """A batch is done with; `rests` stand for those of its rows that are not settled."""
        pending.settled = True
        self.held += sum(rest.charge for rest in rests) - pending.charge
