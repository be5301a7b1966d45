"""Running `loader rehearse`: the local Cassandra it uses, and how the rehearsal is shown."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from loader.cli.loading import load_shown, required, screen_of, tell_end
from loader.cli.talk import OutputOptions, talk_of
from loader.config import load
from loader.config.sections import Dlq
from loader.errors import UsageError
from loader.exit_codes import ExitCode
from loader.local import Address, running
from loader.rehearsal.rehearse import Load, rehearse, table_of
from loader.rehearsal.scratch import rehearsals_folder
from loader.report.breakdown import NextStep
from loader.report.final import Report
from loader.report.output import say
from loader.report.safe_text import safe
from loader.report.screen import Screen
from loader.run.paths import check_paths
from loader.run.plan import Plan
from loader.run.planning import push_plan
from loader.run.report_files import written
from loader.targets.base import TargetDownError
from loader.targets.cassandra.settings.table_url import PORT
from loader.targets.kinds import KINDS


def rehearse_and_report(files: Sequence[str], options: Mapping[str, Any], flags: Mapping[str, object]) -> int:
    """Rehearse, and show how it ended; returns the exit code."""
    plan = _plan(files, options, flags)
    with plan.inputs:
        return _rehearse(plan, options)


def _rehearse(plan: Plan, options: Mapping[str, Any]) -> int:
    talk = talk_of("rehearse", options, plan.config.secrets.mask)
    check_paths(plan, report=talk.report_json, config=talk.config, schema=talk.schema)
    local = local_address(options["address"])
    try:
        table = table_of(plan.targets[""], plan.config, options["schema"])
    except TargetDownError as error:
        return _tell_down(plan, "the target", error, "or give the definition of its table by --schema FILE")
    screen = screen_of(plan, talk)
    try:
        report = rehearse(plan, table, local, rehearsals_folder(), _on(screen), _warn)
    except TargetDownError as error:
        return _tell_down(plan, f"the local Cassandra at {local}", error, "start one: loader local up")
    report = written(required(report, talk), talk.report_json)
    return tell_end(report, _next_step(report, plan, talk), talk, screen)


def _on(screen: Screen) -> Load:
    return lambda plan, wrap: load_shown(plan, screen, wrap)


def _plan(files: Sequence[str], options: Mapping[str, Any], flags: Mapping[str, object]) -> Plan:
    """That of a push, but that the queue of the config is for real loads alone."""
    plan = push_plan(files, options["to"], load(options["config"], flags, KINDS), dry_run=False)
    return replace(plan, config=replace(plan.config, dlq=Dlq(options["dlq"] or "")))


def local_address(text: str | None) -> Address:
    """Where to rehearse: what `text` says, if that is on loopback, else where `loader local up` runs one.

    Raises UsageError.
    """
    if text is None:
        address = running()
        if address is None:
            raise UsageError("no local Cassandra is running; start one by `loader local up`, or name one by --local")
        return address
    host, _, port = text.rpartition(":") if ":" in text.rpartition("]")[2] else (text, "", str(PORT))
    host = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        is_loopback, number = ipaddress.ip_address(host).is_loopback, int(port)
    except ValueError:
        raise UsageError(f"--local {text}: expected an address on loopback, like 127.0.0.1:{PORT}") from None
    if not is_loopback or not 0 < number < 2**16:
        raise UsageError(f"--local {text}: a rehearsal goes to loopback alone, like 127.0.0.1:{PORT}")
    return Address(host, number)


def _tell_down(plan: Plan, what: str, error: TargetDownError, hint: str) -> int:
    say(f"Error: {what}: {safe(plan.config.secrets.mask(error.cause.message), 500)}; {hint}")
    return ExitCode.STOPPED


def _warn(message: str) -> None:
    say(f"warning: {safe(message, 500)}")


def _next_step(report: Report, plan: Plan, talk: OutputOptions) -> NextStep | None:
    return (
        NextStep(["loader", "push", *plan.input_names, *talk.again, *talk.reading])
        if report.exit_code == ExitCode.OK
        else None
    )
