"""Worker process: one loop that serves the parent, and the targets' own threads that send."""

from __future__ import annotations

import os
import pickle
import select
import socket
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import count
from typing import NoReturn

import msgspec

from loader.checkpoint.spans import ordinal_runs
from loader.config.sections import Config
from loader.config.target_kind import TargetSettings, shown_name
from loader.errors import unforeseen
from loader.garbage_collection import relaxed_collection
from loader.outcomes import ACCEPTED, Result
from loader.preparation.preparer import PreparedChunk, Preparer
from loader.rows import Batch, Chunk, Source
from loader.shortage import cause_of_shortage
from loader.sources.formats.base import parser_for
from loader.targets.base import Prepared, Sender, Target, TargetDownError, UnfitRows
from loader.targets.context import Context
from loader.targets.opening import open_with_retries
from loader.targets.submitting import submit
from loader.workers.channel import Channel, Hangup
from loader.workers.channel_inbox import ChannelInbox
from loader.workers.messages import (
    Answers,
    Broken,
    Flush,
    Forget,
    LanePieces,
    Limit,
    Message,
    Order,
    Piece,
    Pieces,
    PrepareAgain,
    Ready,
    Report,
    Send,
    UnfitPiece,
    Unopened,
    Work,
)

_LATENCY = 0.001  # seconds for which an answer may wait for others to travel with it
_WAIT = 60.0  # seconds; anything that happens ends the wait
_HEAD = 8  # bytes that hold the length of the start


@dataclass(frozen=True, slots=True)
class WorkerStart:
    """What a worker is told before anything else.

    `targets` are the settings of the lanes in their order, `lanes` the numbers of those that groups of rows name.
    `started_us` is when the run began, in microseconds since the epoch.
    """

    config: Config
    run_id: str
    started_us: int
    sources: Sequence[Source]
    targets: Sequence[TargetSettings]
    lanes: Mapping[str, int]

    def packed(self) -> bytes:
        """For a process of the same program on the same machine, which alone reads it."""
        data = pickle.dumps(self)
        return len(data).to_bytes(_HEAD, "big") + data


def main() -> NoReturn:
    """Serve the parent at the other end of the socket whose descriptor is the first argument; never returns."""
    sock = socket.socket(fileno=int(sys.argv[1]))
    try:
        start: WorkerStart = pickle.loads(_received(sock, int.from_bytes(_received(sock, _HEAD), "big")))  # noqa: S301 - from the parent
        with relaxed_collection():
            _serve(start, sock)
    except Exception as error:
        if (cause := cause_of_shortage(error)) is not None:
            _say_last(sock, Unopened("", cause))
        _say_last(sock, Broken(unforeseen(error), "".join(traceback.format_exception(error))))


def _serve(start: WorkerStart, sock: socket.socket) -> NoReturn:
    targets = [_opened(settings, start, sock) for settings in start.targets]
    inbox = ChannelInbox()
    channel = Channel(sock, msgspec.msgpack.Decoder(list[Order]).decode, inbox.put)
    inbox.add(channel)
    parser_of = cache(lambda source: parser_for(source, start.config.input))
    preparer = Preparer([target.batcher() for target in targets], parser_of=parser_of, lane_of=start.lanes.__getitem__)
    worker = Worker(
        start.sources, targets, preparer, say=channel.send, wake=partial(inbox.put, None), now=time.monotonic
    )
    channel.send(Ready())
    while True:
        message = inbox.get(worker.patience())
        while message is not None:
            if isinstance(message, Hangup):
                os._exit(0)  # at once, whatever is under way: the parent is done with it, or dead
            worker.obey(message)
            message = inbox.get(0.0)
        worker.work()


def _opened(settings: TargetSettings, start: WorkerStart, sock: socket.socket) -> Target:
    """The target, asked for as the parent did."""
    context = Context.of(start.config, start.run_id, start.started_us, time.time)
    try:
        return open_with_retries(settings, context, lambda _, seconds: _wait_or_end(sock, seconds))
    except TargetDownError as error:
        _say_last(sock, Unopened(shown_name(settings), error.cause))


def _wait_or_end(sock: socket.socket, seconds: float) -> None:
    """Wait, but no longer than the parent lives."""
    hangup = select.poll()
    hangup.register(sock, 0)
    if hangup.poll(seconds * 1000):
        os._exit(0)


