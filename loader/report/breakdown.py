"""Breakdown at the end of a run: failed rows by type with advice, totals, and the next command."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from loader.report.best_effort import BestEffortStream
from loader.report.comparison import comparison_lines
from loader.report.error_catalogue import what_to_do
from loader.report.final import Report, ReportedSample
from loader.report.left_out import left_out
from loader.report.safe_text import command_line, safe
from loader.sources.locations.names import STANDARD_INPUT

_TYPES = 30  # shown; the report has all of them
_WARNINGS = 10
_COLUMNS = 10
_TEXT = 1000  # characters of an error, in its own words, or of a hint
_PATH = 4096  # characters of a path: it is there to be copied


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do after a load: a command, after what a person has to do `first`, if anything. Either may be empty."""

    command: Sequence[str] = ()
    first: str = ""

    def __str__(self) -> str:
        """The step on one line, safe to be shown."""
        return ", then: ".join(filter(None, [safe(self.first, _PATH), command_line(self.command)]))


@dataclass(frozen=True, slots=True)
class Entry:
    """One type of error as shown; all texts are safe. `first` is the `file:line` of a row, "" if none is known."""

    error_type: str
    rows: str
    share: str  # of the rows read
    first: str
    error: str
    hint: str


def show_breakdown(
    report: Report,
    next_step: NextStep | None,
    out: TextIO | None,
    *,
    rich: bool,
    told: Collection[str] | None = None,
) -> None:
    """Write the breakdown to `out`; `rich` says that it is a terminal that shows tables and colours.

    `told` are warnings that a screen showed while the run went on, and which are not repeated; None: there was none.
    The facts are the same either way. Never raises for a stream that went away.
    """
    stream = BestEffortStream(out)
    if report.by_type:
        (_table if rich else _plain)(report, stream)
    for line in _lines(report, next_step, told):
        stream.line(line)


def _plain(report: Report, out: BestEffortStream) -> None:
    out.line("failed rows by type:")
    for entry in _entries(report):
        sample = f"  {entry.first}: {entry.error}" if entry.first else ""
        out.line(f"  {entry.error_type}  {entry.rows}  {entry.share}{sample}")
        out.line(f"      {entry.hint}")


def _table(report: Report, out: BestEffortStream) -> None:
    from loader.report.drawing import is_narrow, table, terminal_console

    console = terminal_console(out)
    if is_narrow(console):
        _plain(report, out)
    else:
        console.print(table(_entries(report)))


def _entries(report: Report) -> Iterator[Entry]:
    for error_type, rows in list(report.by_type.items())[:_TYPES]:
        samples = report.samples.get(error_type, ())
        first = samples[0] if samples else ReportedSample("", 0, "")
        yield Entry(
            safe(error_type),
            f"{rows:,}",
            _share(rows, report.read),
            f"{safe(first.source, 80)}:{first.line}" if samples else "",
            safe(first.error, _TEXT),
            what_to_do(error_type),
        )


def _share(rows: int, read: int) -> str:
    if read == 0:
        return ""
    return f"{rows / read:.2%}" if rows / read >= 0.0001 else "<0.01%"


def _lines(report: Report, next_step: NextStep | None, told: Collection[str] | None) -> Iterator[str]:
    if len(report.by_type) > _TYPES:
        yield f"and {len(report.by_type) - _TYPES:,} more types, in the report"
    yield from _columns(report)
    yield _law(report)
    if not report.adds_up:
        yield "these counts do not add up, which is a defect of loader: please report it with the run.log of this run"
    yield from _untouched(report)
    if report.comparison is not None:
        yield from comparison_lines(report.comparison)
    yield from _sent_again(report)
    if report.mended:
        rows = "row" if report.mended == 1 else "rows"
        rows += " would be" if report.dry_run else " was" if report.mended == 1 else " were"
        letters = "" if report.dlq is None else "; letters have them whole"
        yield f"mended: {report.mended:,} {rows} delivered without values that do not fit{letters}"
    yield from left_out(report)
    if len(report.by_target) > 1:
        yield "delivered by target: " + ", ".join(f"{safe(name)} {rows:,}" for name, rows in report.by_target.items())
    yield from _stop(report)
    yield from _warnings(report, told)
    if report.dlq is not None:
        yield f"dead letters: {safe(report.dlq, _PATH)}"
    if next_step is not None:
        again = " (feed it the same input from the start)" if STANDARD_INPUT in next_step.command else ""
        yield f"next{again}: {next_step}"


