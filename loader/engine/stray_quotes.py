"""What is told at the end of rows that were read, and may have been meant otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from loader.rows import Chunk

_SHOWN = 3


class StrayQuotes:
    """Rows with quotes that are text, because they stand within a field that does not begin with one.

    Counts what this part of the run took up, each chunk once, whoever prepares it again. Used by one thread.
    """

    def __init__(self) -> None:
        self._chunks: set[int] = set()
        self._rows = 0
        self._first: list[tuple[int, int, str]] = []  # index and line of a source, and its name

    def add(self, chunk: Chunk, lines: Iterable[int]) -> None:
        """Rows of `chunk` that begin on `lines`, ascending."""
        if chunk.number in self._chunks:
            return
        self._chunks.add(chunk.number)
        all_lines = list(lines)
        self._rows += len(all_lines)
        places = ((chunk.source.index, line, chunk.source.name) for line in islice(all_lines, _SHOWN))
        self._first = sorted([*self._first, *places])[:_SHOWN]

    @property
    def sentence(self) -> str | None:
        """How many there are and where the first of them stand; None if there are none."""
        if not self._rows:
            return None
        places = ", ".join(f"{name}:{line}" for _, line, name in self._first)
        more = f" and {self._rows - len(self._first):,} more" if self._rows > len(self._first) else ""
        rows = "1 row has a quote" if self._rows == 1 else f"{self._rows:,} rows have quotes"
        return (
            f"{rows} in the middle of an unquoted field, read as text: {places}{more}; look whether a quote is missing "
            "there (input.strict = true makes bad rows of them)"
        )
