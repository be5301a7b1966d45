"""Member: a file in an archive as a location."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from hashlib import blake2b

import msgspec

from loader.durable.files import is_text
from loader.sources.errors import InputError
from loader.sources.locations.base import Fingerprint, Location

WITHIN = "!/"
"""What stands between the name of an archive and that of a file in it."""


class Member(Location):
    """A file in an archive: known by its archive and its name in there, and compared by the archive as a whole."""

    seekable = False

    def __init__(self, archive: Location, inner: str) -> None:
        """Raises InputError where letters could not name it."""
        self.archive = archive
        self.inner = inner
        self.name = f"{archive.name}{WITHIN}{inner}"
        if not is_text(inner):
            raise InputError(f"{self.name}: its name is not UTF-8, and no letter could hold it; unpack the archive")

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(f"{place}{WITHIN}{self.inner}" for place in self.archive.places)

    @property
    def identity(self) -> Hashable | None:
        return self.archive.identity, self.inner

    def tell_to(self, tell: Callable[[str], None]) -> None:
        self.archive.tell_to(tell)

    def fingerprint(self) -> Fingerprint:
        found = self.archive.fingerprint()
        digest = blake2b(f"{found.digest} {self.inner}".encode(), digest_size=16).hexdigest()
        return msgspec.structs.replace(found, digest=digest) if found.is_known else found
