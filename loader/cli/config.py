"""`loader config`."""

from __future__ import annotations

import click

from loader.cli.options import epilog
from loader.exit_codes import ExitCode
from loader.report.output import show_bytes

_EXAMPLE = "loader config example > loader.toml"
_CODES = {ExitCode.OK: "done", ExitCode.USAGE: "usage", ExitCode.STOPPED: "standard output is full or closed"}


@click.group("config", epilog=epilog(_EXAMPLE, _CODES))
def command() -> None:
    """Tell of the config."""


@command.command("example", epilog=epilog(_EXAMPLE, _CODES))
def example() -> None:
    """Print a config with every key, its default and its meaning."""
    from loader.config.example import example as text
    from loader.targets.kinds import KINDS

    show_bytes(text(KINDS).encode())
