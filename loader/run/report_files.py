"""Report files of a run, and what it means where they cannot be written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from loader.exit_codes import ExitCode, gravest
from loader.report.final import Report, write_report
from loader.shortage import HINT, reason_of, shortage_behind


def written(report: Report, *paths: Path | None) -> Report:
    """The report as it was written: a run whose report cannot be written did not end well."""
    for path in filter(None, paths):
        try:
            write_report(report, path)
        except OSError as error:
            mend = "make room or mend the path" if shortage_behind(error) is None else HINT
            hint = f"all rows are settled; {mend}, then resume to have the report"
            report = with_failure(report, f"{path}: the report cannot be written: {reason_of(error)}", hint)
    return report


def with_failure(report: Report, reason: str, hint: str) -> Report:
    """The report of a run that did not end well, as what it had to say could not be written."""
    code = gravest((ExitCode(report.exit_code), ExitCode.STOPPED))
    if report.status != "complete":
        return replace(report, exit_code=int(code), warnings=(*report.warnings, reason))
    return replace(report, status="stopped", exit_code=int(code), reason=reason, hint=hint)
