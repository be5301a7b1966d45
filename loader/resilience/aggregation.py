"""Error aggregation: counts and first samples by type, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from loader.error_types import NEVER, ErrorType

OTHER_TYPES = ErrorType(
    "other",
    NEVER,
    "in a report alone: all errors past the first 200 pairs of type and status",
    "errors of too many kinds to count each: loader dlq stats",
)
OTHER = OTHER_TYPES.name
"""The error type under which everything past `MAX_KINDS` is counted."""

MAX_KINDS = 200
"""How many pairs of error type and status are told apart."""

MAX_SAMPLE_CHARACTERS = 1000
"""How much of an error's text a sample keeps."""


class Sample(msgspec.Struct, frozen=True, gc=False):
    """One failed row: its source, the 1-based physical line on which it begins, and the raw error text, cut if long."""

    source: str
    line: int
    error: str


class ErrorTotals:
    """Failed rows counted by error type and by (error type, status), with the first `samples` rows of each type; and by
    the columns that did not fit.

    Memory is bounded by `MAX_KINDS` pairs, and as many columns. A further pair is counted, and sampled, under (`OTHER`,
    None), a further column under `OTHER`; no row goes uncounted. Texts are raw: who shows them makes them safe.
    """

    def __init__(self, samples: int) -> None:
        self._limit = samples
        self._counts: dict[tuple[str, int | None], int] = {}
        self._samples: dict[str, list[Sample]] = {}
        self._columns: dict[str, int] = {}

    @property
    def total(self) -> int:
        """All rows added."""
        return sum(self._counts.values())

    def add(self, error_type: str, status: int | None, samples: Iterable[Sample], rows: int) -> None:
        """Count `rows` failed rows of one kind; of `samples`, the first of them, no more are taken than are kept."""
        kept = self._samples[self._count(error_type, status, rows)]
        kept.extend(map(_cut, islice(samples, max(0, self._limit - len(kept)))))

    def add_columns(self, columns: Iterable[str], rows: int = 1) -> None:
        """Count rows for each of the columns in which they did not fit."""
        for column in columns:
            name = column if column in self._columns or len(self._columns) < MAX_KINDS else OTHER
            self._columns[name] = self._columns.get(name, 0) + rows

    def by_type(self) -> dict[str, int]:
        """Rows by error type, the most frequent first, those of equal count by name."""
        counts: dict[str, int] = {}
        for (error_type, _), rows in self._counts.items():
            counts[error_type] = counts.get(error_type, 0) + rows
        return _most_frequent_first(counts)

    def by_column(self) -> dict[str, int]:
        """Rows by column that did not fit, in the same order; a row counts for each of its columns."""
        return _most_frequent_first(self._columns)

    def by_status(self) -> dict[tuple[str, int | None], int]:
        """Rows by (error type, status), in the order in which the kinds were first seen."""
        return dict(self._counts)

    def samples(self) -> dict[str, tuple[Sample, ...]]:
        """The first rows of each error type, in the order of `by_type`."""
        return {error_type: tuple(self._samples[error_type]) for error_type in self.by_type()}

    def to_data(self) -> dict[str, Any]:
        """Plain JSON data for the checkpoint; `from_data` reads it back."""
        counts = [[error_type, status, rows] for (error_type, status), rows in self._counts.items()]
        return {"counts": counts, "samples": msgspec.to_builtins(self._samples), "columns": dict(self._columns)}

    @classmethod
    def from_data(cls, samples: int, data: Mapping[str, Any]) -> ErrorTotals:
        """Totals as `to_data` gave them. Raises `msgspec.ValidationError` for anything else."""
        saved = msgspec.convert(data, _Saved)
        totals = cls(samples)
        for error_type, status, rows in saved.counts:
            totals._count(error_type, status, rows)
        totals._samples.update(saved.samples)
        totals._columns.update(saved.columns)
        return totals

    def _count(self, error_type: str, status: int | None, rows: int) -> str:
        """Count a kind; return the error type under which it was counted."""
        kind = (error_type, status)
        if kind not in self._counts and len(self._counts) >= MAX_KINDS:
            kind = (OTHER, None)
        self._counts[kind] = self._counts.get(kind, 0) + rows
        self._samples.setdefault(kind[0], [])
        return kind[0]


@dataclass(frozen=True, slots=True)
class _Saved:
    counts: list[tuple[str, int | None, int]]
    samples: dict[str, list[Sample]]
    columns: dict[str, int]


def _most_frequent_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _cut(sample: Sample) -> Sample:
    if len(sample.error) <= MAX_SAMPLE_CHARACTERS:
        return sample
    return Sample(sample.source, sample.line, sample.error[: MAX_SAMPLE_CHARACTERS - 1] + "…")
