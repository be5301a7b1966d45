"""Kinds of input: fresh rows, or the letters of dead letter queues."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Protocol

from loader.choosing import RowChoice
from loader.config import sections
from loader.dlq.replayed import SettledLetters
from loader.dlq.selection import Selection
from loader.dlq.source import DlqParser
from loader.rows import Chunk, Source
from loader.run.plan import Plan
from loader.sources import Start, parser_for
from loader.sources.parser import Parser

_RESUMABLE = (
    "look into the dead letter queue for the cause. Once it is mended at the target, in its credentials or in [errors]:"
    " resume. A resume cannot take"
)
_ANEW = "that is a new run, by the same command without --resume"
_REPLACED = "It sends all rows again, and its dead letters take the place of those of this run: do not replay these"

Saw = Callable[[int, int], None]


class InputKind(Protocol):
    """What the inputs of a load are made of."""

    @property
    def after_errors(self) -> str:
        """What to do where more rows failed than `[errors]` allows: what a resume can take, what needs a new run."""

    def parser(self, source: Source, repeatable: Callable[[str], bool]) -> Parser:
        """The parser of one input. `repeatable` tells of a target by name whether a row may be sent there twice."""

    def chosen(self, chunks: Iterable[Chunk], start: Start) -> Iterable[Chunk]:
        """The chunks from `start` on, each with the rows that are not meant, up to the last one that has any."""

    def rows_in(self, chunk: Chunk) -> int:
        """How many rows of the input there are in a chunk that was not taken up. From any thread."""


class FreshRows:
    """Rows that nothing has been done with yet."""

    def __init__(
        self, settings: sections.InputSettings, booleans: Mapping[str, bool], *, has_own_queue: bool = False
    ) -> None:
        """`booleans` as in `FieldMapping`; `has_own_queue` says whether a path for dead letters was given."""
        self._settings = settings
        self._booleans = booleans
        self._has_own_queue = has_own_queue

    @property
    def after_errors(self) -> str:
        other = " and with another --dlq" if self._has_own_queue else ""
        return f"{_RESUMABLE} another file, [input] or [mapping]: {_ANEW}{other}. {_REPLACED}"

    def parser(self, source: Source, repeatable: Callable[[str], bool]) -> Parser:  # noqa: ARG002 - none was sent yet
        return parser_for(source, self._settings)

    def chosen(self, chunks: Iterable[Chunk], start: Start) -> Iterable[Chunk]:
        parser_of = cache(lambda source: parser_for(source, self._settings))
        return RowChoice(self._settings, self._booleans, parser_of).among(chunks, start.chosen)

    def rows_in(self, chunk: Chunk) -> int:
        return chunk.meant


class Letters:
    """Dead letters; those that are left out are no rows of the input."""

    def __init__(
        self, selection: Selection, settled: Mapping[int, SettledLetters], seen_in: Callable[[int], Saw]
    ) -> None:
        """`seen_in` gives, for the index of a queue, what is told of each of its letters that becomes a row."""
        self._selection = selection
        self._settled = settled
        self._seen_in = seen_in

    @property
    def after_errors(self) -> str:
        mended = "mended letters, other [input] or [mapping]"
        return f"{_RESUMABLE} {mended}: {_ANEW}, of the letters that no replay has settled yet"

    def parser(self, source: Source, repeatable: Callable[[str], bool]) -> Parser:
        selection = replace(self._selection, repeatable=repeatable)
        return DlqParser(selection, self._settled[source.index], self._seen_in(source.index))

    def chosen(self, chunks: Iterable[Chunk], start: Start) -> Iterable[Chunk]:  # noqa: ARG002 - filters choose letters
        return chunks

    def rows_in(self, chunk: Chunk) -> int:
        # A parser of its own: what is only counted is not on its way, and leaves nothing to be remembered.
        counting = DlqParser(self._selection, self._settled[chunk.source.index], lambda _offset, _mark: None)
        return chunk.rows - len(counting.parse(chunk).skipped)


def input_kind(plan: Plan, seen_in: Callable[[int], Saw]) -> InputKind:
    """The kind of the inputs of `plan`."""
    if plan.replay is None:
        booleans = plan.config.mapping.booleans
        return FreshRows(plan.config.input, booleans, has_own_queue=plan.dlq_path is not None)
    return Letters(plan.replay.selection, plan.replay.settled, seen_in)
