"""Rows that a program gives as a location: an iterable of mappings, read as a stream of JSON Lines."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from contextvars import copy_context
from typing import Any

from loader.errors import told
from loader.exact_json import json_form
from loader.sources.errors import InputError
from loader.sources.locations.base import Fingerprint, Location
from loader.sources.locations.byte_source import Content
from loader.sources.locations.names import ROWS

_AHEAD = 256 * 2**10  # bytes of rows that are pulled and not yet read


class GivenRows(Location):
    """An iterable of rows, each encoded once as a JSON object; the line of a row is its index.

    It can be gone through once. NaN and infinities, which JSON has not, make their row unreadable.
    """

    once = True
    seekable = False
    places = ()
    identity = None

    def __init__(self, rows: Iterable[Mapping[str, Any]], name: str = ROWS) -> None:
        self.name = name
        self._rows = rows

    def open(self) -> Content:
        """They are pulled from the first read on, by a thread of their own, a little ahead of who reads them.

        That thread sees the context variables of the one that opens them.
        """
        return _PulledRows(self._rows, self.name)

    def fingerprint(self) -> Fingerprint:
        return Fingerprint()


class _PulledRows:
    """The bytes of rows; a slow iterable holds back none that it has given already."""

    live = True

    def __init__(self, rows: Iterable[Mapping[str, Any]], name: str) -> None:
        self.name = name
        self.position = 0
        self._rows = rows
        self._pulled: deque[bytes] = deque()
        self._ahead = 0
        self._has_ended = False
        self._failure: InputError | None = None
        self._changed = threading.Condition()
        self._is_closed = False
        run = copy_context().run
        self._pulls: threading.Thread | None = threading.Thread(
            target=run, args=(self._pull,), name="given-rows", daemon=True
        )

    def read(self, size: int, timeout: float | None) -> bytes | None:  # noqa: ARG002 - little is ever there
        self._start()
        with self._changed:
            wait = None if timeout is None else max(0.0, timeout)
            if not self._changed.wait_for(lambda: self._pulled or self._has_ended or self._is_closed, wait):
                return None
            data = b"".join(self._pulled)
            self._pulled.clear()
            self._ahead = 0
            self._changed.notify()
        if not data and self._failure is not None:
            raise self._failure
        self.position += len(data)
        return data

    def size(self) -> int | None:
        return None

    def close(self) -> None:
        """From any thread: a read that waits ends as if there were no more rows."""
        with self._changed:
            self._is_closed = True
            self._pulled.clear()
            self._changed.notify_all()

    def _start(self) -> None:
        """Raises RuntimeError where the system has no thread left."""
        thread, self._pulls = self._pulls, None
        if thread is not None and not self._is_closed:
            thread.start()

    def _pull(self) -> None:
        index = 0
        try:
            for row in self._rows:
                if not self._take(_line(row)):
                    return
                index += 1
        except BaseException as error:
            self._failure = InputError(f"{self.name}: row {index:,}: {told(error)}")
            self._failure.__cause__ = error
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def _take(self, line: bytes) -> bool:
        """Hand on a row, once there is room; returns whether anybody reads on."""
        with self._changed:
            self._changed.wait_for(lambda: self._ahead < _AHEAD or self._is_closed)
            if self._is_closed:
                return False
            self._pulled.append(line)
            self._ahead += len(line)
            self._changed.notify()
            return True


def _line(row: Mapping[str, Any]) -> bytes:
    if not isinstance(row, dict | Mapping):
        raise TypeError(f"{type(row).__name__} is no type of a row; a row is a mapping, as a dict is")
    return json_form(row) + b"\n"
