"""All workers of a load: who gets what, and what follows when one is gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loader.rows import Batch, Chunk
from loader.targets.base import Done, SizeLimit
from loader.workers.cutting import Again, ChunkCut
from loader.workers.remote import Library, station_of
from loader.workers.spawn import Link
from loader.workers.station import Station, Then


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """A worker is gone, and all that lay there with it."""

    station: Station


class Crew:
    """The workers of a load. Used by the pump's thread; answers come through the inbox."""

    def __init__(
        self,
        size: int,
        library: Library,
        *,
        hire: Callable[[Callable[[object], None]], Link],
        post: Callable[[ChunkCut | WorkerLost], None],
        left_in: Callable[[Chunk], int],
        waiting_at: Callable[[Station], int],
    ) -> None:
        """Starts `size` workers by `hire` (see `Station`), without waiting for them.

        `post` leaves a message in the inbox. `left_in` tells how many rows of a chunk are not settled, `waiting_at` how
        many batches wait at a worker that were never sent.
        """
        self._library = library
        self._hire = hire
        self._post = post
        self._left_in = left_in
        self._waiting_at = waiting_at
        self._stations = [self._station() for _ in range(size)]

    def _station(self) -> Station:
        return Station(self._hire, self._library, lambda gone: self._post(WorkerLost(gone)))

    @property
    def stations(self) -> Sequence[Station]:
        return self._stations

    # -- chunks

    def hungry(self, enough: int) -> bool:
        """Whether a worker has nothing to cut, and fewer than `enough` batches that were never sent."""
        return any(not each.unanswered and self._waiting_at(each) < enough for each in self._stations)

    def open(self, chunk: Chunk) -> None:
        """A new chunk of the input, in order: kept here until its rows are settled."""
        self._drop_settled()
        self._library.add(chunk)

    def take(self, chunk: Chunk, again: Sequence[Again]) -> None:
        """Have a chunk cut by the worker that has least to do; a ChunkCut comes."""
        idlest = min(self._stations, key=lambda each: (each.unanswered, self._waiting_at(each)))
        idlest.take(chunk, again, self._post)

    def flush(self) -> int:
        """Have batchers give out what they hold; returns how many ChunkCuts come of it."""
        for station in self._stations:
            station.flush(self._post)
        return len(self._stations)

    def recut(self, lane: int, batch: Batch, then: Then) -> None:
        """Have rows cut for another lane, by the worker that has them."""
        station_of(batch).recut(lane, batch, then)

    def limit(self, lane: int, max_bytes: int) -> None:
        """Have all workers cut smaller."""
        for station in self._stations:
            station.limit(lane, max_bytes)

    def _drop_settled(self) -> None:
        for station in self._stations:
            for chunk in [chunk for chunk in station.chunks.values() if not self._left_in(chunk)]:
                del station.chunks[chunk.number]
                self._library.drop(chunk)

    # -- losses

    def replace(self, lost: Station) -> None:
        """Let another worker take the place of one that is gone. What it had must be given out again."""
        self._stations[self._stations.index(lost)] = self._station()
        lost.link.close()

    def close(self) -> None:
        """End all workers, at once."""
        for station in self._stations:
            station.link.hang_up()
        for station in self._stations:
            station.link.close()


class RemoteLimit:
    """How large requests of a lane are cut at the workers: what one of them is told, all are."""

    def __init__(self, crew: Crew, lane: int, here: SizeLimit) -> None:
        """`here` reckons as the workers' batchers do."""
        self._crew = crew
        self._lane = lane
        self._here = here

    def shrink(self, batch: Batch) -> int:
        max_bytes = self._here.shrink(batch)
        self._crew.limit(self._lane, max_bytes)
        return max_bytes

    def limit_to(self, max_bytes: int) -> None:
        self._here.limit_to(max_bytes)
        self._crew.limit(self._lane, max_bytes)


class RemoteTarget:
    """A lane's target that lies at the workers."""

    def __init__(self, lane: int, name: str, *, repeatable: bool, keyed: bool) -> None:
        self._lane = lane
        self._name = name
        self._repeatable = repeatable
        self._keyed = keyed

    @property
    def name(self) -> str:
        return self._name

    @property
    def repeatable(self) -> bool:
        return self._repeatable

    @property
    def keyed(self) -> bool:
        return self._keyed

    def submit(self, batch: Batch, done: Done) -> None:
        station_of(batch).submit(self._lane, batch, done)

    def close(self) -> None:
        """The crew is closed by whoever made it."""
