"""Recording target: passes rows on to their table and records those it accepted."""

from __future__ import annotations

from collections.abc import Callable

from loader.outcomes import Result, defect
from loader.rows import Batch
from loader.targets.base import Batcher, Done, Target


class RecordingTarget:
    """Wraps a table: everything goes through as it is, and `note` hears of every answer before the pump does."""

    def __init__(self, target: Target, note: Callable[[Batch, Result], None]) -> None:
        self._target = target
        self._note = note
        self.name = target.name
        self.repeatable = target.repeatable
        self.keyed = target.keyed

    def batcher(self) -> Batcher:
        return self._target.batcher()

    def submit(self, batch: Batch, done: Done) -> None:
        def answered(result: Result) -> None:
            try:
                self._note(batch, result)
            except Exception as error:  # rows whose answer is dropped would be waited for without end
                result = Result(defect(error))
            done(result)

        self._target.submit(batch, answered)

    def close(self) -> None:
        self._target.close()