def _columns(report: Report) -> Iterator[str]:
    if report.by_column:
        shown = [f"{safe(name, 80)} {rows:,}" for name, rows in list(report.by_column.items())[:_COLUMNS]]
        more = f", and {len(report.by_column) - _COLUMNS:,} more" if len(report.by_column) > _COLUMNS else ""
        yield f"rows that do not fit, by column: {', '.join(shown)}{more}"


def _law(report: Report) -> str:
    pace = f"({report.elapsed_seconds:,.1f} s, {report.rows_per_second:,.0f} rows/s)"
    failed = f"rejected {report.rejected:,}"
    if report.dry_run:
        dry = "dry run" if report.status == "complete" else f"dry run {report.status}"
        return f"{dry}: read {report.read:,} = would deliver {report.would_deliver or 0:,} + {failed} {pace}"
    status = "failed by a defect" if report.status == "failed" else report.status
    law = f"read {report.read:,} = delivered {report.delivered:,} + {failed} + unknown {report.unknown:,}"
    return f"{status}: {law} {pace}"


def _untouched(report: Report) -> Iterator[str]:
    if report.untouched:
        rows = report.read + report.untouched
        yield f"rows in the input {rows:,} = read {report.read:,} + untouched {report.untouched:,}"
    elif report.untouched is None and report.status != "complete":
        yield _uncounted(report)
    for left in report.unread[:_TYPES]:
        stop = "its end" if left.stop is None else f"{left.stop:,}"
        yield f"unread: {safe(left.input, _PATH)}, bytes {left.start:,} to {stop}"
    if len(report.unread) > _TYPES:
        yield f"unread: {len(report.unread) - _TYPES:,} more inputs, in the report"
    if report.handed_back_in_doubt:
        count = report.handed_back_in_doubt
        yield f"in doubt: {count:,} of the untouched rows {'was' if count == 1 else 'were'} sent and not answered"


def _sent_again(report: Report) -> Iterator[str]:
    if report.sent_again_in_doubt:
        count = report.sent_again_in_doubt
        yield f"sent again after an attempt that may have arrived: {count:,} row{'s' * (count != 1)}"
        for meaning in report.sent_again_means:
            yield f"  what that may mean: {safe(meaning, _TEXT)}"


def _uncounted(report: Report) -> str:
    """Of rows whose number is not known: why, and what can be said."""
    if report.untouched_about is not None:
        return f"untouched: about {report.untouched_about:,} rows, by the size of what was not read"
    return "untouched: not known, for what was not read of the input was not counted"


def _stop(report: Report) -> Iterator[str]:
    if report.reason is not None:
        yield f"stopped because: {safe(report.reason, _TEXT)}"
    if report.hint is not None:
        yield f"what to do: {safe(report.hint, _TEXT)}"
    if report.parked_until is not None:
        yield f"parked until {safe(report.parked_until)}"


def _warnings(report: Report, told: Collection[str] | None) -> Iterator[str]:
    if count := report.partial_answers:
        yield f"warning: {count:,} answer{'s' * (count != 1)} accepted some rows of a request and refused others"
    if report.worst_minute is not None and told is None:
        yield f"warning: up to {report.worst_minute:.1%} of the rows of a minute failed"
    news = [warning for warning in report.warnings if warning not in (told or ())]
    for warning in news[:_WARNINGS]:
        yield f"warning: {safe(warning, _TEXT)}"
    if len(news) > _WARNINGS:
        yield f"and {len(news) - _WARNINGS:,} more warnings, in the report"
