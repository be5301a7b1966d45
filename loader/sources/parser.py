"""Parser protocol: chunks to rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from loader.outcomes import Skip
from loader.rows import BadRow, Chunk, Rows


@dataclass(frozen=True, slots=True)
class Group:
    """Readable rows of a chunk that go the same way. `target` is the one their dead letters name, "" the run's own."""

    rows: Rows
    target: str = ""


class Skipped(NamedTuple):
    """A dead letter that a replay leaves out."""

    ordinal: int
    why: Skip


@dataclass(frozen=True, slots=True)
class Parsed:
    """All rows of one chunk but those that it leaves out: each ordinal stands in exactly one of the three.

    `skipped` are dead letters that a replay leaves out; they are no rows of its input. `strays` are the
    ordinals and lines of readable rows with quotes that may have been meant otherwise than they were read: as text.
    """

    groups: tuple[Group, ...]
    bad: tuple[BadRow, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    strays: Sequence[tuple[int, int]] = ()

    def but(self, left_out: bytes, first: int) -> Parsed:
        """Without the rows that a chunk leaves out; `first` is the ordinal of its first row."""
        if not left_out:
            return self
        groups = (Group(_meant(group.rows, left_out, first), group.target) for group in self.groups)
        return Parsed(
            tuple(group for group in groups if len(group.rows)),
            tuple(bad for bad in self.bad if not left_out[bad.ordinal - first]),
            self.skipped,
            [stray for stray in self.strays if not left_out[stray[0] - first]],
        )


def _meant(rows: Rows, left_out: bytes, first: int) -> Rows:
    return rows.where([not left_out[ordinal - first] for ordinal in rows.ordinals])


class Parser(Protocol):
    """Turns the chunks of one source into rows. Pure: any thread, any order, the same answer."""

    def parse(self, chunk: Chunk) -> Parsed:
        """The rows of `chunk`; never raises for what stands in it."""
