"""What format an input has and what speaks for it; a contradiction between the two is refused."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

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
    if opening.is_guessed:
        _refuse_contradictions(opening, found)
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
    named = next((each for each in _known(FORMATS.own) if ending in each.endings), None)
    if named is None and ending:
        named = next((each for each in _known(FORMATS.outside) if ending in each.endings), None)
    return _by_bytes(opening) if named is None else Recognised(named, "by its name")


def _by_bytes(opening: Opening) -> Recognised:
    """Formats of packages are asked about what is no text: to look for them takes longer than to look at text."""
    head = opening.head
    head.first_line()
    is_binary = foreign_bytes(head.data) is not None or no_text(head.data) is not None
    asked = [each for each in _known(FORMATS.own) if each.may_be_encoded != is_binary]
    for each in chain(asked, _known(FORMATS.outside if is_binary else ())):
        why = each.begins(head)
        if why:
            return Recognised(each, why)
    return Recognised(format_of(FORMATS.usual), "as it does not begin with '{'")


def _known(names: Iterable[str]) -> Iterator[RowFormat]:
    return map(format_of, names)
