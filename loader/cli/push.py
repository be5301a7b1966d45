"""`loader push`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from loader.cli.options import (
    choice_options,
    epilog,
    flags_of,
    input_options,
    load_options,
    schema_option,
    start_options,
)

_EXAMPLE = "loader push samples/orders.jsonl --to http://127.0.0.1:8080/rows"


@click.command("push", epilog=epilog(_EXAMPLE))
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--to",
    required=True,
    metavar="TARGET",
    help="https://host/path, cassandra://host/keyspace.table, or the name of a target in the config.",
)
@input_options
@choice_options
@load_options
@start_options
@schema_option
def command(files: tuple[str, ...], **options: Any) -> int:
    """Load files of JSON, CSV, Parquet or Arrow into a target; "-" is standard input, globs and archives are fine."""
    from loader.cli.loading import load_and_report
    from loader.cli.talk import talk_of
    from loader.config import load
    from loader.run.planning import push_plan
    from loader.targets.kinds import KINDS

    if options["schema"] is not None and not options["dry_run"]:
        raise click.UsageError("--schema is for --dry-run: a load asks the cluster itself")
    config = load(options["config"], flags_of(options), KINDS)
    plan = push_plan(files, options["to"], config, dry_run=options["dry_run"])
    plan = replace(plan, schema=options["schema"])
    return load_and_report(plan, talk_of("push", options, plan.config.secrets.mask), resume=options["resume"])
