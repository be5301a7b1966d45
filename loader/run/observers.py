"""Observers of a run: whoever is told of its events, in order."""

from __future__ import annotations

from collections.abc import Sequence

from loader.events import Event, Observer, RunStarted


class Announcer:
    """An observer that tells others; whatever comes first, they are told before it that the run has started."""

    def __init__(self, started: RunStarted, observers: Sequence[Observer]) -> None:
        self._started = started
        self._observers = observers
        self._has_begun = False

    def begin(self) -> None:
        """Tell that the run has started, unless that was told."""
        if not self._has_begun:
            self._has_begun = True
            self(self._started)

    def __call__(self, event: Event) -> None:
        self.begin()
        for observer in self._observers:
            observer(event)
