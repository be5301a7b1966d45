"""`loader dlq`."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import click
import msgspec

from loader.cli.options import epilog
from loader.cli.replay import selection_options
from loader.report.exit import ExitCode
from loader.report.output import show, show_bytes

_QUEUE = ".loader/runs/20261124T101500-7f3a2c/dlq.jsonl"
_CODES = {
    ExitCode.OK: "done",
    ExitCode.USAGE: "usage, or a queue that cannot be read",
    ExitCode.STOPPED: "standard output is full or closed",
}


@click.group("dlq", epilog=epilog(f"loader dlq stats {_QUEUE}", _CODES))
def command() -> None:
    """Look into a dead letter queue: what is in it, and why."""


def _entries(queues: tuple[str, ...], options: dict[str, Any]) -> Any:
    from loader.cli.planning import selection_of
    from loader.dlq.errors import DlqError
    from loader.dlq.inspect import entries
    from loader.errors import UsageError

    try:
        yield from entries([Path(queue) for queue in queues], selection_of(options))
    except DlqError as error:
        raise UsageError(str(error)) from error


@command.command("stats", epilog=epilog(f"loader dlq stats {_QUEUE}", _CODES))
@click.argument("queues", nargs=-1, required=True, metavar="DLQ...")
@selection_options
def stats(queues: tuple[str, ...], **options: Any) -> None:
    """Count letters by class, type, status, source and target, as JSON."""
    from loader.dlq.inspect import stats as count

    found = msgspec.to_builtins(count(_entries(queues, {**options, "take_all": True})))
    show_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")


@command.command("show", epilog=epilog(f"loader dlq show {_QUEUE} --limit 5", _CODES))
@click.argument("queues", nargs=-1, required=True, metavar="DLQ...")
@click.option("--limit", default=20, show_default=True, help="The most letters to show; 0 = all.")
@selection_options
def show_letters(queues: tuple[str, ...], limit: int, **options: Any) -> None:
    """Show letters for reading: where each row came from, what happened, and the row."""
    from loader.report.safe_text import safe

    found = _entries(queues, options)
    for entry in islice(found, limit) if limit else found:
        letter = entry.letter
        if letter is None:
            show(f"{safe(str(entry.path))}:{entry.line}: damaged letter: {safe(entry.raw.decode('utf-8', 'replace'))}")
            continue
        head = f"{safe(letter.source or '?')}:{letter.line}  {safe(letter.error_type)}  ({letter.letter_class or '?'})"
        show(f"{head}{'  replayed' if entry.replayed else ''}\n  {safe(letter.error, 500)}")
        row = bytes(letter.row) if letter.has_row else letter.original or b""
        show(f"  {safe(row.decode('utf-8', 'replace'), 500)}")


@command.command("export", epilog=epilog(f"loader dlq export {_QUEUE} --class data > mend.jsonl", _CODES))
@click.argument("queues", nargs=-1, required=True, metavar="DLQ...")
@selection_options
def export(queues: tuple[str, ...], **options: Any) -> None:
    """Write the original rows to stdout, as they were read, for mending by hand and pushing again."""
    from loader.dlq.inspect import originals

    for row in originals(_entries(queues, options)):
        show_bytes(row + b"\n")
