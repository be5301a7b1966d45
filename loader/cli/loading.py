"""What push and replay have in common once their plan stands."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from loader.clock import SystemClock
from loader.engine.load import run_load
from loader.engine.plan import Plan
from loader.report.breakdown import show_breakdown
from loader.report.exit import ExitCode
from loader.report.final import Report, write_report
from loader.report.screen import LiveScreen, PlainScreen, Screen, SilentScreen, is_terminal


@dataclass(frozen=True, slots=True)
class Talk:
    """How much is said, where the report goes, and what options a next command must repeat."""

    quiet: bool
    report_json: Path | None
    again: tuple[str, ...]


def load_and_report(plan: Plan, talk: Talk) -> int:
    """Run the plan, show how it ended, write the report; returns the exit code."""
    report = run_load(plan, _screen(talk), _show_request)
    _write_reports(report, plan, talk)
    if not (talk.quiet and report.exit_code == ExitCode.OK):
        show_breakdown(report, _next_command(report, plan, talk), sys.stderr, rich=is_terminal(sys.stderr))
    return report.exit_code


def _screen(talk: Talk) -> Screen:
    if talk.quiet:
        return SilentScreen()
    clock = SystemClock()
    return LiveScreen(sys.stderr, clock.now) if is_terminal(sys.stderr) else PlainScreen(sys.stderr, clock.now)


def _show_request(text: str) -> None:
    click.echo(text + "\n")


def _write_reports(report: Report, plan: Plan, talk: Talk) -> None:
    folder = None if plan.dry_run else Path(plan.config.checkpoint.dir) / report.run_id / "report.json"
    for path in filter(None, (folder, talk.report_json)):
        try:
            write_report(report, path)
        except OSError as error:
            click.echo(f"warning: the report cannot be written to {path}: {error.strerror or error}", err=True)


def _next_command(report: Report, plan: Plan, talk: Talk) -> Sequence[str] | None:
    """What delivers the rest: a replay of the dead letters."""
    if plan.dry_run or report.dlq is None:
        return None
    return ["loader", "replay", report.dlq, *talk.again]


def again(to: str | None, config: Path | None, mask: bool) -> tuple[str, ...]:
    """The options that a next command must repeat; a URL with secrets in it is not repeated."""
    options: list[str] = []
    if to is not None:
        options += ["--to", "URL" if mask else to]
    if config is not None:
        options += ["-c", str(config)]
    return tuple(options)
