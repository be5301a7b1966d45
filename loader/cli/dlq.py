"""`loader dlq`."""

from __future__ import annotations

from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from loader.cli.options import epilog
from loader.cli.replay import selection_options
from loader.exit_codes import ExitCode
from loader.formats import FORMATS
from loader.report.output import say, show, show_bytes

if TYPE_CHECKING:
    from loader.dlq.inspect import QueueEntry

_QUEUE = ".loader/runs/20261124T101500-7f3a2c/dlq.jsonl"
_CODES = {
    ExitCode.OK: "done",
    ExitCode.USAGE: "usage, or a queue that cannot be read",
    ExitCode.STOPPED: "standard output is full or closed",
}
_EXPORT_CODES = {
    ExitCode.OK: "done",
    ExitCode.DEAD_LETTERS: "done, but letters without a row that can stand there are left out",
    ExitCode.USAGE: "usage, a queue that cannot be read, or rows that cannot stand in one file",
    ExitCode.STOPPED: "standard output is full or closed",
}


@click.group("dlq", epilog=epilog(f"loader dlq stats {_QUEUE}", _CODES))
def command() -> None:
    """Look into a dead letter queue: what is in it, and why."""


def _entries(queues: tuple[str, ...], options: dict[str, Any]) -> Any:
    from loader.cli.replay import selection_of
    from loader.dlq.errors import DlqError
    from loader.dlq.inspect import entries
    from loader.errors import UsageError

    try:
        yield from entries(list(map(Path, queues)), selection_of(options))
    except DlqError as error:
        raise UsageError(str(error)) from error


def _check(queues: tuple[str, ...], options: dict[str, Any]) -> None:
    """Refuse what is no queue, and tell of filters with a value that no letter in the queues has."""
    from loader.cli.replay import selection_of
    from loader.errors import UsageError
    from loader.run.queue_filters import check_queues, unmatched

    if "-" in queues:
        raise UsageError("-: a dead letter queue is looked into where it stands, beside what replays settled of it")
    check_queues(queues)
    for sentence in unmatched(queues, selection_of(options)):
        say(f"warning: {sentence}")


@command.command("stats", epilog=epilog(f"loader dlq stats {_QUEUE}", _CODES))
@click.argument("queues", nargs=-1, required=True, metavar="DLQ...")
@selection_options
def stats(queues: tuple[str, ...], **options: Any) -> None:
    """Count letters by class, type, status, source and target, and say what to do about each type, as JSON."""
    from loader.dlq.inspect import stats as count
    from loader.report.error_catalogue import what_to_do

    _check(queues, options)
    counted = count(_entries(queues, {**options, "take_all": True}))
    found = {**msgspec.to_builtins(counted), "what_to_do": {name: what_to_do(name) for name in counted.by_type}}
    show_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")


@command.command("show", epilog=epilog(f"loader dlq show {_QUEUE} --limit 5", _CODES))
@click.argument("queues", nargs=-1, required=True, metavar="DLQ...")
@click.option(
    "--limit", type=click.IntRange(0, 10**9), default=20, show_default=True, help="The most letters to show; 0 = all."
)
@selection_options
def show_letters(queues: tuple[str, ...], limit: int, **options: Any) -> None:
    """Show letters for reading: where each row came from, what happened, and the row."""
    from loader.cli.replay import selection_of
    from loader.run.queue_filters import why_none

    _check(queues, options)
    found = _entries(queues, options)
    nothing = True
    for entry in islice(found, limit or None):
        nothing = False
        _show(entry)
    if nothing:
        say(why_none(queues, selection_of(options)))


def _show(entry: QueueEntry) -> None:
    from loader.report.error_catalogue import what_to_do
    from loader.report.safe_text import safe

    letter = entry.letter
    if letter is None:
        show(f"{safe(str(entry.path))}:{entry.line}: damaged letter: {safe(entry.raw.decode('utf-8', 'replace'))}")
        return
    head = f"{safe(letter.source or '?')}:{letter.line}  {safe(letter.error_type)}  ({letter.letter_class or '?'})"
    show(f"{head}{'  replayed' if entry.replayed else ''}\n  {safe(letter.error, 500)}")
    row = bytes(letter.row) if letter.has_row else letter.original or b""
    show(f"  {safe(row.decode('utf-8', 'replace'), 500)}")
    if advice := letter.hint or what_to_do(letter.error_type, unknown=""):
        show(f"  what to do: {safe(advice, 500)}")


@command.command("export", epilog=epilog(f"loader dlq export {_QUEUE} --class data > mend.jsonl", _EXPORT_CODES))
@click.argument("queues", nargs=-1, required=True, metavar="DLQ...")
@click.option("--format", "row_format", type=click.Choice(FORMATS.names), help="Rows of this format.")
@click.option("--columns", metavar="A,B", help="Rows of CSV or TSV with these columns, in this order.")
@selection_options
def export(queues: tuple[str, ...], row_format: str | None, columns: str | None, **options: Any) -> int:
    """Write the rows to stdout as a file of the form they came from, for mending by hand and pushing again."""
    from loader.cli.exporting import export as write
    from loader.cli.replay import selection_of
    from loader.dlq.export import Choice
    from loader.run.queue_filters import why_none

    _check(queues, options)
    names = None if columns is None else tuple(map(str.strip, columns.split(",")))
    choice = Choice(row_format, names)
    why_nothing = partial(why_none, queues, selection_of(options))
    return write(queues, lambda: _entries(queues, options), choice, why_nothing)
