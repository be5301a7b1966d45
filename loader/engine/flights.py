"""Flights: the attempts under way, no more of them at once than the settings allow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from loader.engine.lanes.lane import Lane, Permit
from loader.engine.pending import Pending
from loader.outcomes import Result


@dataclass(slots=True, eq=False)
class Flight:
    """One attempt under way."""

    lane: Lane
    pending: Pending
    admission: Permit
    request: int  # its number, from 1


class Answer(NamedTuple):
    """What comes back through the inbox, once for each flight."""

    flight: Flight
    result: Result


class Flights:
    """The attempts under way over all lanes, numbered as they start. Touched by the pump's thread alone."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._under_way: set[Flight] = set()
        self.started = 0  # in this part of the run

    def __len__(self) -> int:
        return len(self._under_way)

    def __iter__(self) -> Iterator[Flight]:
        return iter(self._under_way)

    @property
    def room(self) -> int:
        """How many more may be under way."""
        return self._limit - len(self._under_way)

    def start(self, lane: Lane, pending: Pending, now: float) -> Flight:
        """A batch goes out now; the lane's policies know of it."""
        self.started += 1
        flight = Flight(lane, pending, lane.admit(now), self.started)
        self._under_way.add(flight)
        return flight

    def end(self, flight: Flight) -> bool:
        """Nothing more is expected of it; returns whether it was under way."""
        if flight not in self._under_way:
            return False
        self._under_way.remove(flight)
        return True
