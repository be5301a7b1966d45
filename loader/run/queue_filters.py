"""Filters over dead letters: whether there is a letter that each of their values can match."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from posixpath import basename

from loader.config.values import nearest
from loader.dlq.errors import DlqError
from loader.dlq.inspect import Values, entries, values_of
from loader.dlq.letter import epoch
from loader.dlq.recognition import check_holds_letters
from loader.dlq.selection import Selection, is_of
from loader.errors import UsageError
from loader.report.safe_text import safe

_SHOWN = 20  # values named at most


def check_queues(queues: Iterable[str | Path]) -> None:
    """Raise UsageError for a file that cannot be read, or holds no dead letter; what is no file is left unread."""
    try:
        for queue in queues:
            check_holds_letters(Path(queue))
    except DlqError as error:
        raise UsageError(str(error)) from error


def unmatched(queues: Sequence[str | Path], selection: Selection) -> tuple[str, ...]:
    """Sentences about those values of the filters that no letter of the queues has: they may be misspelt.

    Letters that are settled count. Queues that are no files cannot be read twice, and nothing is said of them.
    """
    is_filtered = selection.classes or selection.error_types or selection.statuses or selection.sources
    if not (is_filtered or selection.since is not None) or not _are_files(queues):
        return ()
    try:
        there = values_of(map(Path, queues))
    except DlqError as error:
        raise UsageError(str(error)) from error
    if not there.newest:
        return ("there are no letters",)
    return tuple(_unmatched(selection, there))


def why_none(queues: Sequence[str], selection: Selection) -> str:
    """Why `selection` takes no letter of the queues, as a sentence."""
    if selection.settled or not _are_files(queues):
        return "no letter matches"
    settled = sum(1 for _ in entries(list(map(Path, queues)), replace(selection, settled=True)))
    if not settled:
        return "no letter matches"
    letters = "the one letter that matches is" if settled == 1 else f"all {settled:,} letters that match are"
    return f"{letters} settled by a replay; --all shows what is settled, too"


def _are_files(queues: Iterable[str | Path]) -> bool:
    return all(Path(queue).is_file() for queue in queues)


def _unmatched(selection: Selection, there: Values) -> Iterator[str]:
    for name, wanted, found in (
        ("is of the class", selection.classes, there.classes),
        ("has the error type", selection.error_types, there.error_types),
        ("has the status", map(str, selection.statuses), set(map(str, there.statuses))),
    ):
        yield from (_absent(f"{name} {_quoted(each)}", each, found) for each in sorted(wanted) if each not in found)
    for each in sorted(selection.sources):
        if not any(is_of(source, each) for source in there.sources):
            yield _absent(f"is of the source {_quoted(each)}", each, there.sources, map(basename, there.sources))
    if selection.since is not None and epoch(there.newest) < selection.since:
        since = datetime.fromtimestamp(selection.since, UTC).isoformat()
        yield f"no letter is from {since} on; the newest is of {safe(there.newest)}"


def _absent(what: str, wanted: str, there: set[str], others: Iterable[str] = ()) -> str:
    """That no letter has what was wanted; `others` can be typed for what is there."""
    close = nearest(wanted, sorted(there)) or nearest(wanted, sorted(others))
    if close:
        return f"no letter {what}; did you mean {_quoted(close)}?"
    if not there:
        return f"no letter {what}, and none has any"
    more = f" and {len(there) - _SHOWN:,} more" if len(there) > _SHOWN else ""
    return f"no letter {what}; there are {', '.join(safe(each, 200) for each in sorted(there)[:_SHOWN])}{more}"


def _quoted(value: str) -> str:
    return f'"{safe(value, 200)}"'
