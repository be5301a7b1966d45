"""Self-pipe: a descriptor that becomes readable when another thread wakes the one that waits in `select`."""

from __future__ import annotations

import contextlib
import os

_WAKING = b"\0"
_AT_ONCE = 4096


class SelfPipe:
    """Given to `select` beside the descriptors waited for. `wake` is for any thread, the rest for the one that waits.

    Nobody may wake it from its `close` on: its descriptor may be another file's by then.
    """

    def __init__(self) -> None:
        self._readable, self._writable = os.pipe()
        for end in (self._readable, self._writable):
            os.set_blocking(end, False)

    def fileno(self) -> int:
        return self._readable

    def wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # there is more than enough to wake it
            os.write(self._writable, _WAKING)

    def drain(self) -> None:
        """After `select` found it readable: forget the calls so far."""
        os.read(self._readable, _AT_ONCE)

    def close(self) -> None:
        os.close(self._readable)
        os.close(self._writable)
