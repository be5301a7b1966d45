"""What `loader dlq export` does: one file of one form, and what a person must know of it before it is pushed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from loader.dlq.export import Choice, Export, Exported, Noted, chosen, forms_of
from loader.dlq.inspect import QueueEntry
from loader.errors import UsageError
from loader.exit_codes import ExitCode
from loader.report.output import flush, say, show_bytes
from loader.report.safe_text import safe
from loader.sources.formats.base import FileForm


def export(
    queues: Sequence[str], entries: Callable[[], Iterator[QueueEntry]], choice: Choice, why_none: Callable[[], str]
) -> int:
    """Write the rows that `entries`, which is called twice, gives; returns the exit code.

    `why_none` says why there is no letter to write.

    Raises UsageError where they have no common form: a mixed file would be read as something else than it is.
    """
    _check_files(queues)
    forms = forms_of(chosen(entries(), choice))
    if len(forms) > 1:
        raise UsageError(_mixed(forms))
    file = Export(next(iter(forms), None))
    for line in file.lines(chosen(entries(), choice)):
        show_bytes(line)
    flush()  # what could not be written needs no remarks
    if not (file.rows or file.left_out.count):
        say(f"{why_none()}: nothing was written")
    for sentence in _remarks(file):
        say(sentence)
    return ExitCode.DEAD_LETTERS if file.left_out.count else ExitCode.OK


def _check_files(queues: Iterable[str]) -> None:
    for queue in queues:
        if Path(queue).exists() and not Path(queue).is_file():
            raise UsageError(f"{queue}: is no regular file; an export reads it twice")


def _mixed(forms: Mapping[FileForm, Counter[str]]) -> str:
    kinds = "\n".join(f"  {safe(str(form), 300)}: {_from(sources)}" for form, sources in forms.items())
    return (
        "these rows are of several forms and cannot stand in one file; export each by itself, "
        f"with --source, --format or --columns:\n{kinds}"
    )


def _from(sources: Counter[str]) -> str:
    shown = ", ".join(safe(name, 200) for name, _ in sources.most_common(5))
    more = len(sources) - 5
    rows = sources.total()
    return f"{rows:,} row{'s' * (rows != 1)} from {shown}" + (f" and {more:,} more" if more > 0 else "")


def _remarks(file: Export) -> Iterator[str]:
    if file.to_mend.count:
        yield f"mend before you push: {file.to_mend.count:,} of {file.rows:,} rows, which stand there as they were read"
        yield from _listed(file.to_mend, lambda line, each: f"  line {line}: {_place(each)}: {_why(each)}")
    if count := file.left_out.count:
        yield f"left out: {count:,} letter{'s' * (count != 1)} without a row that can stand there"
        yield from _listed(
            file.left_out, lambda _, each: f"  {safe(str(each.entry.path))}:{each.entry.line}: {_why(each)}"
        )


def _listed(noted: Noted, told: Callable[[int, Exported], str]) -> Iterator[str]:
    for line, each in noted.first:
        yield told(line, each)
    if noted.count > len(noted.first):
        yield f"  and {noted.count - len(noted.first):,} more"


def _place(each: Exported) -> str:
    letter = each.entry.letter
    return "?" if letter is None else f"{safe(letter.source or '?', 80)}:{letter.line}"


def _why(each: Exported) -> str:
    return safe(each.fault or "it came meanwhile, and is of another form", 300)
