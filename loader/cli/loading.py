"""Running a plan from the command line: screen, report, next command; shared by push and replay."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TextIO

from loader.checkpoint.folder import Manifest
from loader.cli.next_step import next_step, step_for_report, ways_on
from loader.cli.talk import OutputOptions
from loader.clock import SystemClock
from loader.durable.files import held_back
from loader.engine.interrupts import StopToken
from loader.errors import UsageError
from loader.exit_codes import ExitCode
from loader.garbage_collection import relaxed_collection
from loader.report.best_effort import BestEffortStream
from loader.report.breakdown import NextStep, show_breakdown
from loader.report.destination import STANDARD_OUTPUT, put_report, stream_of
from loader.report.final import Report
from loader.report.output import ReaderGoneError, say, show_bytes
from loader.report.safe_text import safe
from loader.report.screen import LiveScreen, PlainScreen, Screen, SilentScreen, is_terminal
from loader.run.load import run_load
from loader.run.opened_targets import Wrapper
from loader.run.paths import check_paths
from loader.run.plan import Plan
from loader.run.report_files import with_failure, written
from loader.run.resuming.resume import Beginning, Finished, NotResumableError, begun_anew, decide, resumed
from loader.shortage import reason_of
from loader.signals import as_requests
from loader.targets.dry_run import DryRun

_NO_ROWS = "there was no row to load, and --require-rows asks for some: exit code 1"


def load_and_report(plan: Plan, talk: OutputOptions, *, resume: bool, run: Manifest | None = None) -> int:
    """Run the plan, or go on with `run`, else with the newest like it; show how it ended; returns the exit code."""
    _check_paths(plan, talk)
    if plan.dry_run:
        screen = screen_of(plan, talk)
        requests = sys.stderr if _is_on_stdout(talk) else None
        report = written(required(_dry_run(plan, screen, requests), talk), talk.report_json)
        return tell_end(report, next_step(report, talk), talk, screen)
    if not resume:
        return _load(begun_anew(plan), talk)
    try:
        found = decide(plan) if run is None else Beginning(resumed(plan, run), run)
    except NotResumableError as error:
        plan.inputs.close()
        raise UsageError(ways_on(error, plan, talk)) from error
    if isinstance(found, Finished):
        plan.inputs.close()
        return tell_again(found, talk)
    if found.why and not talk.quiet:
        say(f"a new run starts: {safe(found.why, 1000)}")
    return _load(found.plan, talk)


def _check_paths(plan: Plan, talk: OutputOptions) -> None:
    check_paths(plan, report=talk.report_json, config=talk.config, schema=talk.schema)


def _load(plan: Plan, talk: OutputOptions) -> int:
    if plan.resumes:
        _check_paths(plan, talk)  # its queue is known now
    screen = screen_of(plan, talk)
    with held_back():  # a descriptor for the report
        ended = required(load_shown(plan, screen), talk)
    report = written(ended, Path(plan.config.checkpoint.dir) / ended.run_id / "report.json", talk.report_json)
    is_settled = ended.status == "complete" and report.status != "complete"
    return tell_end(report, (step_for_report if is_settled else next_step)(report, talk), talk, screen)


def load_shown(plan: Plan, screen: Screen, wrap: Wrapper | None = None) -> Report:
    """Run the plan on a screen, which is closed then; signals end it. From the main thread. Raises UsageError."""
    stop = StopToken()
    with closing(screen), relaxed_collection(), as_requests(stop.request_stop):
        return run_load(plan, [screen.tell], progress=screen.update, stop=stop, wrap=wrap)


def _dry_run(plan: Plan, screen: Screen, requests: TextIO | None) -> Report:
    """Requests are shown on standard output, or the stream given; its reader may go away, as `| head` does."""
    failures: list[OSError] = []

    def show_request(text: str) -> None:
        stream = BestEffortStream(requests or sys.stdout)  # as it is now: a live screen leads it past its moving lines
        stream.line(text + "\n")
        failures.extend(filter(None, (stream.lost,)))

    report = load_shown(plan, screen, partial(DryRun, show=show_request))
    if not failures or isinstance(failures[0], ReaderGoneError):
        return report
    return with_failure(report, str(failures[0]), "nothing was sent; make room, or lead standard output elsewhere")


def tell_end(report: Report, next_step: NextStep | None, talk: OutputOptions, screen: Screen) -> int:
    """Show how a load ended that `screen` showed; returns its exit code."""
    if not (talk.quiet and report.exit_code == ExitCode.OK):
        show_breakdown(report, next_step, sys.stderr, rich=is_terminal(sys.stderr), told=screen.told)
    return report.exit_code


def tell_again(finished: Finished, talk: OutputOptions) -> int:
    """Print the report of a finished run, so that a supervisor may loop on --resume; returns its exit code."""
    report = required(finished.report, talk)
    text = finished.text if report is finished.report else report.to_json()
    if not (talk.quiet or _is_on_stdout(talk)):
        show_bytes(text)
    if not (talk.quiet and report.exit_code == ExitCode.OK):
        say(f"run {report.run_id} has loaded these inputs; nothing is sent again. How it ended:")
        for remark in finished.remarks:
            say(f"warning: {safe(remark, 500)}")
    if talk.report_json is not None:
        try:
            put_report(text, talk.report_json)
        except OSError as error:
            say(f"Error: the report cannot be written to {talk.report_json}: {_reason(error)}")
            return ExitCode.STOPPED
    return tell_end(report, next_step(report, talk), talk, SilentScreen())


def _is_on_stdout(talk: OutputOptions) -> bool:
    return talk.report_json is not None and stream_of(talk.report_json) == STANDARD_OUTPUT


def screen_of(plan: Plan, talk: OutputOptions) -> Screen:
    """Where the load is shown while it goes on."""
    if talk.quiet:
        return SilentScreen()
    screen = LiveScreen if is_terminal(sys.stderr) else PlainScreen
    return screen(sys.stderr, SystemClock().now, plan.config.secrets.mask)


def required(report: Report, talk: OutputOptions) -> Report:
    """The report of a load of no rows, where --require-rows asks for some; any other as it is."""
    if not talk.require_rows or report.read or report.status != "complete":
        return report
    if _NO_ROWS in report.warnings:  # that of a finished run has it already
        return report
    return replace(report, exit_code=int(ExitCode.DEAD_LETTERS), warnings=(*report.warnings, _NO_ROWS))


def _reason(error: OSError) -> str:
    return reason_of(error)
