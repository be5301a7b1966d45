"""`loader local`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from loader.cli.options import epilog
from loader.exit_codes import ExitCode
from loader.report.output import say, show, show_bytes

if TYPE_CHECKING:
    from loader.local.service import LocalCassandra

_UP = {
    ExitCode.OK: "it is up",
    ExitCode.USAGE: "usage, or Java, Maven or a container engine is missing",
    ExitCode.STOPPED: "it did not come up",
}
_DOWN = {
    ExitCode.OK: "it is down",
    ExitCode.USAGE: "usage, or its folder cannot be used",
    ExitCode.STOPPED: "it cannot be stopped",
}
_STATUS = {ExitCode.OK: "it is up", ExitCode.USAGE: "usage", ExitCode.STOPPED: "it is not up"}
_CQL = {
    ExitCode.OK: "every statement was run",
    ExitCode.USAGE: "usage, or a statement was refused; those before it were run",
    ExitCode.STOPPED: "no local Cassandra is up",
}


@click.group("local", epilog=epilog("loader local up", _UP))
def command() -> None:
    """Run a local Apache Cassandra, for trying and rehearsing."""


@command.command("up", epilog=epilog("loader local up", _UP))
@click.option("--port", type=click.IntRange(1, 65535), help="Port for clients; else 9042 or, if taken, a free one.")
def up(port: int | None) -> int:
    """Start it, unless it is up, in a container engine or else as a Java process; prints the --to to use."""
    with _local_cassandra() as local:
        show(f"cassandra://{local.up(port)}/KEYSPACE.TABLE")
    return ExitCode.OK


@command.command("down", epilog=epilog("loader local down", _DOWN))
@click.option("--purge", is_flag=True, help="Remove its data, too.")
def down(purge: bool) -> int:
    """Stop it; its data are kept for the next `loader local up`."""
    with _local_cassandra() as local:
        was_there = local.down(purge=purge)
    kept = "; its data are removed" if purge else "; its data are kept, --purge removes them"
    say(f"it is down{kept}" if was_there else "there is no local Cassandra")
    return ExitCode.OK


@command.command("status", epilog=epilog("loader local status", _STATUS))
def status() -> int:
    """Print whether it is up, how it runs, and where its data are."""
    with _local_cassandra() as local:
        found = local.status()
    if found is None:
        show("not up; `loader local up` starts it")
        return ExitCode.STOPPED
    for label, text in {"up at": str(found.address), **found.facts}.items():
        show(f"{label + ':':<9} {text}")
    return ExitCode.OK


@command.command("cql", epilog=epilog("loader local cql samples/orders.cql", _CQL))
@click.argument("file")
def cql(file: str) -> int:
    """Run the statements of a CQL file (- is standard input) there; rows that they answer are printed as JSON."""
    import msgspec

    from loader.local.cql import run_statements
    from loader.mapping.cql.statements import split_statements

    with _naming(file):
        statements = list(split_statements(_text_of(file)))
    with _local_cassandra() as local:
        found = local.status()
        if found is None:
            say("no local Cassandra is up; `loader local up` starts one")
            return ExitCode.STOPPED
        with _naming(file):
            for row in run_statements(found.address, statements):
                show_bytes(msgspec.json.encode(row, enc_hook=str) + b"\n")
    say(f"statements run: {len(statements)}")
    return ExitCode.OK


@contextmanager
def _naming(file: str) -> Iterator[None]:
    """Says of which file a UsageError speaks."""
    from loader.errors import UsageError

    try:
        yield
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from error


def _text_of(file: str) -> str:
    """What stands in a file, "-" being standard input. Raises UsageError."""
    from loader.errors import UsageError

    try:
        with open(0 if file == "-" else file, "rb", closefd=file != "-") as stream:
            return stream.read().decode()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"is not UTF-8: {error}") from error


@contextmanager
def _local_cassandra() -> Iterator[LocalCassandra]:
    from loader.local.errors import NodeError
    from loader.local.service import LocalCassandra
    from loader.local.state import state_folder

    try:
        yield LocalCassandra(state_folder(), say)
    except NodeError as error:
        say(f"Error: {error}")
        raise click.exceptions.Exit(ExitCode.STOPPED) from error
