"""The report of a run: what scripts read, and what the breakdown is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from loader.report.comparison import Comparison
from loader.report.destination import put_report
from loader.report.safe_text import safe_json


@dataclass(frozen=True, slots=True)
class ReportedSample:
    """One failed row: the first of its type, or among them."""

    source: str
    line: int
    error: str


@dataclass(frozen=True, slots=True)
class Unread:
    """Bytes of an input that was out of reach: those of its content from `start` to `stop`, None: to its end."""

    input: str
    start: int
    stop: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """How a load ended, over all its parts: read = delivered + rejected + unknown.

    `sent_again_in_doubt` rows went to their target again after an attempt that may have arrived; `sent_again_means`
    tells what that may mean there, a sentence for each target.

    `untouched` is None where the rest of the input was not counted (streams, and files so large that it takes longer
    than a stop may last: of those `untouched_about` says how many by their size). Times are seconds; `parked_until` is
    UTC in ISO 8601. `would_deliver` is set for dry runs alone, where it takes the place of `delivered`; `comparison`
    for rehearsals that ran to the end. Texts hold no secrets: who builds the report masks them.
    """

    run_id: str
    status: str  # "complete" | "stopped" | "parked" | "interrupted" | "failed"
    read: int
    delivered: int
    rejected: int
    unknown: int
    untouched: int | None
    handed_back_in_doubt: int
    elapsed_seconds: float
    rows_per_second: float
    by_type: Mapping[str, int]
    samples: Mapping[str, tuple[ReportedSample, ...]]
    dlq: str | None
    exit_code: int
    by_column: Mapping[str, int] = field(default_factory=dict)  # rows that did not fit, once for each of such columns
    by_status: Mapping[str, int] = field(default_factory=dict)
    by_target: Mapping[str, int] = field(default_factory=dict)
    not_repeatable: tuple[str, ...] = ()  # targets that may not be sent a row twice, where rows are unknown
    unreadable: int = 0  # of the rejected rows, those that could not be read
    untouched_about: int | None = None
    unread: tuple[Unread, ...] = ()  # what was left as it was out of reach; its rows are untouched
    mended: int = 0  # rows delivered without values that do not fit, which letters of the class "mended" hold whole
    skipped: int = 0  # rows that are not chosen, or letters of a queue: no rows of the input
    skipped_because: Mapping[str, int] = field(default_factory=dict)  # the values of `Skip`
    sent_again_in_doubt: int = 0
    sent_again_means: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    target: str = ""
    reason: str | None = None
    hint: str | None = None
    parked_until: str | None = None
    retries: int = 0
    splits: int = 0
    partial_answers: int = 0
    breaker_openings: int = 0
    throttled_seconds: float = 0.0
    failed_over: int = 0
    worst_minute: float | None = None  # the highest share of failed rows in a minute, where it was over the limit
    warnings: tuple[str, ...] = ()
    dry_run: bool = False
    would_deliver: int | None = None
    comparison: Comparison | None = None
    version: str = ""

    @property
    def adds_up(self) -> bool:
        """Whether the law of rows holds for these counts; where it does not, the program has a defect."""
        return self.read == self.delivered + (self.would_deliver or 0) + self.rejected + self.unknown

    def to_json(self) -> bytes:
        """The report as indented JSON; what speaks of dry runs or rehearsals stands in theirs alone."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        if not self.dry_run:
            del data["dry_run"], data["would_deliver"]
        if self.comparison is None:
            del data["comparison"]
        return safe_json(data, indent=2) + b"\n"


def write_report(report: Report, path: Path) -> None:
    """Write the report to a file, 0600, whole or not at all, or to a stream. Raises OSError."""
    put_report(report.to_json(), path)
