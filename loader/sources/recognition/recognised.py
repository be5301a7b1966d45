"""What format an input has and what speaks for it; a contradiction between the two is refused."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, dropwhile, takewhile

from loader.formats import FORMATS
from loader.sources.compression.compressions import ENDINGS
from loader.sources.errors import InputError
from loader.sources.formats.base import Opening, RowFormat, format_of
from loader.sources.recognition.signatures import foreign_bytes, no_text


@dataclass(frozen=True, slots=True)
class Recognised:
    """A format, and `why` it was taken for it, as the end of a sentence."""

    format: RowFormat
    why: str


def recognised(opening: Opening) -> Recognised:
    """The format that `input.format` says, else the name, else the first bytes, else the usual one.

    Raises InputError where `[input]` cannot read that, or the first bytes are surely something else.
    """
    found = _claimed(opening)
    if opening.settings.path and not _has_path(found.format):
        taken = f"this was taken for {found.format.name} {found.why}"
        raise InputError(f"{opening.name}: input.path (--path) leads to an array in JSON, and {taken}")
    if opening.is_guessed:
        _refuse_contradictions(opening, found)
    if found.format.may_be_encoded or not opening.encoding:  # else what was decoded is opened anew, as it lies there
        found.format.refuse(opening, found.why)
    return found


def _refuse_contradictions(opening: Opening, found: Recognised) -> None:
    """The config was checked for the usual format alone where it names none."""
    wrong = next(found.format.contradictions(opening.settings), None)
    if wrong is not None:
        key = ".".join(wrong.keys[0])
        raise InputError(f"{opening.name}: is read as {found.format.name}, {found.why}; {key}: {wrong.refusal.message}")


def _claimed(opening: Opening) -> Recognised:
    if not opening.is_guessed:
        return Recognised(format_of(opening.settings.format), "as --format or input.format says")
    stem, ending = os.path.splitext(opening.name.lower())
    if ending in ENDINGS:
        ending = os.path.splitext(stem)[1]
    named = _named(opening, ending, FORMATS.own) or (_named(opening, ending, FORMATS.outside) if ending else None)
    return named or _by_bytes(opening)


def _named(opening: Opening, ending: str, names: Iterable[str]) -> Recognised | None:
    """The format of a name with that ending, None for none; of several, the one which the first bytes tell.

    Those with the same ending follow each other in `names`, and without a word in its bytes the first of them is it.
    """
    of_ending = dropwhile(lambda each: ending not in each.endings, _known(names))
    first = chosen = None
    for each in takewhile(lambda each: ending in each.endings, of_ending):
        first = first or each
        if opening.settings.path and not _has_path(each):
            continue
        if why := each.begins(opening.head):
            return Recognised(each, "by its name" if each is first else why)
        chosen = chosen or each
    found = chosen or first
    return None if found is None else Recognised(found, "by its name")


def _by_bytes(opening: Opening) -> Recognised:
    """Formats of packages are asked about what is no text: to look for them takes longer than to look at text."""
    head = opening.head
    head.first_line()
    is_binary = foreign_bytes(head.data) is not None or no_text(head.data) is not None
    asked = (each for each in _known(FORMATS.own) if each.may_be_encoded != is_binary)
    for each in chain(asked, _known(FORMATS.outside if is_binary else ())):
        if opening.settings.path and not _has_path(each):
            continue
        why = each.begins(head)
        if why:
            return Recognised(each, why)
    return Recognised(format_of(FORMATS.usual), "as it does not begin with '{'")


def _has_path(row_format: RowFormat) -> bool:
    """Whether rows of a format may lie within a value, where `input.path` says."""
    return "path" in row_format.keys


def _known(names: Iterable[str]) -> Iterator[RowFormat]:
    return map(format_of, names)
