"""Patterns of strptime, one or several in order, by which `mapping.types` says how times are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain, product

from loader.config.mapping_types import FieldType

PATTERN = "a pattern of strptime"
"""What stands for all patterns among the types that a column can be read as."""

_DIRECTIVE = re.compile(r"%(.)", re.DOTALL)
_WITH_YEAR = frozenset("YyGcx")  # directives of strptime that say the year
_ZONES = ("UTC", "GMT")  # all that %Z takes: the others are what the machine calls its own zone


def patterns_of(kind: FieldType) -> tuple[str, ...]:
    """The patterns that a type of a field is, () for a word."""
    if isinstance(kind, tuple):
        return kind
    return (kind,) if "%" in kind else ()


def word_of(kind: FieldType) -> str:
    """A type of a field, all patterns being `PATTERN`."""
    return PATTERN if patterns_of(kind) else str(kind)


def says_year(pattern: str) -> bool:
    """Whether what a pattern reads says its year; else it would be 1900."""
    return not _WITH_YEAR.isdisjoint(_DIRECTIVE.findall(pattern))


def time_reader(kind: FieldType) -> Callable[[int | str], datetime]:
    """Reads texts, or whole numbers as they are spelled, as strptime does, by the first pattern that fits.

    But %Z takes UTC and GMT alone. It raises ValueError where none fits.
    """
    patterns = list(chain.from_iterable(map(_by_zone, patterns_of(kind))))

    def read(value: int | str) -> datetime:
        text = str(value) if type(value) is int else value
        for each in patterns[:-1]:
            try:
                return datetime.strptime(text, each)  # type: ignore[arg-type]
            except ValueError:
                continue
        return datetime.strptime(text, patterns[-1])  # type: ignore[arg-type]

    return read


def _by_zone(pattern: str) -> list[str]:
    """The pattern with each zone that it may name."""
    parts = _DIRECTIVE.split(pattern)  # texts and directives, in turns
    places = [at for at in range(1, len(parts), 2) if parts[at] == "Z"]
    return [_joined(parts, dict(zip(places, zones, strict=True))) for zones in product(_ZONES, repeat=len(places))]


def _joined(parts: Sequence[str], instead: dict[int, str]) -> str:
    """A pattern from its parts, some directives replaced by texts."""
    return "".join(instead.get(at, f"%{part}") if at % 2 else part for at, part in enumerate(parts))
