"""Location and kind of location: all that the rest of the program asks of a place that inputs come from."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import ClassVar

import msgspec

from loader.sources.locations.access import Access
from loader.sources.locations.byte_source import Content


class Fingerprint(msgspec.Struct, frozen=True, omit_defaults=True):
    """What tells whether an input is the one it was; all is empty for what cannot be read twice.

    `size` counts bytes. `digest` is that of its content: of all of it where `whole`, else of parts, as its ends. Where
    it is not of all, `written`, the time of the last change as its place has it, and `instance`, which is another where
    an input has taken the place of another one, tell whether there may be other bytes between.
    """

    size: int | None = None
    digest: str = ""
    whole: bool = False
    written: str = ""
    instance: str = ""

    @property
    def is_known(self) -> bool:
        """Whether there is anything to compare."""
        return bool(self.digest)

    def is_like(self, other: Fingerprint) -> bool:
        """Whether both are known and, as far as was looked, of the same content."""
        return self.is_known and (self.size, self.digest) == (other.size, other.digest)

    def is_proved_by(self, now: Fingerprint) -> bool:
        """Whether `now`, which is like it, is surely the same all through."""
        return self.whole or (self.written, self.instance) == (now.written, now.instance)


class Location:
    """One input at its place. Used by one thread at a time; nothing of it is open but what `open` gave out.

    `name` is what messages, letters and reports call it, as it was typed but without secrets: no user, password or
    token. With `once` it can be opened one time only. What it brings is compared chunk by chunk then when it comes
    again, as it is where it cannot be opened in the middle (`seekable`, asked after it was opened). One that is
    `is_distant` is looked at together with others (`make_ready`).
    """

    name: str
    once: bool = False
    seekable: bool = True
    is_distant: bool = False

    @property
    def places(self) -> tuple[str, ...]:
        """The ways by which any process finds it from anywhere, without secrets; each names this very input.

        The first is how a resume from another folder opens it, the last where it really lies, whatever links lead
        there. Empty for what this process alone has.
        """
        raise NotImplementedError

    @property
    def identity(self) -> Hashable | None:
        """What is equal for two locations of the same bytes; None where that says nothing, as of a pipe."""
        raise NotImplementedError

    @property
    def path(self) -> Path | None:
        """The file of this machine that it is; None for all else."""
        return None

    def open(self) -> Content:
        """Its content from the first byte on, to be closed by the caller. Raises InputError.

        Waits where somebody must write first.
        """
        raise NotImplementedError

    def open_at(self, offset: int) -> Content:
        """The same from the byte at `offset` on, where `seekable`; its `position` begins there. Raises InputError."""
        raise NotImplementedError

    def fingerprint(self) -> Fingerprint:
        """What a resume compares, as it is now. Raises InputError where it is there, and cannot be looked at."""
        raise NotImplementedError

    def goes_on_behind(self, before: Fingerprint) -> bool:  # noqa: ARG002 - most cannot tell
        """Whether it is longer than what had the fingerprint `before`, and begins with that, as far as was looked."""
        return False

    def make_ready(self) -> None:
        """Look at what is there, once and before all else, from any thread. Raises InputError."""

    def tell_to(self, tell: Callable[[str], None]) -> None:
        """Have sentences on trouble that reading goes through told there, from any thread."""

    def close(self) -> None:
        """Give back what is kept between two readings, once there will be no more. Idempotent."""


class LocationKind:
    """A kind of location: how patterns as they are typed become locations.

    `schemes` are those of its URLs, in lower case; `has_mirrors` says whether it asks those of its `Access`. The module
    of a kind imports what talks to servers when it is used.
    """

    schemes: ClassVar[tuple[str, ...]] = ()
    has_mirrors: ClassVar[bool] = False

    def expand(self, pattern: str, access: Access) -> Sequence[Location]:
        """The inputs that `pattern` names, in order, each checked for being there and readable; at least one.

        `access` says how they are reached.

        Raises InputError, with a sentence that names the pattern, without secrets.
        """
        raise NotImplementedError
