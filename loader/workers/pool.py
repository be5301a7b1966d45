"""Worker pool: distribution of chunks, and replacement of lost workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loader.preparation.preparer import Again, PreparedChunk
from loader.rows import Batch, Chunk
from loader.targets.base import Done, SizeLimit
from loader.workers.handle import Then, WorkerHandle
from loader.workers.references import ChunkCache, worker_of
from loader.workers.spawn import Link


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """A worker is gone, and all that lay there with it."""

    worker: WorkerHandle


class WorkerPool:
    """The workers of a load. Used by the pump's thread; answers come through the inbox."""

    def __init__(
        self,
        size: int,
        chunk_cache: ChunkCache,
        *,
        start: Callable[[Callable[[object], None]], Link],
        post: Callable[[PreparedChunk | WorkerLost], None],
        left_in: Callable[[Chunk], int],
        waiting_at: Callable[[WorkerHandle], int],
    ) -> None:
        """Starts `size` workers by `start` (see `WorkerHandle`), without waiting for them.

        `post` leaves a message in the inbox. `left_in` tells how many rows of a chunk are not settled, `waiting_at` how
        many batches wait at a worker that were never sent.
        """
        self._chunks_kept = chunk_cache
        self._start_worker = start
        self._post = post
        self._left_in = left_in
        self._waiting_at = waiting_at
        self._workers = [self._worker_handle() for _ in range(size)]

    def _worker_handle(self) -> WorkerHandle:
        return WorkerHandle(self._start_worker, self._chunks_kept, lambda gone: self._post(WorkerLost(gone)))

    @property
    def workers(self) -> Sequence[WorkerHandle]:
        return self._workers

    # -- chunks

    def hungry(self, enough: int) -> bool:
        """Whether a worker has nothing to cut, and fewer than `enough` batches that were never sent."""
        return any(not each.unanswered and self._waiting_at(each) < enough for each in self._workers)

    def open(self, chunk: Chunk) -> None:
        """A new chunk of the input, in order: kept here until its rows are settled."""
        self._drop_settled()
        self._chunks_kept.add(chunk)

    def take(self, chunk: Chunk, again: Sequence[Again]) -> None:
        """Have a chunk cut by the worker that has least to do; a PreparedChunk comes."""
        idlest = min(self._workers, key=lambda each: (each.unanswered, self._waiting_at(each)))
        idlest.take(chunk, again, self._post)

    def flush(self) -> int:
        """Have batchers give out what they hold; returns how many PreparedChunks come of it."""
        for worker in self._workers:
            worker.flush(self._post)
        return len(self._workers)

    def prepare_again(self, lane: int, batch: Batch, then: Then) -> None:
        """Have rows cut for another lane, by the worker that has them."""
        worker_of(batch).prepare_again(lane, batch, then)

    def limit(self, lane: int, max_bytes: int) -> None:
        """Have all workers cut smaller."""
        for worker in self._workers:
            worker.limit(lane, max_bytes)

    def _drop_settled(self) -> None:
        for worker in self._workers:
            for chunk in [chunk for chunk in worker.chunks.values() if not self._left_in(chunk)]:
                del worker.chunks[chunk.number]
                self._chunks_kept.drop(chunk)

    # -- losses

    def replace(self, lost: WorkerHandle) -> None:
        """Let another worker take the place of one that is gone. What it had must be given out again."""
        self._workers[self._workers.index(lost)] = self._worker_handle()
        lost.link.close()

    def close(self) -> None:
        """End all workers, at once."""
        for worker in self._workers:
            worker.link.hang_up()
        for worker in self._workers:
            worker.link.close()


class RemoteLimit:
    """How large requests of a lane are cut at the workers: what one of them is told, all are."""

    def __init__(self, pool: WorkerPool, lane: int, here: SizeLimit) -> None:
        """`here` reckons as the workers' batchers do."""
        self._pool = pool
        self._lane = lane
        self._here = here

    def shrink(self, batch: Batch) -> int:
        max_bytes = self._here.shrink(batch)
        self._pool.limit(self._lane, max_bytes)
        return max_bytes

    def limit_to(self, max_bytes: int) -> None:
        self._here.limit_to(max_bytes)
        self._pool.limit(self._lane, max_bytes)


class RemoteTarget:
    """A lane's target that lies at the workers."""

    def __init__(self, lane: int, name: str, *, repeatable: bool, keyed: bool) -> None:
        self.name = name
        self.repeatable = repeatable
        self.keyed = keyed
        self._lane = lane

    def submit(self, batch: Batch, done: Done) -> None:
        worker_of(batch).submit(self._lane, batch, done)

    def close(self) -> None:
        """The pool is closed by whoever made it."""
