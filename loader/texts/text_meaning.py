"""Meaning of texts in inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from loader.texts.number_spelling import plain_number, spelled

Empty = Literal["auto", "text", "null"]


@dataclass(frozen=True, slots=True)
class TextMeaning:
    """What texts of the inputs stand for.

    `null_words` mean null. An `empty` one is a text where a column can hold one, or null there, too; what cannot be
    empty is null in any case. Numbers have `decimal` before their fraction, and `thousands`, "" for nothing, between
    groups of digits.
    """

    null_words: tuple[str, ...] = ()
    empty: Empty = "auto"
    decimal: str = "."
    thousands: str = ""

    def nulls(self, *, empty: bool) -> frozenset[str | None]:
        """The fields of delimited rows that are null, `empty` ones or not; None is one that a row does not have."""
        return frozenset((*self.null_words, "", None) if empty else (*self.null_words, None))

    @property
    def plain_number(self) -> Callable[[str], str] | None:
        """What spells a number as programs do, None where all are; it raises ValueError for what is no number."""
        return plain_number(self.decimal, self.thousands)

    @property
    def spelled(self) -> str:
        """How numbers are spelled, as the end of a sentence."""
        return spelled(self.decimal, self.thousands)
