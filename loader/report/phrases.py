"""Phrases: numbers, times and states in words, for the live screen and plain lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from loader.report.safe_text import safe
from loader.report.snapshot import Pace, Snapshot, TargetState

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def size(count: int) -> str:
    """Bytes in the largest unit of 1024 that fits, as "1.5 MiB"."""
    power = min(max(count.bit_length() - 1, 0) // 10, len(_UNITS) - 1)
    return f"{count / 1024**power:,.1f} {_UNITS[power]}" if power else f"{count} B"


def span(seconds: float) -> str:
    """A length of time as minutes and seconds, "4:05", or with hours, "1:04:05"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def clock_time(wall: float) -> str:
    """Seconds since the epoch as the time of day here."""
    return f"{datetime.fromtimestamp(wall).astimezone():%H:%M:%S}"


def percent(snapshot: Snapshot) -> str:
    """How far the input is read, by bytes as they lie on disk; how much of it, where its size is not known."""
    if snapshot.bytes_total is None:
        return size(snapshot.bytes_done)
    share = min(1.0, snapshot.bytes_done / snapshot.bytes_total) if snapshot.bytes_total else 1.0
    return f"{share:.0%}"


def time_left(snapshot: Snapshot, bytes_per_second: float) -> str | None:
    """How long the rest of the input takes at this speed; None where that cannot be told."""
    if snapshot.bytes_total is None or bytes_per_second <= 0 or snapshot.bytes_done >= snapshot.bytes_total:
        return None
    return f"{span((snapshot.bytes_total - snapshot.bytes_done) / bytes_per_second)} left"


def progress_line(snapshot: Snapshot, pace: Pace) -> str:
    """All of it on one line: percent and time left by bytes, rows a second, counts, what is wrong with targets."""
    parts = [percent(snapshot), time_left(snapshot, pace.bytes), f"{pace.rows:,.0f} rows/s", *counts(snapshot)]
    return "; ".join(["  ".join(part for part in parts if part is not None), *troubles(snapshot)])


def counts(snapshot: Snapshot) -> Iterator[str]:
    """What became of the rows so far; what is not worth a word is left out."""
    yield f"delivered {snapshot.delivered:,}"
    if snapshot.mended:
        yield f"mended {snapshot.mended:,}"
    yield f"rejected {snapshot.rejected:,}"
    if snapshot.unknown:
        yield f"unknown {snapshot.unknown:,}"
    if snapshot.skipped:
        yield f"skipped {snapshot.skipped:,}"
    if snapshot.retrying:
        yield f"retrying {snapshot.retrying:,}"
    if snapshot.pending:
        yield f"pending {snapshot.pending:,}"
    yield f"in flight {snapshot.in_flight:,}"


def troubles(snapshot: Snapshot) -> list[str]:
    """What is not as usual with targets: breakers, and the waits they asked for. Nothing where all is well."""
    return [text for target in snapshot.targets if (text := _trouble(target)) is not None]


def _trouble(target: TargetState) -> str | None:
    parts = []
    if target.breaker == "half-open":
        parts.append("breaker half-open, probing")
    elif target.breaker == "open":
        parts.append(f"breaker open{_next_probe(target)}")
    if target.throttled_for > 0:
        parts.append(f"throttled, goes on in {span(target.throttled_for)}")
    return f"{safe(target.name, 60)}: {'; '.join(parts)}" if parts else None


def _next_probe(target: TargetState) -> str:
    if target.probe_in is None or target.probe_at is None:
        return ""
    return f", next probe at {clock_time(target.probe_at)} (in {span(target.probe_in)})"
