"""Worker handle: what the parent knows of one worker, its orders and its open answers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

from loader.outcomes import ACCEPTED
from loader.preparation.preparer import Again, PreparedChunk
from loader.rows import Batch, Chunk
from loader.targets.base import Done
from loader.workers.channel import Hangup
from loader.workers.messages import (
    Answers,
    Broken,
    Flush,
    Forget,
    Limit,
    Order,
    Pieces,
    PrepareAgain,
    Ready,
    Send,
    Unopened,
    Work,
)
from loader.workers.references import ChunkCache, address
from loader.workers.spawn import Link

Then = Callable[[PreparedChunk], None]


@dataclass(frozen=True, slots=True)
class _Awaited:
    """What the worker owes: it answers in the order in which it was asked."""

    then: Then
    chunk: Chunk | None = None


class WorkerHandle:
    """One worker, seen from the parent's thread."""

    def __init__(
        self,
        start: Callable[[Callable[[object], None]], Link],
        chunk_cache: ChunkCache,
        gone: Callable[[WorkerHandle], None],
    ) -> None:
        """`start` starts a worker, whose reports go to the function that it is given.

        `gone` is called once when the worker has ended, however it did.
        """
        self._chunks_kept = chunk_cache
        self._gone = gone
        self._awaited: deque[_Awaited] = deque()
        self._done: dict[int, Done] = {}
        self._tokens = count()
        self.chunks: dict[int, Chunk] = {}  # given and not dropped, by number
        self.touched: Sequence[Chunk] = ()  # of a lost worker: the chunks that it had begun with
        self.final_report: Broken | Unopened | None = None
        self.is_ready = False
        self.is_lost = False
        self.link = start(self._hear)

    @property
    def under_way(self) -> int:
        """Attempts that were ordered and have not ended."""
        return len(self._done)

    @property
    def unanswered(self) -> int:
        """How many answers about chunks and batches it owes."""
        return len(self._awaited)

    # -- orders

    def take(self, chunk: Chunk, again: Sequence[Again], then: Then) -> None:
        """Have a chunk parsed, mapped and cut; `then` is given what came of it."""
        self.chunks[chunk.number] = chunk
        place = (chunk.number, chunk.source.index, chunk.ordinal, chunk.line, chunk.offset, chunk.rows)
        self._ask(Work(*place, chunk.data, chunk.bad, again, chunk.left_out), _Awaited(then, chunk))

    def flush(self, then: Then) -> None:
        """Have everything handed over that is held back."""
        self._ask(Flush(), _Awaited(then))

    def prepare_again(self, lane: int, batch: Batch, then: Then) -> None:
        """Have the rows of a batch that lies here cut for another lane."""
        reference, indexes = address(batch)
        self._ask(PrepareAgain(reference.key, lane, indexes), _Awaited(then))

    def submit(self, lane: int, batch: Batch, done: Done) -> None:
        """Have an attempt started at a batch that lies here."""
        reference, indexes = address(batch)
        token = next(self._tokens)
        self._done[token] = done
        self.link.send(Send(token, lane, reference.key, indexes))

    def limit(self, lane: int, max_bytes: int) -> None:
        self.link.send(Limit(lane, max_bytes))

    def forget(self, key: int) -> None:
        """Nobody holds the batch any more."""
        self.link.send(Forget(key))

    # -- reports

    def _hear(self, report: object) -> None:
        match report:
            case Answers(accepted, others):
                for token in accepted:
                    self._done.pop(token)(ACCEPTED)
                for token, result in others:
                    self._done.pop(token)(result)
            case Pieces():
                awaited = self._awaited.popleft()
                awaited.then(self._chunks_kept.made(self, report, awaited.chunk))
            case Ready():
                self.is_ready = True
            case Broken() | Unopened():
                self.final_report = report
            case Hangup():
                self._lose()

    # -- the end

    def _lose(self) -> None:
        """Whatever is owed comes to nothing: what lay here is lost, and its chunks go to another worker."""
        self.is_lost = True
        waiting = [each.chunk.number for each in self._awaited if each.chunk is not None]
        # Chunks are answered in order: the first that is not is under work, those behind it were not looked at.
        unseen = waiting[1:] if self.is_ready else waiting
        self.touched = [chunk for number, chunk in self.chunks.items() if number not in unseen]
        while self._awaited:
            self._nothing(self._awaited.popleft())
        self._gone(self)

    def _ask(self, order: Order, awaited: _Awaited) -> None:
        if self.is_lost:
            self._nothing(awaited)
        else:
            self._awaited.append(awaited)
            self.link.send(order)

    @staticmethod
    def _nothing(awaited: _Awaited) -> None:
        awaited.then(PreparedChunk((), awaited.chunk))