def _received(sock: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        part = sock.recv(length - len(data))
        if not part:
            os._exit(0)  # the parent is gone
        data += part
    return bytes(data)


def _say_last(sock: socket.socket, message: Message) -> NoReturn:
    channel = Channel(sock, lambda _: [], lambda _: None)
    channel.send(message)
    sock.setblocking(True)
    channel.write()
    os._exit(1)


class Worker:
    """Obeys. What it decides by itself is when answers go: together with others, but soon."""

    def __init__(
        self,
        sources: Sequence[Source],
        targets: Sequence[Sender],
        preparer: Preparer,
        *,
        say: Callable[[Report], None],
        wake: Callable[[], None],
        now: Callable[[], float],
    ) -> None:
        """`say` tells the parent something, `wake` ends the wait for the next call of `work`, from any thread."""
        self._sources = sources
        self._targets = targets
        self._preparer = preparer
        self._say = say
        self._wake = wake
        self._now = now
        self._batches: dict[int, Batch] = {}
        self._keys = count()
        self._tasks: deque[Work | PrepareAgain | Flush] = deque()
        self._ended: deque[tuple[int, Result]] = deque()  # attempts, by token; filled by any thread
        self._under_way = 0  # those that were begun and not passed on
        self._answer_by: float | None = None  # when those that ended are to be passed on at the latest

    def obey(self, message: object) -> None:
        """Attempts begin at once; what takes long is left to `work`."""
        match message:
            case Send():
                self._send(message)
            case Work() | PrepareAgain() | Flush():
                self._tasks.append(message)
            case Forget(key):
                del self._batches[key]
            case Limit(lane, max_bytes):
                self._preparer.batchers[lane].limit_to(max_bytes)
            case _:
                raise TypeError(f"no one knows what to do with {message!r}")

    def work(self) -> None:
        """Do one thing that takes long, if there is one, and pass on answers that have waited."""
        if self._tasks:
            self._do(self._tasks.popleft())
        if self._ended and self._is_time_to_answer():
            self._answer()

    def patience(self) -> float:
        """How many seconds may pass until the next call of `work`, unless it is woken."""
        if self._tasks:
            return 0.0
        return _WAIT if self._answer_by is None else max(0.0, self._answer_by - self._now())

    # -- sending

    def _send(self, send: Send) -> None:
        batch = self._batches[send.key]
        if send.indexes is not None:
            batch = batch.take(send.indexes)
        self._under_way += 1
        submit(self._targets[send.lane], batch, partial(self._end, send.token))

    def _end(self, token: int, result: Result) -> None:
        """From any thread. The first answer begins a wait for others, which is over when they are many."""
        self._ended.append((token, result))
        count = len(self._ended)
        if count == 1 or self._are_many(count):
            self._wake()

    def _are_many(self, count: int) -> bool:
        """A message costs both ends more than an answer does; yet with few under way each is waited for."""
        return count * 4 >= self._under_way

    def _is_time_to_answer(self) -> bool:
        if self._answer_by is None:
            self._answer_by = self._now() + _LATENCY
        return self._are_many(len(self._ended)) or self._now() >= self._answer_by

    def _answer(self) -> None:
        ended = [self._ended.popleft() for _ in range(len(self._ended))]
        self._under_way -= len(ended)
        self._answer_by = None
        accepted = [token for token, result in ended if result is ACCEPTED]
        others = [each for each in ended if each[1] is not ACCEPTED]
        self._say(Answers(accepted, others))

    # -- cutting

    def _do(self, task: Work | PrepareAgain | Flush) -> None:
        match task:
            case Work():
                made = self._preparer.prepare(_chunk(task, self._sources[task.source]), task.again)
            case PrepareAgain(key, lane, indexes):
                rows = self._batches[key].rows
                made = self._preparer.prepare_again(lane, rows if indexes is None else rows.take(indexes))
            case Flush():
                made = self._preparer.flush()
        self._say(self._pieces(made))

    def _pieces(self, made: PreparedChunk) -> Pieces:
        prepared = [self._keep(lane, ready) for lane, ready in made.prepared]
        again = [self._keep(lane, Prepared([batch])) for lane, batch in made.again]
        return Pieces(prepared, list(made.bad), list(made.strays), again, dict(made.mended))

    def _keep(self, lane: int, ready: Prepared) -> LanePieces:
        """Keep batches under keys, and tell the parent what it needs to know of them."""
        keys = [next(self._keys) for _ in ready.batches]
        self._batches.update(zip(keys, ready.batches, strict=True))
        pieces, refused = list(map(_piece, ready.batches)), list(map(_unfit_piece, ready.unfit))
        return LanePieces(lane, keys[0] if keys else 0, pieces, refused, ready.fed)


def _piece(batch: Batch) -> Piece:
    rows = batch.rows
    stamps = None if rows.timestamps is None else list(rows.timestamps)
    return Piece(rows.source.index, ordinal_runs(rows.ordinals), list(batch.sizes), rows.weight, stamps)


def _unfit_piece(refused: UnfitRows) -> UnfitPiece:
    return UnfitPiece(refused.rows.source.index, list(refused.rows.ordinals), list(refused.causes))


def _chunk(work: Work, source: Source) -> Chunk:
    place = (work.ordinal, work.line, work.offset, work.rows)
    return Chunk(work.number, source, *place, work.data, 0, work.bad, work.left_out)
