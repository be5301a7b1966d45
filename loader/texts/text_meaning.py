"""Meaning of texts in inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Literal

from loader.errors import UsageError
from loader.texts.number_spelling import plain_number, spelled
from loader.texts.time_zone import zone_of

Empty = Literal["auto", "text", "null", "quoted"]


@dataclass(frozen=True, slots=True)
class TextMeaning:
    """What texts of the inputs stand for.

    `null_words` mean null. An `empty` one is a text where a column can hold one, or null there, too; what cannot be
    empty is null in any case. With "quoted" those that are null are no texts any more. Numbers have `decimal` before
    their fraction, and `thousands`, "" for nothing, between groups of digits. Times without a zone are of `time_zone`.
    """

    null_words: tuple[str, ...] = ()
    empty: Empty = "auto"
    decimal: str = "."
    thousands: str = ""
    time_zone: str = "UTC"

    def nulls(self, *, empty: bool) -> frozenset[str | None]:
        """The fields of delimited rows that are null, `empty` ones or not; None is one that a row does not have."""
        return frozenset((*self.null_words, "", None) if empty else (*self.null_words, None))

    @property
    def plain_number(self) -> Callable[[str], str] | None:
        """What spells a number as programs do, None where all are; it raises ValueError for what is no number."""
        return plain_number(self.decimal, self.thousands)

    @property
    def zone(self) -> tzinfo | None:
        """The zone of times that say none, None for UTC. Raises UsageError where this machine does not know it."""
        found = zone_of(self.time_zone)
        if found is None:
            raise UsageError(f"input.time_zone: there is no {self.time_zone} on this machine; pip install tzdata")
        return None if found is UTC else found

    @property
    def spelled(self) -> str:
        """How numbers are spelled, as the end of a sentence."""
        return spelled(self.decimal, self.thousands)
