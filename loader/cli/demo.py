"""`loader demo`."""

from __future__ import annotations

from pathlib import Path

import click

from loader.cli.options import epilog
from loader.exit_codes import ExitCode
from loader.report.output import show

_CODES = {
    ExitCode.OK: "the sink holds every good row exactly once",
    ExitCode.DEAD_LETTERS: "it does not",
    ExitCode.USAGE: "usage, or the samples cannot be put there",
}


@click.command("demo", epilog=epilog("loader demo", _CODES))
@click.option(
    "--copy-samples",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Only put the sample files there, to try other commands on; what is there stays.",
)
def command(folder: Path | None) -> int:
    """Load the sample files into a local sink under faults, show the breakdown, replay, and count what arrived."""
    from loader.demo.samples import copy_samples
    from loader.demo.scenario import run_demo

    if folder is None:
        return run_demo()
    for path in copy_samples(folder):
        show(str(path))
    return ExitCode.OK
