"""Candidates: types that texts may have, each judged by the codec that would encode them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from loader.config.sections import FieldMapping
from loader.mapping.cql.build import codec_of
from loader.mapping.cql.codec import UNFIT, Codec
from loader.mapping.cql.types import CqlType
from loader.texts.number_spelling import plain_number

_WHOLE = r"[+-]?(?:0|[1-9][0-9]*)"
_NUMBER = rf"(?:{_WHOLE}(?:\.[0-9]+)?|[+-]?\.[0-9]+)"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DIRECTIVES = {"%Y": "[0-9]{4}", "%b": "[A-Za-z]{3}", "%p": "[AaPp][Mm]"}


@dataclass(frozen=True)
class Candidate:
    """A type, and how texts are read as it: `kind` is the word of `mapping.types`, None for the usual way.

    `looks` is a pattern of the whole text, stricter than its codec: that takes what somebody who chose the type may
    have meant, as 1 for true or 007 for 7. `doubt` is what is unsure of it, `plain` spells texts as it takes them.
    """

    type: CqlType
    looks: str
    kind: str | None = None
    doubt: str = ""
    plain: Callable[[str], str] | None = None

    def fits(self, texts: Iterable[str]) -> bool:
        """Whether all of `texts`, which are different and some, are of this type."""
        try:
            spelled = list(texts if self.plain is None else map(self.plain, texts))
        except ValueError:
            return False
        return all(map(self._looks.fullmatch, spelled)) and _takes(self._codec, spelled)

    @cached_property
    def _looks(self) -> re.Pattern[str]:
        return re.compile(self.looks)

    @cached_property
    def _codec(self) -> Codec:
        return codec_of(self.type, self.kind, FieldMapping().booleans)


Chain = Sequence[Candidate]
"""Candidates each of which takes all that those before it take."""


def _chain(**looks: str) -> Chain:
    return [Candidate(CqlType(name), pattern) for name, pattern in looks.items()]


def _pattern(pattern: str) -> Chain:
    """A pattern of strptime: a date, or a timestamp where it has hours."""
    parts = re.split("(%.)", pattern)
    looks = "".join(_DIRECTIVES.get(part, "[0-9]{1,2}") if part.startswith("%") else re.escape(part) for part in parts)
    return [Candidate(CqlType("timestamp" if re.search("%[HI]", pattern) else "date"), looks, pattern)]


_SPELLED: Sequence[Chain] = (
    _chain(timeuuid="[0-9A-Fa-f-]{36}", uuid="[0-9A-Fa-f-]{36}"),
    _chain(date=_DAY, timestamp=rf"{_DAY}(?:[T ].+)?"),
    _chain(time=r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"),
    _chain(inet=r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*"),
    _chain(blob="0x(?:[0-9A-Fa-f]{2})+"),
    *map(_pattern, ("%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%d %b %Y")),
    *map(_pattern, ("%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S")),
    *map(_pattern, ("%Y/%m/%d %H:%M", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M:%S %p")),
)

OF_STRINGS = _SPELLED
"""What strings of JSON may stand for, which has numbers and booleans of its own."""

_BOOLEANS = _chain(boolean="(?i:true|false|yes|no|t|f|y|n)")
_NUMBERS = _chain(int=_WHOLE, bigint=_WHOLE, varint=_WHOLE, decimal=_NUMBER, double=rf"{_NUMBER}(?:[eE][+-]?[0-9]+)?")
_COMMAS = Candidate(
    CqlType("text"),
    r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+),[0-9]+",
    doubt="numbers, if a comma stands before their fractions: --config with input.decimal and input.thousands",
)


def of_texts(decimal: str, thousands: str) -> Sequence[Chain]:
    """What fields of delimited text may stand for, whose numbers are spelled so."""
    plain = plain_number(decimal, thousands)
    numbers = [replace(each, plain=plain) for each in _NUMBERS]
    return (_BOOLEANS, numbers, *_SPELLED, *([] if plain else [[_COMMAS]]))


def _takes(codec: Codec, texts: Sequence[str]) -> bool:
    for encode in codec.columns:
        try:
            encode(texts)
        except UNFIT:
            continue
        return True
    try:
        for text in texts:
            codec.value(text)
    except UNFIT:
        return False
    return True
