"""Error catalogue: what each error type means, and what to do. `python -m loader.report.error_catalogue` prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from inspect import cleandoc
from itertools import chain
from types import ModuleType

from loader import outcomes, shortage
from loader.dlq import error_types as dlq
from loader.error_types import ErrorType
from loader.mapping import error_types as mapping
from loader.resilience import aggregation
from loader.sources import error_types as sources
from loader.targets import error_types as targets
from loader.targets.cassandra import error_types as cassandra
from loader.targets.http import error_types as http
from loader.workers import error_types as workers

_PARTS: Mapping[str, tuple[ModuleType, ...]] = {
    "Rows that cannot be read": (sources,),
    "Rows that do not fit": (mapping,),
    "Letters that cannot be replayed": (dlq,),
    "Every target": (targets,),
    "HTTP": (http,),
    "Cassandra": (cassandra,),
    "The run itself": (outcomes, workers, shortage, aggregation),
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


def declared(parts: Iterable[ModuleType]) -> Iterator[ErrorType]:
    """The error types that modules declare, in their order there."""
    for value in chain.from_iterable(vars(part).values() for part in parts):
        if isinstance(value, ErrorType):
            yield value
        elif isinstance(value, dict):
            yield from (each for each in value.values() if isinstance(each, ErrorType))


def catalogue() -> tuple[ErrorType, ...]:
    """Every error type; families stand behind the members that have a line of their own."""
    return tuple(chain.from_iterable(map(declared, _PARTS.values())))


def error_type(name: str) -> ErrorType | None:
    """What is declared under `name`; None for a name of another version or program."""
    return next((each for each in catalogue() if each.covers(name)), None)


def what_to_do(name: str) -> str:
    """The next step for errors of this type, as one line."""
    found = error_type(name)
    return "look at them: loader dlq show" if found is None else found.what_to_do


def page() -> str:
    """The text of `docs/errors.md`."""
    tables = ("\n".join(_table(title, declared(parts))) for title, parts in _PARTS.items())
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
