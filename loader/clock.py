"""Clocks: time as an argument, so that engine and policies never ask the system."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Two readings of time, both in seconds."""

    def now(self) -> float:
        """Monotonic: for waits, deadlines and elapsed time. Unmoved by changes of the wall clock."""

    def wall(self) -> float:
        """Seconds since the epoch: for what people and servers read."""


class SystemClock:
    """The clock of this machine. Thread-safe."""

    def now(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()
