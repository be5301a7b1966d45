"""`loader rehearse`."""

from __future__ import annotations

from typing import Any

import click

from loader.cli.options import choice_options, epilog, flags_of, input_options, load_options, schema_option
from loader.exit_codes import MEANINGS, ExitCode

_EXAMPLE = "loader rehearse samples/orders.jsonl --to cassandra://db.example.com/shop.orders"
_CODES = MEANINGS | {
    ExitCode.OK: "every row would be delivered, and what was read back is as it was sent",
    ExitCode.DEAD_LETTERS: "some rows would fail, or were not found as they were sent",
    ExitCode.STOPPED: "stopped early (a Cassandra down or at fault, too many errors, disk full)",
    ExitCode.INTERRUPTED: "interrupted; the scratch keyspace is dropped",
}
del _CODES[ExitCode.PARKED]  # a Cassandra asks for no wait


@click.command("rehearse", epilog=epilog(_EXAMPLE, _CODES))
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--to", required=True, metavar="TARGET", help="cassandra://host/keyspace.table, or a name in the config.")
@input_options
@choice_options
@click.option(
    "--local", "address", metavar="HOST[:PORT]", help="A Cassandra on loopback; else that of `loader local up`."
)
@schema_option
@load_options
def command(files: tuple[str, ...], **options: Any) -> int:
    """Load files into a scratch copy of their table on a local Cassandra, read back, compare, and take it down.

    The target itself is asked for the definition of its table, and nothing else.
    """
    from loader.cli.rehearsing import rehearse_and_report

    return rehearse_and_report(files, options, flags_of(options))
