"""What push and replay have in common once their plan stands."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from loader.checkpoint.folder import Manifest
from loader.cli.planning import with_warning
from loader.clock import SystemClock
from loader.engine.load import run_load
from loader.engine.plan import Plan
from loader.engine.resuming import newest_run, report_of_finished, resumed
from loader.errors import UsageError
from loader.report.breakdown import show_breakdown
from loader.report.exit import ExitCode, gravest
from loader.report.final import Report, check_report_path, put_report, write_report
from loader.report.outlet import Outlet
from loader.report.screen import LiveScreen, PlainScreen, Screen, SilentScreen, is_terminal
from loader.targets.base import Endpoint, Target
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
    report = run_load(plan, screen_of(plan, talk), _dry_run if plan.dry_run else None)
    folder = None if plan.dry_run else Path(plan.config.checkpoint.dir) / report.run_id / "report.json"
    report = written(report, folder, talk.report_json)
    return tell_end(report, _next_command(report, plan, talk), talk)


def tell_end(report: Report, next_command: Sequence[str] | None, talk: Talk) -> int:
    """Show how a load ended; returns its exit code."""
    if not (talk.quiet and report.exit_code == ExitCode.OK):
        show_breakdown(report, next_command, sys.stderr, rich=is_terminal(sys.stderr))
    return report.exit_code


def _tell_again(report: bytes, talk: Talk) -> int:
    """Print the report of a finished run, so that a supervisor may loop on --resume; returns its exit code."""
    click.echo(report, nl=False)
    if talk.report_json is not None:
        try:
            put_report(report, talk.report_json)
        except OSError as error:
            click.echo(f"Error: the report cannot be written to {talk.report_json}: {_reason(error)}", err=True)
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


def _dry_run(endpoint: Endpoint) -> Target:
    return DryRun(endpoint, _show_request)


def _show_request(text: str) -> None:
    # Through an outlet: whoever reads them may go away, as `| head` does, and the dry run goes on.
    Outlet(sys.stdout).line(text + "\n")


def written(report: Report, *paths: Path | None) -> Report:
    """The report as it was written: a run whose report cannot be written did not end well."""
    for path in filter(None, paths):
        try:
            write_report(report, path)
        except OSError as error:
            report = _unwritten(report, f"{path}: the report cannot be written: {_reason(error)}")
    return report


def _unwritten(report: Report, reason: str) -> Report:
    code = gravest((ExitCode(report.exit_code), ExitCode.STOPPED))
    if report.status != "complete":
        return replace(report, exit_code=int(code), warnings=(*report.warnings, reason))
    hint = "all rows are settled; make room or mend the path, then resume to have the report"
    return replace(report, status="stopped", exit_code=int(code), reason=reason, hint=hint)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _next_command(report: Report, plan: Plan, talk: Talk) -> Sequence[str] | None:
    """What goes on with the load, or delivers its dead letters once it is through."""
    if plan.dry_run:
        return None
    if report.status != "complete":
        return ["loader", talk.command, *plan.paths, *talk.again, *talk.rest, "--resume"]
    return None if report.dlq is None else ["loader", "replay", report.dlq, *talk.again]


def talk_of(command: str, options: Mapping[str, Any], mask: Callable[[str], str]) -> Talk:
    """How to talk of a load with these options; secrets in a URL are not repeated."""
    again = [*_given("--to", options["to"]), *_given("-c", options["config"])]
    for name in ("format", "columns"):
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
