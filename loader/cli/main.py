"""Entry point of the command line, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from importlib import import_module

import click

from loader import __version__
from loader.errors import LoaderError
from loader.exit_codes import ExitCode, gravest
from loader.report.output import OutputError, ReaderGoneError, flush, say, take_over_streams

# Modules are imported when their command is used: help and small commands start fast.
_COMMANDS = {
    "push": "Load files of JSON, CSV, Parquet or Arrow into a target.",
    "replay": "Deliver what is in a dead letter queue.",
    "resume": "Go on with a run that was stopped.",
    "rehearse": "Load into a scratch copy of the table on a local Cassandra, and compare.",
    "check": "Look at config, inputs and target, and print the plan.",
    "infer": "Propose a table and a config from the rows of files.",
    "dlq": "Look into a dead letter queue.",
    "config": "Print a config with every key.",
    "sink": "Run a local HTTP target that stores rows and can misbehave.",
    "local": "Run a local Apache Cassandra, for trying and rehearsing.",
    "demo": "Show the whole story on sample files in about ten seconds.",
}


_PUSH = "; files are loaded by: loader push FILE... --to TARGET"


class LazyGroup(click.Group):
    """A group whose commands are imported on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"loader.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _COMMANDS:
            from loader.config.values import nearest

            close = nearest(args[0], _COMMANDS)
            ctx.fail(f"there is no command {args[0]!r}" + (f"; did you mean {close!r}?" if close else _PUSH))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="loader")
def cli() -> None:
    """Load files of rows into a target, and always know what became of every row."""


def main() -> None:
    """Run the command line; every end of it leaves through here with its exit code."""
    take_over_streams()
    # What reads columns keeps freed memory for itself, a third more than the system would: it looks here when imported.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    code = _end_of(lambda: cli.main(standalone_mode=False))
    # What is still in a buffer may not fit where it goes.
    written = _end_of(flush)
    sys.exit(gravest((ExitCode(written), ExitCode(code))) if written else code)


def _end_of(step: Callable[[], int | None]) -> int:
    """The exit code of `step`; what it raises is told."""
    try:
        code = step() or ExitCode.OK
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.ClickException as error:
        error.show(sys.stderr)
        code = ExitCode.USAGE
    except ReaderGoneError:
        code = ExitCode.OK
    except LoaderError as error:
        say(f"Error: {error}")
        code = ExitCode.STOPPED if isinstance(error, OutputError) else ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        code = ExitCode.INTERRUPTED
    except Exception:
        say("Error: a defect of loader; please report it with these lines:")
        traceback.print_exc()
        code = ExitCode.DEFECT
    return code
