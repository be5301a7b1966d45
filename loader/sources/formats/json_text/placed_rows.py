"""Rows with their places: where each begins in the text that holds them, and on which line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from loader.sources.text.edges import count_line_ends


class PlacedRows(NamedTuple):
    """Rows, where each begins in their text, and how many lines end before it there."""

    rows: Sequence[bytes]
    starts: Sequence[int]
    lines: Sequence[int]


def placed(data: bytes, rows: Sequence[bytes]) -> PlacedRows:
    """The places of `rows`, which is all that is in `data`, in order, but for commas and space; the first begins it."""
    between = data[len(rows[0]) : data.find(rows[1], len(rows[0]))] if len(rows) > 1 else b""
    if between.join(rows) == data:
        starts = list(accumulate((len(row) + len(between) for row in rows[:-1]), initial=0))
        return PlacedRows(rows, starts, _regular_lines(data, between, starts))
    starts, at = [], 0
    for row in rows:  # nothing of what lies between could begin one
        at = data.find(row, at)
        starts.append(at)
        at += len(row)
    return PlacedRows(rows, starts, lines_of(data, starts))


def _regular_lines(data: bytes, between: bytes, starts: Sequence[int]) -> Sequence[int]:
    """The same as `lines_of`, where rows mostly are on a line each."""
    ends = count_line_ends(between)
    if count_line_ends(data) > ends * (len(starts) - 1):
        return lines_of(data, starts)
    return range(0, ends * len(starts), ends) if ends else [0] * len(starts)


def lines_of(data: bytes, starts: Sequence[int]) -> Sequence[int]:
    """How many lines end in `data` before each of `starts`."""
    if b"\r" in data:
        return list(accumulate((count_line_ends(data[a:b]) for a, b in pairwise(starts)), initial=0))
    count = data.count
    return list(accumulate((count(b"\n", a, b) for a, b in pairwise(starts)), initial=0))
