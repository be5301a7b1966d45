"""What a replay left out of its queue, and why, in words."""

from __future__ import annotations

from collections.abc import Iterator

from loader.outcomes import Skip
from loader.report.final import Report

_REASONS = {
    Skip.FILTERED: "that the filters of this replay leave out",
    Skip.SETTLED: "that an earlier replay settled (--all takes them again)",
    Skip.MAY_HAVE_ARRIVED: "of rows that may have arrived where no row may be sent twice"
    " (look there first, then --class unknown)",
}


def left_out(report: Report) -> Iterator[str]:
    """Sentences on the letters that are no rows of the input; where nothing else was there, that comes first."""
    if not report.skipped:
        return
    if not report.read and report.status == "complete":
        yield f"nothing was replayed: of {_letters(report.skipped)} none is to be sent"
    because = [
        f"{report.skipped_because[why]:,} {text}" for why, text in _REASONS.items() if why in report.skipped_because
    ]
    yield f"skipped {_letters(report.skipped)}: {'; '.join(because)}"


def _letters(count: int) -> str:
    return f"{count:,} letter{'s' * (count != 1)}"
