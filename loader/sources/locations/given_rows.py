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
        return PulledBytes(map(_line, self._rows), self.name, "row")

    def fingerprint(self) -> Fingerprint:
        return Fingerprint()


class PulledBytes:
    """Pieces of bytes that an iterable makes; a slow one holds back none that it has given already."""

    live = True

    def __init__(self, pieces: Iterable[bytes], name: str, noun: str) -> None:
        """`noun` is what messages call a piece; they tell its index."""
        self.name = name
        self.position = 0
        self._pieces = pieces
        self._noun = noun
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
            for piece in self._pieces:
                if not self._take(piece):
                    return
                index += 1
        except BaseException as error:
            self._failure = InputError(f"{self.name}: {self._noun} {index:,}: {told(error)}")
            self._failure.__cause__ = error
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def _take(self, piece: bytes) -> bool:
        """Hand on a piece, once there is room; returns whether anybody reads on."""
        with self._changed:
            self._changed.wait_for(lambda: self._ahead < _AHEAD or self._is_closed)
            if self._is_closed:
                return False
            self._pulled.append(piece)
            self._ahead += len(piece)
            self._changed.notify()
            return True


def _line(row: Mapping[str, Any]) -> bytes:
    if not isinstance(row, dict | Mapping):
        if hasattr(row, "__arrow_c_array__") or hasattr(row, "__arrow_c_stream__"):
            raise TypeError(
                "batches that an iterator makes come as pyarrow.RecordBatchReader.from_batches(schema, ...)"
            )
        raise TypeError(f"{type(row).__name__} is no type of a row; a row is a mapping, as a dict is")
    return json_form(row) + b"\n"
