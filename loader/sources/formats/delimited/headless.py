"""Delimited files without a header, whose first row would be taken for the names of the fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from shlex import quote

_KINDS = (
    ("a number", re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?")),
    ("a date", re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?")),
    ("a UUID", re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")),
)
_YEAR = re.compile(r"(?:1[5-9]|2[01])\d\d")
_FEWEST = 3  # columns that are named by counting: two numbers may as well be an edge of a graph, or a row of flags
_SHOWN = 60  # characters of a value
_TYPED = 200  # characters of names that a message repeats


def begins_like_data(names: Sequence[str]) -> bool:
    """Whether the first name of a header is a value, and the names are none that a program makes by counting."""
    return bool(names) and kind_of(names[0]) is not None and not (_are_counted(names) or are_years(names[1:]))


def missing_header(names: Sequence[str], row: Sequence[str]) -> str | None:
    """Why a header that begins like data is hardly one, and what to do; None unless `row`, the next, begins alike."""
    kind = kind_of(names[0])
    if kind is None or not row or kind_of(row[0]) != kind:
        return None
    found = f"the header would be {_shown(names)}, and {kind} comes first in the next row, too: {row[0][:_SHOWN]!r}"
    flags = f"--no-header --columns {_letters(len(names))}"
    return f"{found}; if the file has no header: {flags} (names of yours); if it has one: {_keeping(names)}"


def kind_of(text: str) -> str | None:
    """What kind of value a text is; None for any other, as names are."""
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(text.strip())), None)


def _are_counted(names: Sequence[str]) -> bool:
    """Whether the names are 0, 1, 2, ..., as programs call columns that have none."""
    return len(names) >= _FEWEST and list(names) == list(map(str, range(len(names))))


def are_years(names: Sequence[str]) -> bool:
    """Whether the names are years at even distances, each a column of a wide table."""
    if len(names) < _FEWEST or not all(map(_YEAR.fullmatch, names)):
        return False
    return len({int(later) - int(earlier) for earlier, later in pairwise(names)}) == 1


def _shown(names: Sequence[str]) -> str:
    return " and ".join(repr(name[:_SHOWN]) for name in names[:2]) + (" ..." if len(names) > 2 else "")


def _letters(count: int) -> str:
    letters = "abcde"
    return ",".join(letters[:count]) + (",..." if count > len(letters) else "")


def _keeping(names: Sequence[str]) -> str:
    """What makes the names of the header those of the columns."""
    typed = ",".join(names)
    plain = all(name.isprintable() and "," not in name and name == name.strip() for name in names)
    return f"--columns {quote(typed)}" if plain and len(typed) <= _TYPED else "its names as input.columns in the config"
