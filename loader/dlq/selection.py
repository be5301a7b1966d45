"""Filters of dead letters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from loader.dlq.letter import DeadLetter, epoch
from loader.error_types import LetterClass


def _always(_target: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Selection:
    """A filter over letters; an empty set lets everything pass. `since` is in seconds since the epoch.

    `sources` are paths or the last parts of paths, as `is_of` compares them.

    `settled` takes letters again that an earlier replay settled. `repeatable` says whether a target may be sent again
    what may have arrived there: if not, unknown letters need `classes` to name them, as letters of mended rows do
    unless `mended` lets them pass.
    """

    classes: frozenset[str] = frozenset()
    error_types: frozenset[str] = frozenset()
    statuses: frozenset[int] = frozenset()
    sources: frozenset[str] = frozenset()
    since: float | None = None
    settled: bool = False
    repeatable: Callable[[str], bool] = field(default=_always)
    mended: bool = True

    def takes(self, letter: DeadLetter) -> bool:
        """Whether the letter is meant."""
        return self.matches(letter) and self.may_go(letter) and not self.is_delivered(letter)

    def matches(self, letter: DeadLetter) -> bool:
        """Whether all filters let the letter pass."""
        return (
            _in(self.classes, letter.letter_class)
            and _in(self.error_types, letter.error_type)
            and _in(self.statuses, letter.status)
            and _is_of_any(self.sources, letter.source)
            and (self.since is None or epoch(letter.timestamp) >= self.since)
        )

    def is_delivered(self, letter: DeadLetter) -> bool:
        """Whether the row of the letter was delivered, if without some of its values, and is not asked for."""
        return letter.letter_class is LetterClass.MENDED and not self.mended and LetterClass.MENDED not in self.classes

    def may_go(self, letter: DeadLetter) -> bool:
        """Whether the row of the letter may be sent, which it is not where it may have arrived and must not twice."""
        unknown = letter.letter_class is LetterClass.UNKNOWN
        return not unknown or LetterClass.UNKNOWN in self.classes or self.repeatable(letter.target or "")


def is_of(source: str, wanted: str) -> bool:
    """Whether `wanted` is the path of a source, or the last parts of it; with "./" before it, the whole of it."""
    path = source.removeprefix("./")
    return path == wanted.removeprefix("./") or path.endswith(f"/{wanted}")


def _is_of_any(chosen: frozenset[str], source: str | None) -> bool:
    return not chosen or (source is not None and any(is_of(source, each) for each in chosen))


def _in(chosen: frozenset[str] | frozenset[int], value: object) -> bool:
    return not chosen or value in chosen
