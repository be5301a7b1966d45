"""Concurrency limit: requests under way at once, fixed or adaptive."""

from __future__ import annotations

from statistics import median
from typing import Protocol

from loader.config.sections import Concurrency

_START = 8
"""Requests under way at first; slow answers alone never bring the limit below it."""

_CUT = 0.5
_STEPS = 32
_GROWTH = 0.25
"""After the first cut the limit rises by a 32nd of its cap per round trip, but at most by a quarter of itself."""

_ANSWERS = 32
"""The fewest answers that are judged together; the median of so many is not moved by a few slow ones."""

_SLOWER = 2.0
_NOISE = 0.005
"""Answers are clearly slower when they take more than twice as long as usual; below 5 ms times are not told apart."""

_DRAIN = 0.8
"""What is left, after a cut for slowness, of the requests that would take the usual time. A cut that ended at the usual
time would never show what is faster, and each would raise what counts as usual."""

_LEARN_FASTER = 0.5
_LEARN_SLOWER = 0.01
"""The shares by which the usual time follows faster and slower answers: queues build up slowly and must not become
usual while they do, yet a target that is slower for good is accepted as it is after some hundred round trips."""


class ConcurrencyLimit(Protocol):
    """How many requests may be under way to one target. It sees every attempt; one thread uses it."""

    @property
    def limit(self) -> int:
        """How many requests may be under way now, at least 1."""

    def admit(self) -> int:
        """A token for a request that is sent now. Every `admit` is followed by exactly one `record`."""

    def record(self, token: int, rtt: float, congested: bool) -> None:
        """The request of `token` ended after `rtt` seconds. `congested`: by a 429, a timeout or a sign of overload."""


def concurrency_limit(settings: Concurrency) -> ConcurrencyLimit:
    """The limit that `[concurrency]` asks for."""
    return (FixedLimit if settings.mode == "fixed" else AdaptiveLimit)(settings.max_in_flight)


class FixedLimit:
    """Always `cap`."""

    def __init__(self, cap: int) -> None:
        self._cap = cap

    @property
    def limit(self) -> int:
        return self._cap

    def admit(self) -> int:
        return 0

    def record(self, token: int, rtt: float, congested: bool) -> None:
        """Nothing is learnt."""


class AdaptiveLimit:
    """Additive increase, multiplicative decrease (as TCP does, RFC 5681), between 1 and `cap`.

    It starts at `min(cap, 8)`, learns how long an answer takes, and doubles per round trip until the first cut; from
    then on it rises by a 32nd of `cap` per round trip, but at most by a quarter of itself and at least by 1: any cut is
    made good within some fifty round trips, however long one is. It rises only while at least half of it is in use.

    Congestion halves it. When the answers of a round trip took clearly longer than usual, it is cut to what should take
    the usual time, but never below where it started, since slowness may lie in the rows. Only requests sent after the
    last cut can cause another: what was under way together cuts once.
    """

    def __init__(self, cap: int) -> None:
        self._cap = float(cap)
        self._start = min(self._cap, _START)
        self._limit = self._start
        self._cuts = 0
        self._under_way = 0
        self._usual: float | None = None
        self._begin_round()

    @property
    def limit(self) -> int:
        return int(self._limit)

    def admit(self) -> int:
        self._under_way += 1
        return self._cuts

    def record(self, token: int, rtt: float, congested: bool) -> None:
        in_use = self._under_way * 2 >= self.limit
        self._under_way -= 1
        if token != self._cuts:
            return
        slowdown = 1.0 if congested else self._slowdown(rtt)
        if congested:
            self._cut(max(1.0, self._limit * _CUT))
        elif slowdown > _SLOWER:
            self._cut(max(min(self._start, self._limit), self._limit * _DRAIN / slowdown))
        elif in_use:
            self._limit = min(self._cap, self._limit + self._rise() / self._limit)

    def _rise(self) -> float:
        """How much higher the limit is to be after one round trip, in which `limit` requests are answered."""
        if self._cuts:
            return max(1.0, min(self._cap / _STEPS, self._limit * _GROWTH))
        return 0.0 if self._usual is None else self._limit

    def _slowdown(self, rtt: float) -> float:
        """How many times as long as usual the answers of a round trip took, if `rtt` is its last; 1.0 before that."""
        self._times.append(rtt)
        if len(self._times) < self._round:
            return 1.0
        typical = median(self._times)
        self._begin_round()
        if self._usual is None:
            self._usual = typical
        slowdown = typical / max(self._usual, _NOISE)
        self._usual += (typical - self._usual) * (_LEARN_FASTER if typical < self._usual else _LEARN_SLOWER)
        return slowdown

    def _cut(self, limit: float) -> None:
        self._limit = limit
        self._cuts += 1
        self._begin_round()

    def _begin_round(self) -> None:
        # Fixed here: in the slow start the limit rises with every answer, and a round would never end.
        self._round = max(self.limit, _ANSWERS)
        self._times: list[float] = []
