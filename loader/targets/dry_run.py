"""Dry run: a target that does everything but send."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

from loader.outcomes import ACCEPTED
from loader.rows import Batch
from loader.targets.base import Batcher, Done, Target
from loader.targets.preview import preview_of

SHOWN = 3


class DryRun:
    """Wraps a target: rows are mapped and cut as for a load, all requests accepted, none sent.

    What they have in common is shown once, then the first of them.
    """

    def __init__(self, target: Target, show: Callable[[str], None]) -> None:
        self._target = target
        self._preview = preview_of(target)
        self.name = target.name
        self.repeatable = True  # nothing is sent, so nothing needs a note
        self.keyed = False  # the same
        self._show = show
        self._left = SHOWN
        self._answers: SimpleQueue[Done | None] = SimpleQueue()
        threading.Thread(target=self._answer, name="dry-run", daemon=True).start()

    def batcher(self) -> Batcher:
        return self._target.batcher()

    def submit(self, batch: Batch, done: Done) -> None:
        if self._left == SHOWN and (preface := self._preview.preface()):
            self._show(preface)
        if self._left:
            self._left -= 1
            self._show(self._preview.render(batch))
        self._answers.put(done)

    def close(self) -> None:
        self._answers.put(None)
        self._target.close()

    def _answer(self) -> None:
        while (done := self._answers.get()) is not None:
            done(ACCEPTED)
