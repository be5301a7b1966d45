"""`loader resume`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loader.cli.options import READING, epilog, flags_of, load_options

if TYPE_CHECKING:
    from loader.checkpoint.folder import Manifest
    from loader.config import Config

_TYPED = tuple(key.removeprefix("input.") for key in READING.values())  # what flags of a push said of its input
_NEWEST = 3  # runs that are named where none is like the one asked for
_EXAMPLE = "loader resume 20261124T101500-7f3a2c"


@click.command("resume", epilog=epilog(_EXAMPLE))
@click.argument("run", metavar="RUN")
@click.option("--to", metavar="TARGET", help="The target, where the run's URL alone is not enough (credentials).")
@load_options
def command(run: str, **options: Any) -> int:
    """Go on with a push that was stopped, by the name of its run or its folder; the same as push --resume."""
    from loader.cli.loading import load_and_report, tell_again
    from loader.cli.talk import talk_of
    from loader.config import load
    from loader.run.paths import check_report
    from loader.run.planning import push_plan
    from loader.run.resuming.resume import finished_run
    from loader.targets.kinds import KINDS

    flags = flags_of(options)
    config = load(options["config"], flags, KINDS)
    base = Path(config.checkpoint.dir)
    manifest = _manifest_of(run, base)
    options["to"] = options["to"] or manifest.targets[""]["name"] or manifest.target
    finished = finished_run(base, manifest)
    if finished is not None:
        talk = talk_of("push", options, config.secrets.mask)
        check_report(talk.report_json)
        return tell_again(finished, talk)
    options |= _reading(manifest, config)
    flags |= {f"input.{name}": value for name, value in manifest.input.items() if name in _TYPED}
    config = load(options["config"], flags, KINDS)
    plan = push_plan(manifest.input_names(), options["to"], config, dry_run=False)
    return load_and_report(plan, talk_of("push", options, plan.config.secrets.mask), resume=True, run=manifest)


def _manifest_of(run: str, base: Path) -> Manifest:
    """The push that is meant by its name, or by the path of its folder in `base`. Raises UsageError."""
    from loader.checkpoint.folder import read_manifest, read_other_version
    from loader.errors import UsageError
    from loader.report.safe_text import command_line

    folder = _folder_of(run, base)
    manifest = read_manifest(folder)
    if manifest is None and (other := read_other_version(folder)) is not None:
        raise UsageError(other.sentence())
    if manifest is None or manifest.run_id != folder.name:
        raise UsageError(_no_such_run(folder))
    if manifest.is_of_a_program:
        raise UsageError(
            f"the rows of {folder.name} were given by a program, which goes on with it: it loads the same rows again"
            " from the first, with resume=True"
        )
    if manifest.command != "push":
        replay = ["loader", "replay", *manifest.input_names(), "--resume"]
        raise UsageError(f"{folder.name} is a replay, which goes on by {command_line(replay)}")
    return manifest


def _folder_of(run: str, base: Path) -> Path:
    from loader.durable.files import real_path
    from loader.errors import UsageError

    named = Path(run)
    if "/" not in run:
        return base / run
    if real_path(named.parent) != real_path(base):
        raise UsageError(
            f"{run}: is not in {base}, where checkpoint.dir has the runs; "
            "resume it in the folder that it was started in, with its config (-c)"
        )
    return base / named.name


def _no_such_run(folder: Path) -> str:
    """That a run is not there, and which one may be meant."""
    from loader.checkpoint.folder import all_runs
    from loader.config.values import nearest

    names = [run.run_id for run in all_runs(folder.parent)]
    told = f"{folder}: there is no such run; runs are in the folder that checkpoint.dir names"
    if close := nearest(folder.name, names):
        return f'{told}; did you mean "{close}"?'
    return f"{told}; the newest there: {', '.join(names[:_NEWEST])}" if names else f"{told}, and there are none"


def _reading(manifest: Manifest, config: Config) -> dict[str, Any]:
    """What options of a push said of its input, as far as the config does not say it too: for the next command."""
    said = {name: manifest.input.get(name) for name in _TYPED if name in manifest.input}
    other: dict[str, Any] = {name: value for name, value in said.items() if value != _plain(config, name)}
    if "columns" in other:
        other["columns"] = ",".join(other["columns"])
    return other | {"no_header": other.pop("header", True) is False}


def _plain(config: Config, name: str) -> Any:
    value = getattr(config.input, name)
    return list(value) if isinstance(value, tuple) else value
