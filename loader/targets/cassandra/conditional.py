"""Answers to lightweight transactions: applied or not (CQL reference, "INSERT", IF)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from loader.mapping.cql.cells import Cell, cells
from loader.outcomes import Cause, Ending
from loader.targets.cassandra.error_types import NOT_APPLIED

_SHOWN = 500  # characters of the row that stood there
_PROTOCOL = 4


def judge(answer: Any, names: Sequence[str | None], values: bytes) -> Cause | None:
    """Why the row was not accepted: None if it was applied, or if what stands there has all of its values.

    `names` are those of the columns whose values the markers take, in order, None for other values; `values` are what
    the markers were bound to. A repetition of what was applied before finds its own row, and that is a delivery. A
    batch that was not applied may find several rows, of which nobody can tell whose values they should have.
    """
    first, *others = answer.parsed_rows
    found = dict(zip(answer.column_names, first, strict=True))
    if found.pop("[applied]"):
        return None
    if others:
        rows = (dict(zip(answer.column_names, row, strict=True)) for row in answer.parsed_rows)
        return _not_applied("; ".join(map(_shown, rows)))
    types = dict(zip(answer.column_names, answer.column_types, strict=True))
    ours = {name: cell for name, cell in zip(names, cells(values), strict=False) if cell is not msgspec.UNSET}
    if found and all(name in found and _decoded(types[name], cell) == found[name] for name, cell in ours.items()):
        return None
    return _not_applied(_shown(found) or "no row")


def _not_applied(there: str) -> Cause:
    text = f"not applied; there stands {there[:_SHOWN]}"
    return Cause(NOT_APPLIED.name, text, Ending.REFUSED, hint=NOT_APPLIED.what_to_do)


def _shown(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {value!r}" for name, value in row.items() if name != "[applied]")


def _decoded(cass_type: Any, cell: Cell) -> Any:
    return None if cell is None else cass_type.from_binary(cell, _PROTOCOL)
