"""Access: how the places that inputs lie at are reached, as the config says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from loader.clock import Clock, SystemClock
from loader.config.sections import BreakerSettings, Config, Retry, Throttle, Timeouts
from loader.sources.locations.sites import Sites

T = TypeVar("T")


def _wait(closing: threading.Event, seconds: float) -> bool:
    return closing.wait(seconds)


class Budget:
    """So many bytes that may be kept in memory. Thread-safe."""

    def __init__(self, size: int = 32 * 2**20) -> None:
        self._left = size
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """Take so many bytes of it, where there are as many left; returns whether they were."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True


class Clients:
    """What speaks with servers, by name, each made once and kept for all inputs there. Thread-safe."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}
        self._lock = threading.Lock()

    def of(self, name: str, make: Callable[[], T]) -> T:
        """The one of that name, which `make` makes."""
        with self._lock:
            if name not in self._made:
                self._made[name] = make()
            found: T = self._made[name]
            return found


@dataclass(frozen=True, slots=True)
class Access:
    """What a location may do to get at its bytes. Immutable but for its last three.

    With `recursive` a folder stands for all that is in it. `mirrors` are, by the URL of a folder (which ends with a
    slash) or of a file, what takes its place. `wait` waits so many seconds or until the event is set, and returns
    whether it is. `sites` remember who is ill, `heads` how many bytes of the beginnings of inputs may still be
    kept; `clients` are shared by all inputs.
    """

    recursive: bool = False
    mirrors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    retry: Retry = field(default=Retry())
    throttle: Throttle = field(default=Throttle())
    timeouts: Timeouts = field(default=Timeouts())
    breaker: BreakerSettings = field(default=BreakerSettings())
    clock: Clock = field(default_factory=SystemClock)
    wait: Callable[[threading.Event, float], bool] = _wait
    sites: Sites = field(default_factory=Sites)
    heads: Budget = field(default_factory=Budget)
    clients: Clients = field(default_factory=Clients)


def access_of(config: Config) -> Access:
    """Access as `config` says."""
    return Access(
        config.input.recursive,
        config.input.mirrors,
        config.retry,
        config.throttle,
        config.timeouts,
        config.breaker,
    )
