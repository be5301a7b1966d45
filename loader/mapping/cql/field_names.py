"""Matching of field names to the columns of a table or the fields of a user-defined type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feeding:
    """What some fields feed, by their indexes.

    `sources` is parallel to the names: the fields that feed each; more than one is an error. `extra` are the fields
    that feed nothing.
    """

    sources: tuple[tuple[int, ...], ...]
    extra: tuple[int, ...]


class Names:
    """Matches fields to names. Immutable; thread-safe.

    A field feeds the name that it equals. Else it feeds the one that differs from it in upper and lower case alone, if
    there is one such name only and no other field feeds it by being equal. A name that stands there more than once, as
    that of a marker may, is fed wherever it stands.
    """

    def __init__(self, names: Sequence[str | None], explicit: Mapping[str, Sequence[int]] | None = None) -> None:
        """`explicit` says what some fields feed whatever they are called. What is None is fed in no other way."""
        self._count = len(names)
        places = places_of(names)
        self._exact: dict[str, Sequence[int]] = {**places, **(explicit or {})}
        self._folded = _folded(places)

    def feed(self, fields: Iterable[str]) -> Feeding:
        """What `fields` feed when they stand in one row."""
        sources: list[list[int]] = [[] for _ in range(self._count)]
        others: list[tuple[int, Sequence[int]]] = []
        for at, field in enumerate(fields):
            targets = self._exact.get(field)
            if targets:
                for fed in targets:
                    sources[fed].append(at)
            else:
                others.append((at, self._folded.get(field.casefold(), ()) if targets is None else ()))
        exact = list(map(bool, sources))
        extra = [at for at, folded in others if all(exact[target] for target in folded)]
        for at, folded in others:
            for target in (target for target in folded if not exact[target]):
                sources[target].append(at)
        return Feeding(tuple(map(tuple, sources)), tuple(extra))


def places_of(names: Iterable[str | None]) -> dict[str, tuple[int, ...]]:
    """Where each name stands, by its index; what is None has no name."""
    places: dict[str, tuple[int, ...]] = {}
    for at, name in enumerate(names):
        if name is not None:
            places[name] = (*places.get(name, ()), at)
    return places


def _folded(places: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """The places of each name that no other one equals but for upper and lower case, by its folded form."""
    count = Counter(map(str.casefold, places))
    return {name.casefold(): at for name, at in places.items() if count[name.casefold()] == 1}
