"""Interrupts: requests from outside that a run end, by a signal or from another thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Interrupt:
    """A message that asks the run to end. Each is one request, however often it is delivered."""

    name: str


class StopToken:
    """A way to end loads that are given it: the first request ends them in good order, the second at once.

    `request_stop` may be called from any thread and from signal handlers, before a load begins, too: it takes no lock.
    """

    def __init__(self) -> None:
        self._requests: list[Interrupt] = []
        self._listeners: list[Callable[[Interrupt], None]] = []

    def request_stop(self, name: str = "its caller") -> None:
        """Ask all loads with this token to end; `name` is who asks, as reports say it: "interrupted by NAME"."""
        self.pass_on(Interrupt(name))

    def pass_on(self, request: Interrupt) -> None:
        """The same of a request that was made elsewhere, and may come several times."""
        self._requests.append(request)
        for post in tuple(self._listeners):
            post(request)

    @contextmanager
    def heard_by(self, post: Callable[[Interrupt], None]) -> Iterator[None]:
        """`post` gets all requests, earlier ones first, while this lasts; one may come twice."""
        # Whatever comes between these two steps is delivered by both, and by none is worse.
        self._listeners.append(post)
        for request in tuple(self._requests):
            post(request)
        try:
            yield
        finally:
            self._listeners.remove(post)
