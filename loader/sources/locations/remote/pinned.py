"""Pinned content: that all bytes of an input are of the content that it had when it was first looked at."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from loader.sources.locations.access import Budget
from loader.sources.locations.base import Fingerprint
from loader.sources.locations.remote.origin import ContentOrigin, Facts, OriginError, ill

ENDS = 64 * 1024
"""Bytes of each end that are hashed, as of files."""

HEAD = 256 * 1024
"""Bytes of the beginning that are kept: what an input is told by, and all of a small one."""


class Pinned:
    """What is known of the content of one input, by origin. Used by one thread at a time.

    The first origin that answers says what the content is. Each other one must have as many bytes with the same ends
    before a byte of it is taken: tags of two servers cannot be compared.
    """

    def __init__(self, origins: Sequence[ContentOrigin]) -> None:
        self.origins = origins
        self._facts: dict[str, Facts] = {}
        self._first: Facts | None = None
        self._digest = ""
        self.head = b""
        self.head_from: ContentOrigin | None = None

    @property
    def has_mirrors(self) -> bool:
        """Whether others than its own origin may be asked."""
        return len(self.origins) > 1

    @property
    def is_known(self) -> bool:
        """Whether any origin has answered."""
        return self._first is not None

    @property
    def facts(self) -> Facts:
        """Those of the first origin that answered; to be asked for when one did."""
        if self._first is None:
            raise ValueError("no origin has answered yet")
        return self._first

    def know(self, origin: ContentOrigin, facts: Facts) -> None:
        """Take what a list says of the content of the input's own origin, where there is no other."""
        self._facts[origin.name] = self._first = facts

    def facts_at(self, origin: ContentOrigin) -> Facts:
        """What `origin` says of the content. Raises OriginError where it has another one."""
        found = self._facts.get(origin.name)
        if found is None:
            found = origin.facts()
            digest = _ends_at(origin, found) if self.has_mirrors and found.ranges else ""
            if self._first is None:
                self._first, self._digest = found, digest
            elif self._first.size != found.size:
                raise OriginError(f"it is another content, of {_shown(found.size)} and not {_shown(self._first.size)}")
            elif self._digest and digest and self._digest != digest:
                raise OriginError("it is another content, by its first and last 64 KiB")
            self._facts[origin.name] = found
        return found

    def keep_head(self, origin: ContentOrigin, budget: Budget) -> None:
        """Fetch the beginning of what has ranges, for as long as there is room for it. Raises OriginError."""
        facts = self.facts_at(origin)
        size = min(facts.size or 0, HEAD)
        if not facts.ranges or self.head or not budget.take(size):
            return
        try:
            self.head, self.head_from = range_at(origin, facts, 0, size), origin
        except OriginError as error:
            if not error.late:  # what is slow is read in smaller ranges
                raise

    def fingerprint_at(self, origin: ContentOrigin) -> Fingerprint:
        """What a resume compares; of what has a strong tag, and no mirror, that is the tag. Raises OriginError."""
        facts = self.facts_at(origin)
        if not facts.ranges:
            return Fingerprint()
        if facts.tag and not self.has_mirrors:
            return Fingerprint(facts.size, blake2b(facts.tag.encode(), digest_size=16).hexdigest(), whole=True)
        self._digest = self._digest or _ends_at(origin, facts)
        whole = facts.size is not None and facts.size <= 2 * ENDS
        return Fingerprint(facts.size, self._digest, whole, facts.modified, facts.tag)


def _ends_at(origin: ContentOrigin, facts: Facts) -> str:
    size = facts.size or 0
    first, last = min(size, ENDS), max(0, size - ENDS)
    digest = blake2b(range_at(origin, facts, 0, first), digest_size=16)
    digest.update(range_at(origin, facts, last, size))
    return digest.hexdigest()


def range_at(origin: ContentOrigin, facts: Facts, start: int, stop: int) -> bytes:
    """All bytes of a small range. Raises OriginError."""
    found = b"".join(origin.fetch(facts, start, stop))[: stop - start] if start < stop else b""
    if len(found) < stop - start:
        raise ill(f"it sent {len(found):,} bytes of {stop - start:,}")
    return found


def _shown(size: int | None) -> str:
    return "an unknown number of bytes" if size is None else f"{size:,} bytes"
