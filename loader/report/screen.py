"""Screens: a live display on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Protocol, TextIO

from loader.events import Event
from loader.report.best_effort import BestEffortStream
from loader.report.phrases import progress_line
from loader.report.sentences import EventLines
from loader.report.snapshot import Pace, Snapshot

if TYPE_CHECKING:
    from rich.live import Live

_LINE_EVERY = 10.0  # seconds between two plain lines while rows are settled
_IDLE_EVERY = 60.0  # and while none are, as in an outage


class Screen(Protocol):
    """Shows a run. Used by the pump's thread; nothing is shown after `close`.

    No method raises for a terminal or a reader that went away.
    """

    @property
    def told(self) -> Collection[str] | None:
        """The warnings that were shown, as reports have them; None where nothing ever is."""

    def update(self, snapshot: Snapshot) -> None:
        """The state of the run now; called a few times a second."""

    def tell(self, event: Event) -> None:
        """Something happened; most events are told to the log alone."""

    def close(self) -> None:
        """Leave the screen as it should stay. Idempotent."""


def is_terminal(out: TextIO | None) -> bool:
    """Whether tables and moving lines are welcome; that NO_COLOR takes colours away is seen to where they are drawn.

    Where characters are escaped, as on terminals that do not know Unicode, no line would be as long as it was reckoned.
    """
    if out is None or not out.isatty() or os.environ.get("TERM") == "dumb":
        return False
    return (out.encoding or "utf-8").lower().startswith("utf")


def _as_it_is(text: str) -> str:
    return text


class SilentScreen:
    """Shows nothing."""

    told = None

    def update(self, snapshot: Snapshot) -> None: ...

    def tell(self, event: Event) -> None: ...

    def close(self) -> None: ...


class PlainScreen:
    """A line every ten seconds while rows are settled, every minute while none are; one for each event that matters.

    `now` is a monotonic clock in seconds; `mask` takes secrets out of the texts of events.
    """

    def __init__(self, out: TextIO | None, now: Callable[[], float], mask: Callable[[str], str] = _as_it_is) -> None:
        self._out = BestEffortStream(out)
        self._now = now
        self._events = EventLines(now, mask)
        self._pace = Pace()
        self._last = now()
        self._settled = 0

    @property
    def told(self) -> Collection[str]:
        return self._events.warnings

    def update(self, snapshot: Snapshot) -> None:
        self._pace.update(snapshot)
        now = self._now()
        if now - self._last >= (_IDLE_EVERY if snapshot.settled == self._settled else _LINE_EVERY):
            self._last = now
            self._settled = snapshot.settled
            self._out.line(progress_line(snapshot, self._pace))

    def tell(self, event: Event) -> None:
        if (line := self._events.line(event)) is not None:
            self._out.line(line)

    def close(self) -> None:
        self._out.flush()


class LiveScreen:
    """A few moving lines at the bottom of a terminal, gone when it ends; events scroll by above them.

    Nothing is drawn, and the cursor stays as it is, before the first `update`. It has no thread of its own: what is
    shown is as old as the last `update`.
    """

    def __init__(self, out: TextIO | None, now: Callable[[], float], mask: Callable[[str], str] = _as_it_is) -> None:
        # Here and not above: rich takes longer to import than most commands take to run.
        from loader.report import drawing

        self._draw = drawing
        self._events = EventLines(now, mask)
        self._pace = Pace()
        self._console = drawing.terminal_console(BestEffortStream(out))
        self._live: Live | None = None

    @property
    def told(self) -> Collection[str]:
        return self._events.warnings

    def update(self, snapshot: Snapshot) -> None:
        self._pace.update(snapshot)
        if self._live is None:
            self._live = self._draw.moving_lines(self._console)
            self._live.start()
        self._live.update(self._draw.picture(snapshot, self._pace, self._console.width), refresh=True)

    def tell(self, event: Event) -> None:
        if (line := self._events.line(event)) is not None:
            self._console.print(line, soft_wrap=True)

    def close(self) -> None:
        if self._live is not None:
            self._live.stop()
