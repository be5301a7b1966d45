"""Null words: texts by which people say that there is nothing, where the rest of a column is no text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_USUAL = frozenset(("NULL", "null", "Null", "\\N", "NA", "N/A", "n/a", "#N/A", "None", "none", "-", "--", "NaN", "nan"))


class NullWords:
    """Which of the usual words stand in which column."""

    def __init__(self) -> None:
        self._found: dict[str, set[str]] = {}

    def without(self, name: str, texts: Sequence[str]) -> Sequence[str]:
        """The texts of a column that are none of the words, which are remembered."""
        if _USUAL.isdisjoint(texts):
            return texts
        self._found.setdefault(name, set()).update(_USUAL.intersection(texts))
        return [text for text in texts if text not in _USUAL]

    def of(self, names: Iterable[str]) -> Sequence[str]:
        """The words in any of these columns, sorted."""
        return sorted(set().union(*(self._found.get(name, ()) for name in names)))
