"""Where reading begins."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row may begin: a byte offset into an input, on a physical line counted from 1."""

    offset: int
    line: int


@dataclass(frozen=True, slots=True)
class Start:
    """The first chunk that is read: of the input with the index `source`, at `place`, or first in it if that is None.

    `number` and `ordinal` are those of the chunk and of its first row, over all inputs; those before it are not read.
    `chosen` is how many of the rows before it were not left out.
    """

    source: int = 0
    number: int = 0
    ordinal: int = 0
    place: Place | None = None
    chosen: int = 0
