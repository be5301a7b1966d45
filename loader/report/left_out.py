"""What a load left out of its inputs, or a replay of its queue, and why, in words."""

from __future__ import annotations

from collections.abc import Iterator

from loader.outcomes import LEFT_OUT, Skip
from loader.report.final import Report

_REASONS = {
    Skip.FILTERED: "that the filters of this replay leave out",
    Skip.SETTLED: "that an earlier replay settled (--all takes them again)",
    Skip.MAY_HAVE_ARRIVED: "of rows that may have arrived where no row may be sent twice"
    " (look there first, then --class unknown)",
    Skip.MENDED: "of rows that were delivered without some of their values (--class mended takes them)",
    Skip.BEFORE: "at the beginning (--skip)",
    Skip.SAMPLE: "that are not in the sample (--sample)",
    Skip.WHERE: "for which --where does not hold",
}
_OF_ROWS = frozenset(LEFT_OUT)


def left_out(report: Report) -> Iterator[str]:
    """Sentences on what is no row of the input; where nothing else was there, that comes first."""
    if not report.skipped:
        return
    rows = not _OF_ROWS.isdisjoint(report.skipped_because)
    counted = f"{report.skipped:,} {'row' if rows else 'letter'}{'s' * (report.skipped != 1)}"
    if not report.read and report.status == "complete":
        done = "loaded" if rows else "replayed"
        yield f"nothing was {done}: of {counted} none is to be sent"
    because = [
        f"{report.skipped_because[why]:,} {text}" for why, text in _REASONS.items() if why in report.skipped_because
    ]
    yield f"skipped {counted}: {'; '.join(because)}"
