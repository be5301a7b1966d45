"""`run.log`: a JSON line per event."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from loader import files
from loader.events import BatchSplit, Event, RetryScheduled, RowFailed

_EACH = 1000  # lines for events of one kind and error type; more are counted, so that no outage fills the disk
_WORD = re.compile(r"(?<!^)(?=[A-Z])")
_BOUNDED = (RowFailed, RetryScheduled, BatchSplit)


class LogError(Exception):
    """The log cannot be opened or written."""


class RunLog:
    """An observer that writes. Lines are buffered until `flush`. Used by one thread."""

    def __init__(self, path: Path, run_id: str, wall: Callable[[], float], mask: Callable[[str], str]) -> None:
        """Raises LogError. `wall` gives seconds since the epoch, `mask` takes secrets out of texts."""
        self._run_id = run_id
        self._wall = wall
        self._mask = mask
        self._path = path
        self._lines: list[bytes] = []
        self._counts: Counter[tuple[str, str]] = Counter()
        try:
            self._fd = files.open_private(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        except OSError as error:
            raise LogError(str(error)) from error

    def __call__(self, event: Event) -> None:
        name = _WORD.sub("_", type(event).__name__).lower()
        if isinstance(event, _BOUNDED):
            kind = (name, event.error_type)
            self._counts[kind] += 1
            if self._counts[kind] > _EACH:
                return
        self._write(name, asdict(event))

    def flush(self) -> None:
        """Write what is buffered. Raises LogError."""
        if not self._lines:
            return
        try:
            files.write_all(self._fd, b"".join(self._lines))
        except OSError as error:
            raise LogError(f"{self._path}: the log cannot be written: {error.strerror}") from error
        self._lines.clear()

    def close(self) -> None:
        """Say what was left out, and close. Raises LogError."""
        for (name, error_type), count in self._counts.items():
            if count > _EACH:
                self._write("left_out", {"of": name, "error_type": error_type, "count": count - _EACH})
        try:
            self.flush()
        finally:
            os.close(self._fd)

    def _write(self, name: str, fields: dict[str, Any]) -> None:
        time = datetime.fromtimestamp(self._wall(), UTC).isoformat(timespec="milliseconds")
        masked = {key: self._mask(value) if isinstance(value, str) else value for key, value in fields.items()}
        line = {"time": time, "event": name, **masked, "run": self._run_id}
        self._lines.append(msgspec.json.encode(line, enc_hook=str) + b"\n")
