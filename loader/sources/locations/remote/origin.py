"""Origin: one place where the bytes of an input lie, asked one attempt at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Facts:
    """What a place says of a content. `tag` is its strong ETag, `modified` the time of its last change as it has it.

    `weak_tag` is an ETag that may be that of two contents, `coding` what it is encoded in on its way (RFC 9110, 8).
    `size` counts bytes, None where it is not told. Without `ranges` it comes from its first byte on alone.
    """

    size: int | None
    ranges: bool = True
    tag: str = ""
    modified: str = ""
    weak_tag: str = ""
    coding: str = ""


class OriginError(Exception):
    """An attempt that brought nothing, or no more; the text says why, without secrets.

    `again`: whether the place may be well later; then `ill` says that it is at fault, not only busy, `late` that time
    ran out, and `wait` how many seconds it asked for. `changed`: it is there, with another content. `hint` is what to
    do.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        again: bool = False,
        ill: bool = False,
        late: bool = False,
        wait: float | None = None,
        changed: bool = False,
    ) -> None:
        super().__init__(message)
        self.hint = hint
        self.again = again
        self.ill = ill
        self.late = late
        self.wait = wait
        self.changed = changed

    @property
    def told(self) -> str:
        """It and what to do."""
        return f"{self}; {self.hint}" if self.hint else str(self)


def ill(message: str, *, late: bool = False, wait: float | None = None) -> OriginError:
    """The place, or the way to it, is at fault."""
    return OriginError(message, again=True, ill=True, late=late, wait=wait)


def changed(what: str) -> OriginError:
    """The content is another one than it was."""
    return OriginError(f"changed while it was read ({what})", changed=True)


class ContentOrigin(Protocol):
    """One attempt a call, by one thread at a time; all of them raise OriginError.

    `name` is without secrets; `site` names what fails together with it, as a host.
    """

    name: str
    site: str

    def facts(self) -> Facts:
        """What it says of the content now."""

    def fetch(self, facts: Facts, start: int, stop: int | None) -> Iterator[bytes]:
        """The bytes from `start` to `stop`, or to the end, in pieces as they come; perhaps fewer, or more behind them.

        What it raises after some bytes speaks of those that are missing. They are of the content that `facts` speak of.
        """
