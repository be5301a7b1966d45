"""Search for a key: the columns, one or two, by whose values each row is told from all others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from loader.mapping.cql.codec import Number

_PAIRED = 6  # columns of which pairs are looked at
_KEY_TYPES = (str, int, Number)
_MOST = 3_000_000  # values kept, over all that may be keys


class KeySearch:
    """What may still be a key after some rows. Memory is bounded: of very many rows not all are compared."""

    def __init__(self, fields: Sequence[str]) -> None:
        likely = sorted(fields, key=lambda name: (_rank(name), fields.index(name)))
        singles = [(name,) for name in likely]
        self._seen: dict[tuple[str, ...], set[int]] = {
            key: set() for key in (*singles, *combinations(likely[:_PAIRED], 2))
        }
        self._always = list(fields)
        self._compares = True

    @property
    def compared_all(self) -> bool:
        """Whether all rows were compared with each other."""
        return self._compares

    def add(self, columns: Mapping[str, Sequence[Any]], rows: int) -> None:
        """Look at rows by their columns; a field that is not among them has nothing in these rows."""
        self._always = [name for name in self._always if name in columns and _may_be_key(columns[name])]
        for key in list(self._seen):
            if not set(key) <= set(self._always):
                del self._seen[key]
            elif self._compares:
                self._compare(key, [columns[name] for name in key], rows)
        self._compares = self._compares and sum(map(len, self._seen.values())) < _MOST

    def best(self) -> tuple[str, ...]:
        """The likeliest key: of one column if there is one, and named like a key; () if there is none."""
        return next(iter(self._seen), ())

    def _compare(self, key: tuple[str, ...], columns: Sequence[Sequence[Any]], rows: int) -> None:
        seen = self._seen[key]
        before = len(seen)
        seen.update(map(hash, zip(*columns, strict=True)))
        if len(seen) - before < rows:
            del self._seen[key]


def _may_be_key(column: Sequence[Any]) -> bool:
    """Whether it has a value in each row, of a type that keys have. An empty text is none, or no key of its own."""
    return all(type(value) in _KEY_TYPES and value != "" for value in column)


def _rank(name: str) -> int:
    """How much a name is like that of a key: 0 for most."""
    lower = name.lower()
    if lower in ("id", "uuid", "key", "_id"):
        return 0
    return 1 if lower.endswith(("id", "uuid", "key", "code")) else 2
