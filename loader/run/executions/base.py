"""Executions: what each way to run a load is given, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from loader.engine.inbox import Inbox
from loader.engine.lanes.queues import BatchQueue
from loader.preparation.base import Preparation
from loader.rows import Chunk, Source
from loader.sources.parser import Parser
from loader.targets.base import Sender, SizeLimit, Target
from loader.workers.pool import WorkerPool


@dataclass(frozen=True, slots=True)
class LoadWork:
    """What is to be prepared and sent.

    `targets` are opened, one a lane in their order; `heads` gives the number of the lane to the target that a group of
    rows names, "" being the run's own. `parsers` are by the index of the source. `left_in` tells how many rows of a
    chunk are not settled. `max_in_flight` is over all lanes.
    """

    sources: Sequence[Source]
    parsers: Mapping[int, Parser]
    targets: Sequence[Target]
    heads: Mapping[str, int]
    left_in: Callable[[Chunk], int]
    max_in_flight: int

    def parser_of(self, source: Source) -> Parser:
        return self.parsers[source.index]

    def lane_of(self, target: str) -> int:
        """The number of the lane to a target, as letters name it; that of the run's own if they name another."""
        return self.heads[target] if target in self.heads else self.heads[""]


@dataclass(frozen=True, slots=True)
class Executor:
    """What prepares the rows of one load and sends them; senders, limits and queues are one a lane, in their order.

    `pool` are the processes that do it, if it is not this one.
    """

    preparation: Preparation
    senders: Sequence[Sender]
    limits: Sequence[SizeLimit]
    queues: Sequence[BatchQueue]
    pool: WorkerPool | None = None


class Execution(Protocol):
    """A way to run the work of one load."""

    @property
    def inbox(self) -> Inbox:
        """Where messages to the engine are left from now on."""

    def start(self, work: LoadWork) -> Executor:
        """Begin; messages of what is begun come through the inbox."""
