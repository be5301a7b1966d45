"""Choice of rows: `input.skip`, `sample`, `where` and `limit`, looked at in that order as chunks are read.

A row that cannot be read is chosen if its number is: nobody can say that it was not meant. Whatever is left out is
marked in its chunk, so that ledger, workers and resumes have the same rows without choosing again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from loader.choosing.sampling import Sampling
from loader.choosing.where import Where
from loader.config.expressions.condition import condition_of
from loader.config.sections import InputSettings
from loader.config.values import nearest
from loader.errors import UsageError
from loader.outcomes import LEFT_OUT, Skip
from loader.rows import Chunk, Layout, Source
from loader.sources.parser import Parser

_CODES = {why: code for code, why in enumerate(LEFT_OUT, start=1)}


class RowChoice:
    """Which rows of the inputs are meant. Used by one thread."""

    def __init__(
        self, settings: InputSettings, booleans: Mapping[str, bool], parser_of: Callable[[Source], Parser]
    ) -> None:
        """`booleans` are the words for true and false in delimited rows, in lower case."""
        self._skip = settings.skip
        self._limit = settings.limit
        self._sampling = Sampling(settings.sample, settings.seed) if settings.sample < 1 else None
        tests = condition_of(settings.where)
        self._where = Where(tests, settings.texts, booleans) if tests else None
        self._parser_of = parser_of

    @property
    def _is_all(self) -> bool:
        return not (self._skip or self._limit or self._sampling or self._where)

    def among(self, chunks: Iterable[Chunk], chosen: int) -> Iterator[Chunk]:
        """The chunks, each with the rows that it leaves out; they end with the one in which the limit is reached.

        `chosen` rows stood in the chunks before these.
        """
        if self._is_all:
            yield from chunks
            return
        for chunk in chunks:
            left_out = self._left_out(chunk, chosen)
            chosen += left_out.count(0)
            yield replace(chunk, left_out=bytes(left_out))
            if self._limit and chosen >= self._limit:
                return

    def _left_out(self, chunk: Chunk, chosen: int) -> bytearray:
        """A byte for each row: 0, or why it is left out."""
        left_out = bytearray(chunk.rows)
        before = min(chunk.rows, max(0, self._skip - chunk.ordinal))
        left_out[:before] = bytes((_CODES[Skip.BEFORE],)) * before
        if self._sampling is not None:
            _mark(left_out, self._sampling.takes(chunk.ordinal, chunk.rows), Skip.SAMPLE)
        if self._where is not None and 0 in left_out:
            _mark(left_out, self._passing(self._where, chunk), Skip.WHERE)
        if self._limit:
            end = _end_of(left_out, self._limit - chosen)
            left_out[end:] = bytes((_CODES[Skip.LIMIT],)) * (chunk.rows - end)
        return left_out

    def _passing(self, where: Where, chunk: Chunk) -> Sequence[bool]:
        parsed = self._parser_of(chunk.source).parse(chunk)
        passing = [True] * chunk.rows
        for group in parsed.groups:
            for ordinal, passes in zip(group.rows.ordinals, where.holds(group.rows.content), strict=True):
                passing[ordinal - chunk.ordinal] = passes
        return passing


def _mark(left_out: bytearray, takes: Sequence[bool], why: Skip) -> None:
    """Leave out what is not taken, unless it is left out already."""
    code = _CODES[why]
    for at, taken in enumerate(takes):
        if not taken and not left_out[at]:
            left_out[at] = code


def _end_of(left_out: bytearray, wanted: int) -> int:
    """The number of rows up to the last of those that are wanted; all of them where there are not that many."""
    if left_out.count(0) < wanted:
        return len(left_out)
    end = 0
    for _ in range(wanted):
        end = left_out.index(0, end) + 1
    return end


def counts_rows(settings: InputSettings) -> bool:
    """Whether a row is meant or not by how many come before it, of all inputs."""
    return bool(settings.skip or settings.limit) or settings.sample < 1


def check_where(settings: InputSettings, layouts: Sequence[Layout]) -> None:
    """Raise UsageError where the condition names a field that no input has, as far as that is known beforehand."""
    if not layouts or any(layout.columns is None for layout in layouts):
        return
    there = dict.fromkeys(name for layout in layouts for name in layout.names)
    has_types = any(layout.types for layout in layouts)  # nothing lies within a text
    for test in condition_of(settings.where):
        if there.keys().isdisjoint(test.path.fields if has_types else (test.path.name,)):
            close = nearest(test.path.root, there)
            hint = f"did you mean {close}?" if close else f"there are {', '.join(list(there)[:20])}"
            raise UsageError(f"input.where: no input has a field {test.path.root}; {hint}")
