"""What push and replay have in common once their plan stands."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from loader.checkpoint.folder import Manifest
from loader.cli.planning import with_warning
from loader.clock import SystemClock
from loader.engine.load import run_load
from loader.engine.plan import Plan
from loader.engine.resuming import newest_run, report_of_finished, resumed
from loader.errors import UsageError
from loader.report.breakdown import NextStep, show_breakdown
from loader.report.exit import ExitCode, gravest
from loader.report.final import Report, check_report_path, put_report, write_report
from loader.report.outlet import Outlet
from loader.report.output import ReaderGoneError, say, show_bytes
from loader.report.screen import LiveScreen, PlainScreen, Screen, SilentScreen, is_terminal
from loader.targets.dry_run import DryRun


@dataclass(frozen=True, slots=True)
class Talk:
    """How much is said, where the report goes, and the options that a next command must repeat."""

    command: str  # "push" | "replay"
    quiet: bool
    report_json: Path | None
    again: tuple[str, ...]
    rest: tuple[str, ...] = ()  # options that only the same command must repeat


def load_and_report(plan: Plan, talk: Talk, *, resume: bool, run: Manifest | None = None) -> int:
    """Run the plan, or go on with `run`, else the newest like it; show how it ended; returns the exit code."""
    if talk.report_json is not None:
        check_report(talk.report_json)
    if plan.dry_run:
        return _load(plan, talk)
    run = run or (newest_run(plan) if resume else None)
    if run is None:
        return _load(with_warning(plan), talk)
    report = report_of_finished(plan, run)
    if report is not None:
        plan.inputs.close()
        return _tell_again(report, talk)
    return _load(resumed(plan, run), talk)


def _load(plan: Plan, talk: Talk) -> int:
    if plan.dry_run:
        report = written(_dry_run(plan, talk), talk.report_json)
    else:
        report = run_load(plan, screen_of(plan, talk))
        report = written(report, Path(plan.config.checkpoint.dir) / report.run_id / "report.json", talk.report_json)
    return tell_end(report, _next_step(report, plan, talk), talk)


def _dry_run(plan: Plan, talk: Talk) -> Report:
    """Whoever reads the requests may go away, as `| head` does, and the dry run goes on."""
    failures: list[OSError] = []

    def show_request(text: str) -> None:
        outlet = Outlet(sys.stdout)  # as it is now: a live screen leads it past its moving lines
        outlet.line(text + "\n")
        failures.extend(filter(None, (outlet.lost,)))

    report = run_load(plan, screen_of(plan, talk), partial(DryRun, show=show_request))
    if not failures or isinstance(failures[0], ReaderGoneError):
        return report
    return _unwritten(report, str(failures[0]), "nothing was sent; make room, or lead standard output elsewhere")


def tell_end(report: Report, next_step: NextStep | None, talk: Talk) -> int:
    """Show how a load ended; returns its exit code."""
    if not (talk.quiet and report.exit_code == ExitCode.OK):
        show_breakdown(report, next_step, sys.stderr, rich=is_terminal(sys.stderr))
    return report.exit_code


def _tell_again(report: bytes, talk: Talk) -> int:
    """Print the report of a finished run, so that a supervisor may loop on --resume; returns its exit code."""
    show_bytes(report)
    if talk.report_json is not None:
        try:
            put_report(report, talk.report_json)
        except OSError as error:
            say(f"Error: the report cannot be written to {talk.report_json}: {_reason(error)}")
            return ExitCode.STOPPED
    return int(json.loads(report)["exit_code"])


def screen_of(plan: Plan, talk: Talk) -> Screen:
    """Where the load is shown while it goes on."""
    if talk.quiet:
        return SilentScreen()
    screen = LiveScreen if is_terminal(sys.stderr) else PlainScreen
    return screen(sys.stderr, SystemClock().now, plan.config.secrets.mask)


def check_report(path: Path) -> None:
    """Raises UsageError unless a report can be put there."""
    try:
        check_report_path(path)
    except OSError as error:
        raise UsageError(str(error)) from error


def written(report: Report, *paths: Path | None) -> Report:
    """The report as it was written: a run whose report cannot be written did not end well."""
    for path in filter(None, paths):
        try:
            write_report(report, path)
        except OSError as error:
            hint = "all rows are settled; make room or mend the path, then resume to have the report"
            report = _unwritten(report, f"{path}: the report cannot be written: {_reason(error)}", hint)
    return report


def _unwritten(report: Report, reason: str, hint: str) -> Report:
    code = gravest((ExitCode(report.exit_code), ExitCode.STOPPED))
    if report.status != "complete":
        return replace(report, exit_code=int(code), warnings=(*report.warnings, reason))
    return replace(report, status="stopped", exit_code=int(code), reason=reason, hint=hint)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _next_step(report: Report, plan: Plan, talk: Talk) -> NextStep | None:
    """What goes on with the load, or delivers its dead letters once it is through."""
    if plan.dry_run:
        return None
    if report.status != "complete":
        return NextStep(["loader", talk.command, *plan.paths, *talk.again, *talk.rest, "--resume"])
    if report.dlq is None:
        return None
    if report.unreadable == report.rejected + report.unknown:
        return _mending(report, plan, talk)
    return NextStep(["loader", "replay", report.dlq, *talk.again])


def _mending(report: Report, plan: Plan, talk: Talk) -> NextStep:
    """What helps where no row could be read: a replay of letters as they are would fail the same way for ever."""
    if set(report.by_type) == {"row_too_large"}:
        return NextStep(
            first="cut these rows out of the input (letters hold only their beginning), and load them"
            " with a larger input.max_row_bytes"
        )
    # What a replay could not read stays open in the queue it came from, where it can be mended as well.
    queues = plan.paths if plan.replay is not None else [str(report.dlq)]
    return NextStep(
        ["loader", "replay", *queues, *talk.again],
        f"mend `raw` in the letters of {' '.join(queues)} (see loader dlq show)",
    )


def talk_of(command: str, options: Mapping[str, Any], mask: Callable[[str], str]) -> Talk:
    """How to talk of a load with these options; secrets in a URL are not repeated."""
    again = [*_given("--to", options["to"]), *_given("-c", options["config"])]
    for name in ("format", "delimiter", "columns"):
        again += _given(f"--{name}", options.get(name))
    again += ["--no-header"] if options.get("no_header") else []
    filters = _filters(options) if command == "replay" else []
    dlq = tuple(_given("--dlq", options["dlq"]))
    return Talk(command, options["quiet"], options["report_json"], tuple(map(mask, again)), (*dlq, *filters))


def _filters(options: Mapping[str, Any]) -> list[str]:
    """The filters of a replay as they were typed."""
    typed = ["--all"] if options["take_all"] else []
    for flag, name in (("class", "classes"), ("error-type", "error_type"), ("status", "status"), ("source", "source")):
        for value in options[name]:
            typed += [f"--{flag}", str(value)]
    since = options["since"]
    return typed if since is None else [*typed, "--since", datetime.fromtimestamp(since, UTC).isoformat()]


def _given(flag: str, value: object) -> list[str]:
    return [] if value is None else [flag, str(value)]
