"""The log of requests: one JSON line each. It holds no header but the idempotency key, so no credentials."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

import msgspec

from loader.sink.store import RequestRecord

RequestLog = Callable[[RequestRecord], None]


def json_lines(stream: TextIO) -> RequestLog:
    """A log that writes lines to `stream` and flushes each. Thread-safe; closing the stream is the caller's."""
    lock = threading.Lock()

    def write(record: RequestRecord) -> None:
        at = datetime.fromtimestamp(record.at, UTC).isoformat(timespec="milliseconds")
        fields = {name: getattr(record, name) for name in record.__dataclass_fields__} | {"at": at}
        line = msgspec.json.encode(fields).decode()
        with lock:
            stream.write(line + "\n")
            stream.flush()

    return write
