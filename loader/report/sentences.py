"""Sentences: events that matter to a person, as lines of text."""

from __future__ import annotations

from collections.abc import Callable

from loader.events import (
    AlertRaised,
    BatchLimitLowered,
    BreakerClosed,
    BreakerHalfOpened,
    BreakerOpened,
    ConnectFailed,
    Event,
    FailedOver,
    PartlyAccepted,
    RunStarted,
    StopRequested,
    Throttled,
    Warned,
)
from loader.report.counters import WARNINGS
from loader.report.phrases import clock_time, size, span
from loader.report.safe_text import safe

_OFTEN = (Throttled, PartlyAccepted, FailedOver, ConnectFailed)  # may come with every answer
_BURST = 10  # lines of any other kind before it is held back
_EVERY = 10.0  # seconds after which one more line of a kind is due

_TEXT = 1000  # characters: an error is shown in its own words, in full
_INPUTS = 3  # named at the start


class EventLines:
    """Turns events into lines. A kind of event that comes in floods is told now and then, with how many were not.

    Used by one thread. `now` is a monotonic clock in seconds, `mask` takes secrets out of texts. `warnings` are the
    first that were shown, masked.
    """

    def __init__(self, now: Callable[[], float], mask: Callable[[str], str]) -> None:
        self._now = now
        self._mask = mask
        self._quotas: dict[type[Event], _Quota] = {}
        self.warnings: list[str] = []

    def line(self, event: Event) -> str | None:
        """The line to show now, or None."""
        text = sentence(event, self._show)
        if text is None or isinstance(event, StopRequested):
            return text
        kind = type(event)
        if kind not in self._quotas:
            self._quotas[kind] = _Quota(1 if isinstance(event, _OFTEN) else _BURST, self._now())
        left_out = self._quotas[kind].take(self._now())
        if left_out is None:
            return None
        if isinstance(event, Warned) and len(self.warnings) < WARNINGS:
            self.warnings.append(self._mask(event.message))
        return f"{text} ({left_out:,} more like this not shown)" if left_out else text

    def _show(self, text: str) -> str:
        # Masked before it is cut: half a secret is one too.
        return safe(self._mask(text), _TEXT)


class _Quota:
    """Lets `burst` lines through, then one every `_EVERY` seconds."""

    def __init__(self, burst: int, now: float) -> None:
        self._burst = burst
        self._left = float(burst)
        self._at = now
        self._left_out = 0

    def take(self, now: float) -> int | None:
        """None to keep still; otherwise how many were left out since the last line."""
        self._left = min(self._burst, self._left + (now - self._at) / _EVERY)
        self._at = now
        if self._left < 1:
            self._left_out += 1
            return None
        self._left -= 1
        left_out, self._left_out = self._left_out, 0
        return left_out


def sentence(event: Event, show: Callable[[str], str]) -> str | None:
    """What happened, on one line; None for what only the log is told. `show` makes a foreign text fit to be seen."""
    match event:
        case RunStarted():
            into = f"loading {_inputs(event, show)} into {show(event.target)}"
            nothing = f"no letter of {_inputs(event, show)} is to be sent"  # a replay, for which none names a target
            return f"run {show(event.run_id)}: {into if event.target else nothing}"
        case Warned():
            return f"warning: {show(event.message)}"
        case AlertRaised():
            share = f"{event.failed:,} of the {event.rows:,} rows"
            if event.by_target:
                return f"warning: {share} that the target settled in the last minute failed ({event.ratio:.1%})"
            return f"warning: {share} read in the last minute cannot be read or mapped ({event.ratio:.1%})"
        case StopRequested():
            return f"stopping: {show(event.message)}"
        case _:
            return _of_target(event, show)


def _of_breaker(event: Event, show: Callable[[str], str]) -> str | None:
    match event:
        case BreakerOpened():
            probe = f"next probe at {clock_time(event.probe_at)} (in {span(event.probe_in)})"
            why = f"after {event.failures:,} failures in a row; {probe}; the last error, {show(event.error_type)}:"
            return f"{show(event.target)}: breaker opened {why} {show(event.error)}"
        case BreakerHalfOpened():
            return f"{show(event.target)}: breaker half-open, probing with up to {event.probes} requests"
        case BreakerClosed():
            return f"{show(event.target)}: breaker closed, going on"
        case _:
            return None


def _of_target(event: Event, show: Callable[[str], str]) -> str | None:
    match event:
        case Throttled():
            status = "" if event.status is None else f" (status {event.status})"
            return f"{show(event.target)}: asks to wait {span(event.wait)}, until {clock_time(event.until)}{status}"
        case FailedOver():
            return f"{show(event.target)}: breaker is not closed, rows go to {show(event.fallback)} meanwhile"
        case ConnectFailed():
            hint = f"; {show(event.hint)}" if event.hint else ""
            return f"{show(event.target)}: {show(event.error)}{hint}; trying again"
        case BatchLimitLowered():
            return f"{show(event.target)}: found a request too large; from now on at most {size(event.bytes)}"
        case PartlyAccepted():
            rows = event.accepted + event.refused + event.retried
            again = f" ({event.retried:,} go again)" if event.retried else ""
            return (
                f"warning: {show(event.target)}: an answer accepted {event.accepted:,} of {rows:,} rows"
                f" and refused {event.refused:,}{again}; the accepted ones are kept"
            )
        case _:
            return _of_breaker(event, show)


def _inputs(event: RunStarted, show: Callable[[str], str]) -> str:
    names = ", ".join(map(show, event.inputs[:_INPUTS]))
    rest = len(event.inputs) - _INPUTS
    return f"{names} and {rest:,} more" if rest > 0 else names
