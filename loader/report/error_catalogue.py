"""Error catalogue: what each error type means, and what to do. `python -m loader.report.error_catalogue` prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from inspect import cleandoc
from itertools import chain

from loader import outcomes, shortage
from loader.dlq import error_types as dlq
from loader.error_types import ErrorType, declared_in
from loader.errors import UsageError
from loader.formats import FORMATS
from loader.mapping import error_types as mapping
from loader.resilience import aggregation
from loader.sources import error_types as sources
from loader.sources.formats.base import format_of
from loader.targets import error_types as targets
from loader.targets.kinds import KINDS
from loader.workers import error_types as workers

_SHARED = {
    "Rows that cannot be read": (sources,),
    "Rows that do not fit": (mapping,),
    "Letters that cannot be replayed": (dlq,),
    "The run itself": (outcomes, workers, shortage, aggregation),
    "Every target": (targets,),
}

_HEAD = cleandoc(
    """
    # Error types

    Why a row was not delivered: `error_type` in dead letters, `by_type` and `samples` in reports, the first column of
    the breakdown after a load. What to do is what the breakdown, `loader dlq stats` and `loader dlq show` say, too; a
    letter may know more, and then says that.

    ```sh
    loader dlq stats dead.jsonl                          # letters by type, with what to do
    loader dlq show dead.jsonl --error-type bad_json     # the letters of one type
    loader replay dead.jsonl --error-type http_503 --to https://api.example.com/orders
    ```

    **Class** is that of the letters: `data` (the row could not be read, or does not fit), `refused` (the target said
    no), `exhausted` (retries or the row's time were used up), `unknown` (it may have arrived). A row that met several
    errors has the type of the last; its class is `unknown` if any of its attempts may have arrived. Where no class is
    named, no letter has this type.
    """
)


def shared() -> Iterator[ErrorType]:
    """The error types that no kind of target has for itself."""
    return chain.from_iterable(declared_in(*modules) for modules in _SHARED.values())


def error_type(name: str) -> ErrorType | None:
    """What is declared under `name`; None for a name of another version or program.

    Kinds of targets, then formats of packages, are looked at one after the other: what was not used need not be
    imported.
    """
    with suppress(UsageError):  # a package that cannot be used says so where a load is to use it
        return next((each for each in _every() if each.covers(name)), None)
    return None


def _every() -> Iterator[ErrorType]:
    yield from shared()
    for kind in KINDS.each():
        yield from kind.error_types
    for each in map(format_of, FORMATS.outside):
        yield from each.error_types


def what_to_do(name: str, unknown: str = "look at them: loader dlq show") -> str:
    """The next step for errors of this type, as one line; `unknown` for a type that is declared nowhere."""
    found = error_type(name)
    return unknown if found is None else found.what_to_do


def page() -> str:
    """The text of `docs/errors.md`: of all types but those of installed packages."""
    sections = [(title, tuple(declared_in(*modules))) for title, modules in _SHARED.items()]
    sections += [(kind.title, tuple(kind.error_types)) for kind in KINDS.own]
    tables = ("\n".join(_table(title, types)) for title, types in sections)
    return "\n\n".join((_HEAD, *tables)) + "\n"


def _table(title: str, types: Iterable[ErrorType]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| error type | class | what happened | what to do |"
    yield "|---|---|---|---|"
    for each in types:
        names = ", ".join(f"`{name}`" for name in each.name.split(", "))
        cells = (names, ", ".join(each.classes) or "–", each.meaning, each.what_to_do)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    sys.stdout.write(page())
