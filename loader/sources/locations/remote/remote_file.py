"""Remote file: one input on a web server or in a bucket, with the mirrors that may stand in for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

from loader.sources.errors import InputError
from loader.sources.locations.access import Access
from loader.sources.locations.base import Fingerprint, Location
from loader.sources.locations.remote.fetching import Fetching, Sink
from loader.sources.locations.remote.origin import ContentOrigin, Facts
from loader.sources.locations.remote.pinned import Pinned
from loader.sources.locations.remote.read_ahead import ReadAhead
from loader.sources.locations.remote.turns import ClosedError, Turns
from loader.sources.locations.sites import Sites

_TOLD = 50  # sentences on one input


class RemoteFile(Location):
    """What lies at an origin. Its content is pinned when it is first looked at: bytes of another one are an error."""

    def __init__(
        self,
        place: str,
        origins: Sequence[ContentOrigin],
        access: Access,
        explained: Callable[[InputError], InputError] = lambda error: error,
    ) -> None:
        """`place` is its name for ever; the first of `origins` is its own, the others are mirrors.

        `explained` says more of why it cannot be read when it is looked at first.
        """
        self._explained = explained
        self.name = origins[0].name
        self._place = place
        self._access = access
        self._pinned = Pinned(origins)
        self._said: set[str] = set()
        self._told: list[str] = []
        self._tell: Callable[[str], None] = self._told.append

    is_distant = True

    @property
    def seekable(self) -> bool:  # type: ignore[override]
        """Whether its server has ranges."""
        return self._pinned.is_known and self._pinned.facts.ranges

    @property
    def places(self) -> tuple[str, ...]:
        return (self._place,)

    @property
    def identity(self) -> Hashable | None:
        return self._place

    def know(self, facts: Facts) -> None:
        """What a list says of it, which need not be asked for then."""
        if not self._pinned.has_mirrors:
            self._pinned.know(self._pinned.origins[0], facts)

    def make_ready(self) -> None:
        # Nobody waits before a load for a server that many inputs find ill: a breaker would.
        hasty = replace(self._access, breaker=replace(self._access.breaker, threshold=0), sites=Sites())
        turns = self._turns(threading.Event(), hasty)
        try:
            turns.ask(lambda origin: self._pinned.keep_head(origin, self._access.heads))
        except InputError as error:
            raise self._explained(error) from error

    def open(self) -> ReadAhead:
        return self._content(0)

    def open_at(self, offset: int) -> ReadAhead:
        return self._content(offset)

    def fingerprint(self) -> Fingerprint:
        try:
            return self._turns(threading.Event()).ask(self._pinned.fingerprint_at)
        except ClosedError as error:
            raise InputError(f"{self.name}: is closed") from error

    def tell_to(self, tell: Callable[[str], None]) -> None:
        for told in self._told:
            tell(told)
        self._tell = tell

    def _content(self, position: int) -> ReadAhead:
        closing = threading.Event()
        facts = self._look(closing)

        def fetching(sink: Sink, start: int) -> Fetching:
            return Fetching(self._pinned, self._turns(closing), sink, start)

        return ReadAhead(self.name, facts.size, position, closing, fetching)

    def _look(self, closing: threading.Event) -> Facts:
        if not self._pinned.is_known:
            self._turns(closing).ask(self._pinned.facts_at)
        return self._pinned.facts

    def _turns(self, closing: threading.Event, access: Access | None = None) -> Turns:
        return Turns(self.name, self._pinned.origins, access or self._access, closing, self._say)

    def _say(self, told: str) -> None:
        """Tell whoever listens now, each sentence once, and not without end."""
        if told not in self._said and len(self._said) < _TOLD:
            self._said.add(told)
            more = "; more of it is not told" if len(self._said) == _TOLD else ""
            self._tell(told + more)
