"""Where reading begins, and the order in which it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row may begin: a byte offset into an input, on a physical line counted from 1."""

    offset: int
    line: int


@dataclass(frozen=True, slots=True)
class Reread:
    """What an earlier visit has read of an input, which is read again up to its end and not handed on.

    It begins with the chunk `number`, whose first row has `ordinal`, and ends with the chunk `last`. `jumps` has, by
    its number, each chunk behind which the next one of this input is not the next of all: number and ordinal of that.
    """

    number: int
    ordinal: int
    last: int
    jumps: Mapping[int, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Visit:
    """One stretch of the reading: of the input with the index `source`, from `place` on, else from its first row on.

    An input that is out of reach is left, and visited again by the next part, behind all others. `again` is what was
    read of it by then. `until` is the number of the chunk with which the next visit begins, if this one was left; else
    it goes to the end of the input.
    """

    source: int
    place: Place | None = None
    again: Reread | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """The first chunk that is read: of the input with the index `source`, at `place`, or first in it if that is None.

    `number` and `ordinal` are those of the chunk and of its first row, over all inputs; those before it are not read.
    `chosen` is how many of the rows before it were not left out. `visits` are all of this part, the first one too,
    where inputs were left; else they follow each other.
    """

    source: int = 0
    number: int = 0
    ordinal: int = 0
    place: Place | None = None
    chosen: int = 0
    visits: tuple[Visit, ...] = ()
