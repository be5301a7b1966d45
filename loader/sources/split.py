"""Separation of readable rows from bad ones."""

from __future__ import annotations

from collections.abc import Mapping

from loader.rows import BadRow, Rows
from loader.sources.parser import Group, Parsed

Fault = tuple[str, str]
"""Why a row cannot be read: its error type and a sentence."""


def split_off(rows: Rows, bad: Mapping[int, Fault]) -> Parsed:
    """`rows` without the bad ones, which are given by index."""
    good = bytearray(b"\1") * len(rows)
    for index in bad:
        good[index] = 0
    groups = (Group(rows.where(good)),) if any(good) else ()
    return Parsed(groups, tuple(_bad_row(rows, index, bad[index]) for index in sorted(bad)))


def _bad_row(rows: Rows, index: int, fault: Fault) -> BadRow:
    raw = rows.raw[index]
    return BadRow(rows.ordinals[index], rows.lines[index], rows.offsets[index], raw, len(raw), *fault)
