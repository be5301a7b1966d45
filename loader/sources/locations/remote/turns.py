"""Turns: which of the places of an input is asked next, and when, until none is left to ask."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from loader.resilience.backoff import backoff
from loader.resilience.breaker import Change, Health
from loader.sources.errors import InputError, OtherContentError, OutOfReachError
from loader.sources.locations.access import Access
from loader.sources.locations.remote.origin import ContentOrigin, OriginError
from loader.sources.locations.sites import Site

T = TypeVar("T")
Tell = Callable[[str], None]


class ClosedError(Exception):
    """Nobody reads on."""


@dataclass(slots=True)
class _Seat:
    """An origin and how it did since bytes last came: `failures` that count, `due` for its next attempt (monotonic).

    `last` is its last failure; it is `out` where it is not asked again.
    """

    origin: ContentOrigin
    site: Site
    failures: int = 0
    due: float = 0.0
    last: OriginError | None = None
    out: bool = False


class Turns:
    """The origins of one input, the first being its own, the others mirrors. Used by one thread at a time.

    One that fails gives way to the next at once, where there is one that is well; else what it may be asked again is
    waited for, by `[retry]`, the wait it asks for, and the breaker of its site. Attempts while that is not closed do
    not count. The one that was asked last is asked on.
    """

    def __init__(
        self, name: str, origins: Sequence[ContentOrigin], access: Access, closing: threading.Event, tell: Tell
    ) -> None:
        """`closing` ends all waiting, `tell` is told of trouble, in sentences."""
        self._name = name
        self._access = access
        self._closing = closing
        self._tell = tell
        self._seats = [_Seat(origin, access.sites.of(origin.site, access.breaker)) for origin in origins]
        self._current = self._seats[0]
        self._why = ""

    def ask(self, action: Callable[[ContentOrigin], T], why: str = "cannot be read") -> T:
        """What `action` makes of the first origin that answers. Raises InputError, saying `why`, and ClosedError."""
        self._why = why
        while True:
            seat = self._next()
            now = self._access.clock.now
            was_well = seat.site.is_well
            token = seat.site.begin()
            try:
                answer = action(seat.origin)
            except OriginError as error:
                change = seat.site.end(token, Health.FAILURE if error.ill else Health.NEUTRAL, now())
                self._failed(seat, error, change, counts=was_well)
            except BaseException:
                seat.site.end(token, Health.NEUTRAL, now())
                raise
            else:
                seat.site.end(token, Health.SUCCESS, now())
                return answer

    def moved(self) -> None:
        """Bytes came: what went wrong before is forgotten."""
        for seat in self._seats:
            seat.failures = 0

    # -- whose turn it is

    def _next(self) -> _Seat:
        """The one that may be asked first; it is waited for."""
        while True:
            now = self._access.clock.now()
            seats = [seat for seat in self._seats if not seat.out]
            due = {id(seat): max(seat.due, seat.site.due(now), now) for seat in seats}
            # `min` takes the first of equals.
            ordered = sorted(seats, key=lambda seat: seat is not self._current)
            seat = min(ordered, key=lambda seat: due[id(seat)])
            wait = due[id(seat)] - now
            if self._closing.is_set() or (wait > 0 and self._access.wait(self._closing, wait)):
                raise ClosedError
            if wait <= 0:
                self._take_over(seat)
                return seat

    def _take_over(self, seat: _Seat) -> None:
        if seat is not self._current:
            before, self._current = self._current, seat
            why = "" if before.last is None else f" ({before.last})"
            self._tell(f"{self._name}: {before.origin.name} gives way{why}; {seat.origin.name} takes over")

    def _failed(self, seat: _Seat, error: OriginError, change: Change, *, counts: bool) -> None:
        seat.last = error
        if not error.again:
            self._put_out(seat, error)
            return
        now = self._access.clock.now()
        seat.failures += 1 if counts else 0
        wait = error.wait or 0.0
        if wait > self._access.throttle.max_wait:
            told = f"{error}; it asks for a wait of {wait:.0f} s, over throttle.max_wait"
            self._put_out(seat, OriginError(told, again=True))
            return
        if seat.failures > self._access.retry.max_retries or seat.site.is_given_up(now):
            self._put_out(seat, error)
            return
        pause = max(wait, backoff(self._access.retry, max(1, seat.failures), random.random()))
        seat.due = now + pause
        if wait:
            seat.site.close(wait, now)
            self._tell(f"{seat.origin.site} asks for a wait of {wait:.0f} s ({error})")
        elif seat.failures == 2:  # what is mended at once is not worth a word
            self._tell(f"{self._name}: {self._why}: {error}; it is asked again")
        if change is Change.OPENED:
            pause = seat.site.due(now) - now
            self._tell(f"{seat.origin.site} fails and is left alone for {pause:.1f} s: {error}")

    def _put_out(self, seat: _Seat, error: OriginError) -> None:
        """Ask it no more; where no other is left the input cannot be read."""
        seat.out, seat.last = True, error
        left = [each for each in self._seats if not each.out]
        is_own = seat is self._seats[0]
        if not left or (is_own and not error.again):
            raise self._failure()
        if not is_own:
            self._tell(f"{self._name}: the mirror {seat.origin.name} cannot stand in for it: {error.told}")

    def _failure(self) -> InputError:
        """Why each of them was put out; what the input's own place may mend by itself is out of reach for now."""
        own, *mirrors = self._seats
        told = [own.last.told] if own.last is not None else []
        told += [f"{seat.origin.name}: {seat.last.told}" for seat in mirrors if seat.last is not None]
        kind = InputError if own.last is None else _kind_of(own.last)
        return kind(f"{self._name}: {self._why}: {'; '.join(told)}")


def _kind_of(error: OriginError) -> type[InputError]:
    if error.again:
        return OutOfReachError
    return OtherContentError if error.changed else InputError
