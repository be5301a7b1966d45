"""The end of a run on stderr: what failed by type and what to do about it, the law spelled out, the next command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TextIO

from loader.report.final import Report
from loader.report.hints import hint_for
from loader.report.safe_text import safe

_WORDS = {
    "complete": "complete",
    "stopped": "stopped",
    "parked": "parked",
    "interrupted": "interrupted",
    "failed": "failed by a defect",
}


def show_breakdown(report: Report, next_command: Sequence[str] | None, out: TextIO, *, rich: bool) -> None:
    """Write the breakdown to `out`; `rich` says that it is a terminal that shows tables and colours."""
    if report.by_type:
        (_table if rich else _plain)(report, out)
    for line in _lines(report, next_command):
        out.write(line + "\n")
    out.flush()


def _plain(report: Report, out: TextIO) -> None:
    out.write("failed rows by type:\n")
    for error_type, rows, share, sample, hint in _entries(report):
        out.write(f"  {error_type}  {rows}  {share}  {sample}\n      {hint}\n")


def _table(report: Report, out: TextIO) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title="failed rows by type", title_justify="left")
    for name, justify in (("type", "left"), ("rows", "right"), ("share", "right"), ("first sample", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    table.add_column("what to do")
    for entry in _entries(report):
        # Text, never str: nothing that came from a row or an answer is read as markup.
        table.add_row(*(Text(cell) for cell in entry))
    Console(file=out, markup=False, highlight=False).print(table)


def _entries(report: Report) -> Iterator[tuple[str, str, str, str, str]]:
    for error_type, rows in report.by_type.items():
        samples = report.samples.get(error_type, ())
        first = samples[0] if samples else None
        sample = "" if first is None else f"{safe(first.source, 80)}:{first.line}: {safe(first.error, 120)}"
        share = f"{rows / report.read:.2%}" if report.read else ""
        yield safe(error_type), f"{rows:,}", share, sample, hint_for(error_type)


def _lines(report: Report, next_command: Sequence[str] | None) -> Iterator[str]:
    if report.dry_run:
        yield f"dry run: read {report.read:,} = would deliver {report.would_deliver:,} + rejected {report.rejected:,}"
    else:
        yield _law(report)
    if report.untouched:
        yield f"untouched {report.untouched:,} (in doubt: {report.handed_back_in_doubt:,})"
    elif report.untouched is None and report.status != "complete":
        yield "untouched: the rest of a stream cannot be counted"
    if report.skipped:
        yield f"skipped {report.skipped:,} letters that this replay leaves out"
    if len(report.by_target) > 1:
        yield "delivered by target: " + ", ".join(f"{safe(name)} {rows:,}" for name, rows in report.by_target.items())
    yield from _remarks(report)
    if report.dlq is not None:
        yield f"dead letters: {safe(report.dlq, 1000)}"
    if next_command is not None:
        yield f"next: {safe(shlex.join(next_command), 2000)}"


def _law(report: Report) -> str:
    law = (
        f"read {report.read:,} = delivered {report.delivered:,} + rejected {report.rejected:,}"
        f" + unknown {report.unknown:,}"
    )
    pace = f"{report.elapsed_seconds:,.1f} s, {report.rows_per_second:,.0f} rows/s"
    return f"{_WORDS[report.status]}: {law} ({pace})"


def _remarks(report: Report) -> Iterator[str]:
    if report.reason is not None:
        yield f"stopped because: {safe(report.reason, 500)}"
    if report.hint is not None:
        yield f"what to do: {safe(report.hint, 500)}"
    if report.parked_until is not None:
        yield f"parked until {report.parked_until}"
    if report.partial_answers:
        yield f"warning: {report.partial_answers:,} answers accepted some rows of a request and refused others"
    if report.worst_minute is not None:
        yield f"warning: up to {report.worst_minute:.1%} of the rows of a minute failed"
    for warning in report.warnings:
        yield f"warning: {safe(warning, 500)}"
