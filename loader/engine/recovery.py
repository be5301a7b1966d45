"""What follows when a worker is gone: its rows go to another, unless one of its chunks is what kills workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from loader.engine.intake import Intake
from loader.engine.pump import Pump
from loader.engine.stop import Stop, failed, target_fault
from loader.events import Observer, Warned
from loader.rows import Chunk
from loader.workers.crew import Crew
from loader.workers.messages import Broken, Unopened
from loader.workers.remote import station_of
from loader.workers.station import Station

_STARTS = 3  # workers in a row that end before they are ready: no other would do better


class Recovery:
    """Used by the pump's thread."""

    def __init__(
        self, crew: Crew, pump: Pump, intake: Intake, *, left_in: Callable[[Chunk], int], notify: Observer
    ) -> None:
        """`left_in` tells how many rows of a chunk are not settled."""
        self._crew = crew
        self._pump = pump
        self._intake = intake
        self._left_in = left_in
        self._notify = notify
        self._stillborn = 0  # workers in a row that were lost before they were ready
        self._left_at_death: dict[int, int] = {}  # rows left of chunks at which a worker died, by number

    def replace(self, lost: Station) -> Stop | None:
        """Give what a lost worker had to others; returns why the run must stop instead, if it must."""
        gone = self._pump.lose(lambda batch: station_of(batch) is lost)
        chunks = [chunk for chunk in lost.chunks.values() if self._left_in(chunk)]
        self._intake.doubt(gone.doubtful)
        self._intake.send_again(gone.requests)
        if self._pump.state.stop is not None:
            return None
        stop = self._reason_to_stop(lost)
        if stop is None:
            self._notify(Warned(f"{lost.link.how_it_ended()}; its rows go to another"))
            self._crew.replace(lost)
            self._intake.take_again(chunks)
        return stop

    def _reason_to_stop(self, lost: Station) -> Stop | None:
        match lost.last_word:
            case Broken(error, text):
                self._notify(Warned(text))
                return failed(error)
            case Unopened(target, cause):
                return target_fault(target, cause)
        self._stillborn = 0 if lost.is_ready else self._stillborn + 1
        if self._stillborn == _STARTS:
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
