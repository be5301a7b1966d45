"""The log of requests: one JSON line each. It holds no header but the idempotency key, so no credentials."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from loader.sink.store import RequestRecord

RequestLog = Callable[[RequestRecord], None]


def json_lines(write_line: Callable[[str], object]) -> RequestLog:
    """A log that hands each line, without a newline, to `write_line`. Thread-safe: one line at a time."""
    lock = threading.Lock()

    def write(record: RequestRecord) -> None:
        at = datetime.fromtimestamp(record.at, UTC).isoformat(timespec="milliseconds")
        fields = {name: getattr(record, name) for name in record.__dataclass_fields__} | {"at": at}
        line = msgspec.json.encode(fields).decode()
        with lock:
            write_line(line)

    return write
