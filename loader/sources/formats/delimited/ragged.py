"""Rows with too few or too many fields, by `input.ragged`."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from loader.rows import Layout

Fields = list[Any]
"""The fields of rows: lists of texts, and None for one that a row does not have; tuples where all are even."""

REJECT = "reject"
PADDING = ("pad", "fit")
CUTTING = ("truncate", "fit")


def evened(ragged: str, layout: Layout, fields: Fields, bad: Container[int]) -> None:
    """Give all rows but the `bad` ones as many fields as `layout` has, as far as `ragged` allows: nulls at their end.

    Where lines end in a delimiter, the empty field behind it may be missing, too.
    """
    names = len(layout.names)
    end = [""] * layout.has_empty_end
    for index, row in enumerate(fields):
        if len(row) == layout.width == names or index in bad:
            continue
        if len(row) > names and ragged in CUTTING:
            row[names:] = end
        elif len(row) <= names and ragged in PADDING:
            row.extend([None] * (names - len(row)) + end)
