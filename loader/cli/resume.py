"""`loader resume`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from loader.cli.options import epilog, flags_of, load_options

_TYPED = ("format", "delimiter", "columns", "header")  # what flags of a push said of its input
_EXAMPLE = "loader resume 20261124T101500-7f3a2c"


@click.command("resume", epilog=epilog(_EXAMPLE))
@click.argument("run", metavar="RUN")
@click.option("--to", metavar="TARGET", help="The target, where the run's URL alone is not enough (credentials).")
@load_options
def command(run: str, **options: Any) -> int:
    """Go on with a push that was stopped, by the name of its run; the same as push --resume."""
    from loader.checkpoint.folder import read_manifest
    from loader.cli.loading import load_and_report, tell_again
    from loader.cli.paths import check_report
    from loader.cli.planning import push_plan
    from loader.cli.talk import talk_of
    from loader.config import load
    from loader.errors import UsageError
    from loader.run.resume import finished_run
    from loader.targets.kinds import KINDS

    flags = flags_of(options)
    config = load(options["config"], flags, KINDS)
    folder = Path(config.checkpoint.dir) / run
    manifest = read_manifest(folder)
    if manifest is None or manifest.run_id != run:
        raise UsageError(f"{folder}: there is no such run; runs are in the folder that checkpoint.dir names")
    if manifest.command != "push":
        raise UsageError(f"{run} is a replay: go on with it by loader replay ... --resume")
    options["to"] = options["to"] or manifest.targets[""]["name"] or manifest.target
    finished = finished_run(folder.parent, manifest)
    if finished is not None:
        talk = talk_of("push", options, config.secrets.mask)
        check_report(talk)
        return tell_again(finished, talk)
    paths = [manifest.here(facts.path) for facts in manifest.inputs]
    flags |= {f"input.{name}": value for name, value in manifest.input.items() if name in _TYPED}
    plan = push_plan(paths, options["to"], options["config"], flags, dry_run=False)
    return load_and_report(plan, talk_of("push", options, plan.config.secrets.mask), resume=True, run=manifest)
