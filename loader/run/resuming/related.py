"""Related runs: loads of some of the inputs of another load, which cannot be gone on with by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from loader.checkpoint.folder import Manifest

_NAMED = 3  # paths in a sentence


@dataclass(frozen=True, slots=True)
class Related:
    """A run of other inputs, some of which are among those of now."""

    run: Manifest
    shared: tuple[str, ...]  # as they are named now
    difference: str  # between its inputs and those of now, as the end of a sentence


def related_runs(runs: Iterator[Manifest], now: Manifest, loaded: Callable[[Manifest], bool]) -> Iterator[Related]:
    """Those of `runs` that have an input of `now`, and load other ones as well, or in another order.

    Where several have the same input, only the first of them that has `loaded` anything is given.
    """
    named: set[str] = set()
    places = _places(now)
    for run in runs:
        then = _places(run)
        if run.has_inputs_of(now) or (run.command, run.target) != (now.command, now.target):
            continue
        shared = then.keys() & places.keys() - named
        if shared and loaded(run):
            named |= shared
            yield Related(run, tuple(path for at, path in places.items() if at in shared), _difference(then, places))


def _places(run: Manifest) -> dict[str, str]:
    """Where the inputs lie, with their names; what has no place, as standard input, is a new one each time."""
    return {facts.places[-1]: facts.name for facts in run.inputs if facts.places}


def _difference(then: dict[str, str], now: dict[str, str]) -> str:
    added = [path for place, path in now.items() if place not in then]
    gone = [path for place, path in then.items() if place not in now]
    told = []
    if added:
        told.append(f"{listed(added)} {'was' if len(added) == 1 else 'were'} not among its inputs")
    if gone:
        told.append(f"{listed(gone)} {'was one of its inputs' if len(gone) == 1 else 'were among its inputs'} too")
    return " and ".join(told) or "its inputs came in another order, or another number of times"


def listed(paths: Sequence[str]) -> str:
    """Some paths by name, and how many more there are."""
    rest = len(paths) - _NAMED
    return ", ".join(paths[:_NAMED]) + (f" and {rest:,} more" if rest > 0 else "")
