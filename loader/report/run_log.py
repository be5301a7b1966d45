"""`run.log`: a JSON line per event."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from loader.durable import files
from loader.events import (
    BatchSplit,
    ConnectFailed,
    Event,
    FailedOver,
    PartlyAccepted,
    RetryScheduled,
    RowFailed,
    RowsFailed,
    Throttled,
)
from loader.report.safe_text import safe_json

_EACH = 1000  # lines for events of one kind and error type; more are counted, so that no outage fills the disk
_LONGEST = 4000  # characters of one text
_WORD = re.compile(r"(?<!^)(?=[A-Z])")
_BOUNDED = (RowFailed, RetryScheduled, BatchSplit, PartlyAccepted, FailedOver, Throttled, ConnectFailed)


class LogError(Exception):
    """The log cannot be opened or written."""


class RunLog:
    """An observer that writes. Lines are buffered until `flush`. Used by one thread.

    The first failure to write raises LogError; from then on the log takes nothing more and is silent about it.
    """

    def __init__(self, path: Path, run_id: str, wall: Callable[[], float], mask: Callable[[str], str]) -> None:
        """Raises LogError. `wall` gives seconds since the epoch, `mask` takes secrets out of texts."""
        self._run_id = run_id
        self._wall = wall
        self._mask = mask
        self._path = path
        self._lines: list[bytes] = []
        self._counts: Counter[tuple[str, str]] = Counter()
        self._broken = False
        self.closed = False
        try:
            self._fd = files.open_private(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        except OSError as error:
            raise LogError(files.sentence(path, error)) from error
        if _ends_torn(self._fd):
            self._lines.append(b"\n")

    def __call__(self, event: Event) -> None:
        if isinstance(event, RowsFailed):
            self._take(RowFailed, event.error_type, event.rows)
        else:
            self._take(type(event), getattr(event, "error_type", ""), (event,))

    def flush(self) -> None:
        """Write what is buffered. Raises LogError."""
        if not self._lines:
            return
        data = b"".join(self._lines)
        self._lines.clear()
        try:
            files.write_all(self._fd, data)
        except OSError as error:
            self._broken = True
            raise LogError(f"{self._path}: the log cannot be written: {error.strerror}") from error

    def close(self) -> None:
        """Say what was left out, and close. Raises LogError, the file closed all the same. Idempotent."""
        if self.closed:
            return
        for (name, error_type), count in self._counts.items():
            if count > _EACH:
                self._write("left_out", {"of": name, "error_type": error_type, "count": count - _EACH})
        try:
            self.flush()
        finally:
            self.closed = True
            os.close(self._fd)

    def _take(self, kind: type[Event], error_type: str, events: Sequence[Event]) -> None:
        """Write events of one kind and error type, as many as there is room for."""
        name = _name_of(kind)
        if kind in _BOUNDED:
            room = max(0, _EACH - self._counts[name, error_type])
            self._counts[name, error_type] += len(events)
            events = events[:room]
        for event in events:
            self._write(name, msgspec.structs.asdict(event))

    def _write(self, name: str, fields: dict[str, Any]) -> None:
        if self._broken:
            return
        time = datetime.fromtimestamp(self._wall(), UTC).isoformat(timespec="milliseconds")
        masked = {key: self._masked(value) for key, value in fields.items()}
        self._lines.append(safe_json({"time": time, "event": name, **masked, "run": self._run_id}) + b"\n")

    def _masked(self, value: Any) -> Any:
        if isinstance(value, str):
            # Masked before it is cut: half a secret is one too.
            return self._mask(value)[:_LONGEST]
        return [self._masked(each) for each in value] if isinstance(value, tuple) else value


@cache
def _name_of(kind: type[Event]) -> str:
    return _WORD.sub("_", kind.__name__).lower()


def _ends_torn(fd: int) -> bool:
    """Whether the log ends within a line, as after `kill -9`."""
    size = os.fstat(fd).st_size
    return size > 0 and os.pread(fd, 1, size - 1) != b"\n"
