"""Sender threads, started on demand up to a bound."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

Job = Callable[[], None]


class SenderThreads:
    """Runs jobs on up to `most` daemon threads, started when all others are busy.

    `concurrent.futures` would wait for its threads when the program ends, and so for a target that never answers.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()  # guards the next two
        self._threads = 0
        self._busy = 0  # jobs handed in and not done

    def submit(self, job: Job) -> None:
        """Start `job`, which must not raise, as soon as a thread is free; return at once.

        Where no more threads can be started the others do it; where there is none, RuntimeError is raised.
        """
        with self._lock:
            self._busy += 1
            grow = self._threads < min(self._busy, self._most)
            self._threads += grow
            number = self._threads
        if grow:
            self._start(number)
        self._jobs.put(job)

    def _start(self, number: int) -> None:
        try:
            threading.Thread(target=self._work, name=f"{self._name}-{number}", daemon=True).start()
        except RuntimeError:
            with self._lock:
                self._threads -= 1
                self._busy -= not self._threads
                if not self._threads:
                    raise

    def close(self) -> None:
        """Let threads end when the jobs handed in are done, without waiting. No job may come after. Idempotent."""
        with self._lock:
            for _ in range(self._threads):
                self._jobs.put(None)
            self._threads = 0

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            with self._lock:
                self._busy -= 1
