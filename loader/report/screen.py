"""What a person sees while a run goes on: a live screen on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TextIO

from loader.events import (
    AlertRaised,
    BreakerClosed,
    BreakerHalfOpened,
    BreakerOpened,
    Event,
    StopRequested,
    Throttled,
    Warned,
)
from loader.report.safe_text import safe
from loader.report.snapshot import Snapshot, Speed, TargetState

_PLAIN_EVERY = 10.0  # seconds between two lines of progress where there is no terminal
_SAME_EVERY = 5.0  # seconds in which one kind of event is told once


class Screen(Protocol):
    """Shows a run. Used by the pump's thread; nothing is shown after `close`."""

    def update(self, snapshot: Snapshot) -> None:
        """The state of the run now; called a few times a second."""

    def tell(self, event: Event) -> None:
        """Something happened; most events are told to the log alone."""

    def close(self) -> None:
        """Leave the screen as it should stay. Idempotent."""


def is_terminal(out: TextIO) -> bool:
    """Whether tables, colours and moving lines are welcome (https://no-color.org for NO_COLOR)."""
    return out.isatty() and os.environ.get("TERM") != "dumb" and "NO_COLOR" not in os.environ


class SilentScreen:
    """Shows nothing."""

    def update(self, snapshot: Snapshot) -> None: ...

    def tell(self, event: Event) -> None: ...

    def close(self) -> None: ...


class EventLines:
    """Turns events that matter into lines, the same kind at most every five seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._told: dict[type[Event], float] = {}

    def line(self, event: Event) -> str | None:
        """The line to show, or None."""
        text = _sentence(event)
        if text is None:
            return None
        now = self._now()
        if isinstance(event, Throttled) and now - self._told.get(type(event), -_SAME_EVERY) < _SAME_EVERY:
            return None
        self._told[type(event)] = now
        return text


class PlainScreen:
    """A line every ten seconds, and one for each event that matters."""

    def __init__(self, out: TextIO, now: Callable[[], float]) -> None:
        self._out = out
        self._now = now
        self._events = EventLines(now)
        self._speed = Speed()
        self._next = now() + _PLAIN_EVERY

    def update(self, snapshot: Snapshot) -> None:
        speed = self._speed.update(snapshot.elapsed, snapshot.settled)
        if self._now() >= self._next:
            self._next = self._now() + _PLAIN_EVERY
            self._say(progress_line(snapshot, speed))

    def tell(self, event: Event) -> None:
        if (line := self._events.line(event)) is not None:
            self._say(line)

    def close(self) -> None:
        self._out.flush()

    def _say(self, line: str) -> None:
        self._out.write(line + "\n")
        self._out.flush()


class LiveScreen:
    """A few moving lines at the bottom of a terminal; events scroll by above them."""

    def __init__(self, out: TextIO, now: Callable[[], float]) -> None:
        from rich.console import Console
        from rich.live import Live

        self._events = EventLines(now)
        self._speed = Speed()
        self._console = Console(file=out, markup=False, highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._live.start()

    def update(self, snapshot: Snapshot) -> None:
        from rich.text import Text

        speed = self._speed.update(snapshot.elapsed, snapshot.settled)
        lines = [progress_line(snapshot, speed), *filter(None, map(target_line, snapshot.targets))]
        self._live.update(Text("\n".join(lines), no_wrap=True, overflow="ellipsis"), refresh=True)

    def tell(self, event: Event) -> None:
        if (line := self._events.line(event)) is not None:
            self._console.print(line, markup=False)

    def close(self) -> None:
        self._live.stop()


def progress_line(snapshot: Snapshot, speed: float) -> str:
    """Percent and time left by bytes, then counts of rows."""
    parts = [_share(snapshot), f"{speed:,.0f} rows/s", f"delivered {snapshot.delivered:,}"]
    parts.append(f"rejected {snapshot.rejected:,}")
    if snapshot.unknown:
        parts.append(f"unknown {snapshot.unknown:,}")
    if snapshot.retrying:
        parts.append(f"retrying {snapshot.retrying:,}")
    parts.append(f"in flight {snapshot.in_flight}")
    return "  ".join(part for part in parts if part)


def target_line(target: TargetState) -> str | None:
    """What is not as usual with a target, None where all is well."""
    name = safe(target.name, 60)
    if target.throttled_for > 0:
        return f"{name}: throttled, goes on in {target.throttled_for:.0f} s"
    if target.breaker == "closed":
        return None
    if target.probe_in is None or target.probe_at is None:
        return f"{name}: breaker {target.breaker}, probing"
    return f"{name}: breaker {target.breaker}, next probe at {_clock(target.probe_at)} (in {target.probe_in:.0f} s)"


def _share(snapshot: Snapshot) -> str:
    if not snapshot.bytes_total:
        return f"{snapshot.bytes_done / 2**20:,.1f} MiB"
    share = min(1.0, snapshot.bytes_done / snapshot.bytes_total)
    if not 0.001 < share < 1:
        return f"{share:4.0%}"
    left = snapshot.elapsed * (1 - share) / share
    return f"{share:4.0%}  {_span(left)} left"


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _clock(wall: float) -> str:
    return f"{datetime.fromtimestamp(wall).astimezone():%H:%M:%S}"


def _sentence(event: Event) -> str | None:
    match event:
        case BreakerOpened():
            probe = f"next probe at {_clock(event.probe_at)}"
            why = f"after {event.failures} failures in a row, the last {safe(event.error_type)}"
            return f"{safe(event.target)}: breaker opened {why}; {probe}"
        case BreakerHalfOpened():
            return f"{safe(event.target)}: breaker half-open, probing with up to {event.probes} requests"
        case BreakerClosed():
            return f"{safe(event.target)}: breaker closed, going on"
        case Throttled():
            return f"{safe(event.target)}: asked to wait {event.wait:.0f} s, until {_clock(event.until)}"
        case AlertRaised():
            return f"warning: {event.failed:,} of the last minute's {event.rows:,} rows failed ({event.ratio:.1%})"
        case Warned():
            return f"warning: {safe(event.message, 500)}"
        case StopRequested():
            return f"stopping: {safe(event.message, 500)}"
        case _:
            return None
