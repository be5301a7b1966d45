"""`loader check`."""

from __future__ import annotations

from typing import Any

import click

from loader.cli.options import choice_options, config_option, epilog, flags_of, input_options, schema_option
from loader.exit_codes import ExitCode
from loader.report.output import show

_EXAMPLE = "loader check samples/orders.jsonl --to http://127.0.0.1:8080/rows"
_SHOWN = 3  # requests
_CODES = {
    ExitCode.OK: "the plan stands and every target can be connected to",
    ExitCode.USAGE: "usage, config or an input must be mended",
    ExitCode.STOPPED: "a target cannot be connected to, or is incomplete",
}


@click.command("check", epilog=epilog(_EXAMPLE, _CODES))
@click.argument("files", nargs=-1, metavar="[FILE...]")
@click.option("--to", metavar="TARGET", help="A URL, or the name of a target; else all of the config.")
@input_options
@choice_options
@config_option
@schema_option
def command(files: tuple[str, ...], to: str | None, **options: Any) -> int:
    """Look at config, inputs and target, and print the plan; nothing is sent."""
    from loader.cli.checking import check_config, check_inputs, check_target, context_of, show_incomplete
    from loader.config import load, resolve_target
    from loader.targets.kinds import KINDS

    config = load(options["config"], flags_of(options), KINDS)
    targets = [target for name, target in config.targets.items() if name not in config.incomplete]
    lacking = config.incomplete
    if to is not None:
        config, target = resolve_target(config, to, KINDS)
        targets, lacking = [target], {}
    check_config(config)
    context = context_of(config, options["schema"])
    reached = [check_target(config, target, context) for target in targets]
    show_incomplete(lacking)
    for number, text in enumerate(check_inputs(config, files, targets, context)):
        if number < _SHOWN:
            show(text)
    return ExitCode.OK if all(reached) and not lacking else ExitCode.STOPPED
