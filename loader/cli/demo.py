"""`loader demo`."""

from __future__ import annotations

from pathlib import Path

import click

from loader.cli.options import epilog
from loader.report.exit import ExitCode

_CODES = {
    ExitCode.OK: "the sink holds every good row exactly once",
    ExitCode.DEAD_LETTERS: "it does not",
    ExitCode.USAGE: "the samples are not there",
}


@click.command("demo", epilog=epilog("loader demo", _CODES))
@click.option(
    "--samples",
    type=click.Path(path_type=Path),
    default=Path("samples"),
    show_default=True,
    help="Folder with orders.jsonl and customers.csv.",
)
def command(samples: Path) -> int:
    """Load the sample files into a local sink under faults, show the breakdown, replay, and count what arrived."""
    from loader.demo.story import run_demo

    return run_demo(samples)
