"""Readiness: many locations looked at together, as each look at a distant one takes a while."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from queue import SimpleQueue

from loader.sources.locations.base import Location

_AT_ONCE = 16


def make_ready(locations: Sequence[Location]) -> None:
    """Have each look at what it is. Raises what the first of them raises that cannot be read."""
    distant = [location for location in locations if location.is_distant]
    if len(distant) < 2:
        for location in distant:
            location.make_ready()
        return
    failures = _Looks(distant).failures()
    if failures:
        raise failures[min(failures)]


class _Looks:
    """Daemon threads that look, so that nobody waits for one that hangs when the program is to end."""

    def __init__(self, locations: Sequence[Location]) -> None:
        self._locations = locations
        self._next = 0
        self._lock = threading.Lock()
        self._ended: SimpleQueue[tuple[int, Exception | None]] = SimpleQueue()

    def failures(self) -> dict[int, Exception]:
        """Those of them that failed, by index; the first failure ends what has not begun."""
        failures: dict[int, Exception] = {}
        for _ in range(min(_AT_ONCE, len(self._locations))):
            threading.Thread(target=self._look, name="look", daemon=True).start()
        ended = 0
        while ended < len(self._locations):
            index, failure = self._ended.get()
            ended += 1
            if failure is not None:
                failures[index] = failure
                self._stop()
        return failures

    def _stop(self) -> None:
        """Begin no more."""
        with self._lock:
            self._locations = self._locations[: self._next]

    def _look(self) -> None:
        while True:
            with self._lock:
                index, self._next = self._next, self._next + 1
                if index >= len(self._locations):
                    self._next = index
                    return
                location = self._locations[index]
            try:
                location.make_ready()
            except Exception as error:  # it is raised where all are waited for
                self._ended.put((index, error))
            else:
                self._ended.put((index, None))
