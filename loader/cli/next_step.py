"""What helps after a load: the command that goes on with it, or that delivers what did not get through."""

from __future__ import annotations

from collections.abc import Sequence

from loader.cli.talk import OutputOptions
from loader.report.breakdown import NextStep
from loader.report.final import Report
from loader.report.safe_text import command_line
from loader.run.plan import Plan
from loader.run.resuming.resume import NotResumableError, not_to_be_replayed
from loader.sources.error_types import REPEATED_HEADER, ROW_TOO_LARGE


def next_step(report: Report, talk: OutputOptions) -> NextStep | None:
    """What goes on with the load, or delivers its dead letters once it is through."""
    if report.dry_run:
        return None
    if report.status != "complete":
        return NextStep(_same_load(report.inputs, talk, talk.queue, "--resume"))
    if report.dlq is None or not report.rejected + report.unknown:
        return None
    if report.unreadable == report.rejected + report.unknown:
        return _mending(report, talk)
    if report.unknown and report.not_repeatable:
        return _looking(report, report.dlq, talk)
    return NextStep(["loader", "replay", report.dlq, *talk.again])


def ways_on(error: NotResumableError, plan: Plan, talk: OutputOptions) -> str:
    """Why a run is not resumed, and the commands that go on: with it, or without it."""
    run = error.run
    queue = ("--dlq", run.here(run.dlq)) if run.dlq and talk.queue else ()
    back = _same_load(plan.input_names, talk, queue, "--resume")
    anew = _same_load(plan.input_names, talk, talk.queue)
    again = f"which sends all rows again{not_to_be_replayed(plan, run)}"
    means = again if plan.replay is None else "of the letters that no replay has settled yet"
    return (
        f"{error}\n  to go on with it, put that back as it was, then: {command_line(back)}\n"
        f"  to give it up and start a new run, {means}: {command_line(anew)}"
    )


def _same_load(inputs: Sequence[str], talk: OutputOptions, queue: Sequence[str], *more: str) -> list[str]:
    return ["loader", talk.command, *inputs, *talk.again, *talk.reading, *queue, *talk.rest, *more]


def step_for_report(report: Report, talk: OutputOptions) -> NextStep | None:
    """What writes the report of a run that settled all of its input; no stream is read for it."""
    if talk.command != "push":
        return next_step(report, talk)
    return NextStep(["loader", "resume", report.run_id, *talk.again])


def _looking(report: Report, dlq: str, talk: OutputOptions) -> NextStep:
    """Rows that may have arrived where no row may be sent twice are sent when a person has looked, and says so."""
    replay = ["loader", "replay", dlq, *talk.again]
    look = f"look at {' and '.join(report.not_repeatable)} which of the {report.unknown:,} unknown rows arrived"
    others = f", while {command_line(replay)} delivers the others" if report.rejected > report.unreadable else ""
    return NextStep([*replay, "--class", "unknown"], f"{look} (loader dlq show {dlq} --class unknown){others}")


def _mending(report: Report, talk: OutputOptions) -> NextStep:
    """What helps where no row could be read: a replay of letters as they are would fail the same way for ever."""
    if set(report.by_type) == {ROW_TOO_LARGE.name}:
        return NextStep(
            first="cut these rows out of the input (letters hold only their beginning), and load them"
            " with a larger input.max_row_bytes"
        )
    if set(report.by_type) == {REPEATED_HEADER.name}:
        return NextStep(first="nothing needs to be loaded again: these are headers, and no rows")
    # What a replay could not read stays open in the queue it came from, where it can be mended as well.
    queues = report.inputs if talk.command == "replay" else [str(report.dlq)]
    return NextStep(
        ["loader", "replay", *queues, *talk.again],
        f"mend `raw` in the letters of {' '.join(queues)} (see loader dlq show)",
    )
