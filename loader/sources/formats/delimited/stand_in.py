"""Stand-ins for delimiters of several characters, which the csv module does not know."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

_FOR_PRIVATE_USE = (range(0x1F, 0x1B, -1), range(0xE000, 0xF900), range(0xF0000, 0x10FFFE))


def stand_in_for(texts: Iterable[str]) -> str:
    """A character that is in none of `texts`."""
    text = "".join(texts)
    return next(each for each in map(chr, chain.from_iterable(_FOR_PRIVATE_USE)) if each not in text)


def put_back(delimiter: str, stand_in: str, fields: list[str]) -> list[str]:
    """Fields with the delimiter where it is text."""
    return [field.replace(stand_in, delimiter) if stand_in in field else field for field in fields]
