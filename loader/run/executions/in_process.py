"""Execution in this process: nothing is started for it."""

from __future__ import annotations

from loader.engine.inbox import Inbox
from loader.engine.lanes.queues import queue_for
from loader.preparation.base import InProcessPreparation
from loader.preparation.preparer import Preparer
from loader.run.executions.base import Executor, LoadWork


class InProcess:
    """This process does all of it."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox

    def start(self, work: LoadWork) -> Executor:
        batchers = [target.batcher() for target in work.targets]
        queues = [queue_for(work.max_in_flight) for _ in work.targets]
        preparation = InProcessPreparation(
            Preparer(batchers, parser_of=work.parser_of, lane_of=work.lane_of),
            waiting=lambda: sum(queue.fresh for queue in queues),
            post=self.inbox.put,
        )
        return Executor(preparation, work.targets, batchers, queues)
