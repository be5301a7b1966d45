"""`loader infer`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from loader.cli.options import choice_options, config_option, epilog, flags_of, input_options
from loader.exit_codes import ExitCode

_EXAMPLE = "loader infer samples/customers.csv --table shop.customers --out ."
_CODES = {ExitCode.OK: "a table and a config are proposed", ExitCode.USAGE: "usage, config or an input must be mended"}


@click.command("infer", epilog=epilog(_EXAMPLE, _CODES))
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--table", metavar="KEYSPACE.NAME", help='Name of the table; else that of the first file, in "loader".')
@click.option("--host", default="127.0.0.1", metavar="HOST[:PORT]", help="A node of the cluster, for the config.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write table.cql and loader.toml there; else print both.",
)
@input_options
@choice_options
@config_option
def command(files: tuple[str, ...], **options: Any) -> int:
    """Propose a Cassandra table and a config from the rows of files; --sample looks at some of them alone."""
    from loader.cli.proposing import infer_files, show_files, write_files
    from loader.config import load
    from loader.targets.kinds import KINDS

    config = load(options["config"], flags_of(options), KINDS)
    found = infer_files(files, config, options["table"], options["host"])
    if options["out"] is None:
        show_files(found)
    else:
        write_files(found, options["out"], files)
    return ExitCode.OK
