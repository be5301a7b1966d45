"""Recovery from the death of a worker: its rows go to another, unless one of its chunks kills workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from loader.engine.admission import Admission
from loader.engine.pump import Pump
from loader.engine.stop import Stop, failed, target_fault
from loader.events import Observer, Warned
from loader.rows import Chunk
from loader.workers.handle import WorkerHandle
from loader.workers.messages import Broken, Unopened
from loader.workers.pool import WorkerPool
from loader.workers.references import worker_of

_STARTS = 3  # workers in a row that end before they are ready: no other would do better


class Recovery:
    """Used by the pump's thread."""

    def __init__(
        self, pool: WorkerPool, pump: Pump, admission: Admission, *, left_in: Callable[[Chunk], int], notify: Observer
    ) -> None:
        """`left_in` tells how many rows of a chunk are not settled."""
        self._pool = pool
        self._pump = pump
        self._admission = admission
        self._left_in = left_in
        self._notify = notify
        self._failed_starts = 0  # workers in a row that were lost before they were ready
        self._left_at_death: dict[int, int] = {}  # rows left of chunks at which a worker died, by number

    def replace(self, lost: WorkerHandle) -> Stop | None:
        """Give what a lost worker had to others; returns why the run must stop instead, if it must."""
        gone = self._pump.lose(lambda batch: worker_of(batch) is lost)
        chunks = [chunk for chunk in lost.chunks.values() if self._left_in(chunk)]
        self._admission.doubt(gone.doubtful)
        self._admission.send_again(gone.requests)
        if self._pump.state.stop is not None:
            return None
        stop = self._reason_to_stop(lost)
        if stop is None:
            self._notify(Warned(f"{lost.link.how_it_ended()}; its rows go to another"))
            self._pool.replace(lost)
            self._admission.take_again(chunks)
        return stop

    def _reason_to_stop(self, lost: WorkerHandle) -> Stop | None:
        match lost.final_report:
            case Broken(error, text):
                self._notify(Warned(text))
                return failed(error)
            case Unopened(target, cause):
                return target_fault(target, cause)
        self._failed_starts = 0 if lost.is_ready else self._failed_starts + 1
        if self._failed_starts == _STARTS:
            return failed(f"{lost.link.how_it_ended()} before it was ready, and so did {_STARTS - 1} others before it")
        poison = self._poison(chunk for chunk in lost.touched if self._left_in(chunk))
        if poison is None:
            return None
        place = f"{poison.source.name}, among the {poison.rows:,} rows from line {poison.line} on"
        return failed(f"{lost.link.how_it_ended()}, the second one in a row at {place}")

    def _poison(self, touched: Iterable[Chunk]) -> Chunk | None:
        """A chunk at which another worker died before, with none of its rows settled since."""
        poison = None
        for chunk in touched:
            left = self._left_in(chunk)
            if self._left_at_death.get(chunk.number) == left:
                poison = poison or chunk
            self._left_at_death[chunk.number] = left
        return poison
