"""`loader replay`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from loader.cli.options import epilog, flags_of, load_options, start_options
from loader.error_types import LetterClass

if TYPE_CHECKING:
    from loader.dlq.selection import Selection

_EXAMPLE = "loader replay .loader/runs/20261124T101500-7f3a2c/dlq.jsonl --error-type http_503"


def _since(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        raise click.BadParameter("expected a time in ISO 8601, like 2026-11-24T10:15:00+00:00") from None


def selection_options(command: Any) -> Any:
    """Filters over dead letters, for every command that reads queues."""
    for option in (
        click.option("--all", "take_all", is_flag=True, help="Letters too that a replay settled before."),
        click.option("--source", multiple=True, help="Letters of rows from this input: its path, or the end of it."),
        click.option("--since", callback=_since, metavar="TIME", help="Letters from this time on (ISO 8601; UTC)."),
        click.option(
            "--status", multiple=True, type=click.IntRange(100, 599), help="Letters with this status, like 503."
        ),
        click.option("--error-type", multiple=True, help="Letters of this error type, like http_503."),
        click.option(
            "--class",
            "classes",
            multiple=True,
            type=click.Choice([str(each) for each in LetterClass]),
            help="Letters of this class.",
        ),
    ):
        command = option(command)
    return command


def selection_of(options: Mapping[str, Any]) -> Selection:
    """The filters that were typed."""
    from loader.dlq.selection import Selection

    return Selection(
        classes=frozenset(options["classes"]),
        error_types=frozenset(options["error_type"]),
        statuses=frozenset(options["status"]),
        sources=frozenset(options["source"]),
        since=options["since"],
        settled=options["take_all"],
    )


@click.command("replay", epilog=epilog(_EXAMPLE))
@click.argument("queues", nargs=-1, required=True, metavar="DLQ...")
@click.option("--to", metavar="TARGET", help="A target for all letters; else each goes to its own.")
@selection_options
@load_options
@start_options
def command(queues: tuple[str, ...], **options: Any) -> int:
    """Deliver the rows of dead letter queues; what was settled is remembered in DLQ.replayed."""
    from loader.cli.loading import load_and_report
    from loader.cli.talk import talk_of
    from loader.config import load
    from loader.run.planning import replay_plan
    from loader.targets.kinds import KINDS

    config = load(options["config"], flags_of(options), KINDS)
    plan = replay_plan(queues, options["to"], config, selection=selection_of(options), dry_run=options["dry_run"])
    return load_and_report(plan, talk_of("replay", options, plan.config.secrets.mask), resume=options["resume"])
