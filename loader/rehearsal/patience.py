"""Questions to a server that has too much to do: asked again, after waits that grow."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from cassandra import OperationTimedOut, RequestExecutionException
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionException

from loader.config.sections import Retry
from loader.resilience.backoff import backoff

T = TypeVar("T")

_LATER = (RequestExecutionException, OperationTimedOut, NoHostAvailable, ConnectionException)
"""What the driver raises where the same question may be answered later."""


class Patience:
    """Asks as often and after such waits as `[retry]` says. For reads alone, which do no harm twice.

    It waits in the thread that asks; an exception raised there, as by Ctrl-C, ends the wait.
    """

    def __init__(self, retry: Retry) -> None:
        self._retry = retry

    def __call__(self, ask: Callable[[], T]) -> T:
        """What `ask` returns. Raises its last error where the retries are used up, and others at once."""
        failures = 0
        while True:
            try:
                return ask()
            except _LATER:
                failures += 1
                if failures > self._retry.max_retries:
                    raise
            time.sleep(backoff(self._retry, failures, random.random()))
