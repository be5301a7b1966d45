"""Headers that were hardly meant as they would be read, and what reads them as they were."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from shlex import quote

from loader.config.characters import spelled
from loader.sources.formats.delimited.dialect import Dialect
from loader.sources.formats.delimited.headless import are_years, kind_of
from loader.sources.recognition.foreign import filtered

_COMMENT = re.compile(r"#(?:\s|[#!]|$)")
_SINGLY_QUOTED = re.compile(r"\s*'.+'\s*", re.DOTALL)
_BEGINNINGS = {"{": "JSON", "[": "JSON", "<": "HTML or XML"}
_DOUBLED = "|^~"
_SHOWN = 60  # characters of a name


@dataclass(frozen=True, slots=True)
class _Header:
    """The names in a header by a dialect; `name` is that of the input, `codec` that of its compression."""

    names: Sequence[str]
    dialect: Dialect
    name: str
    codec: str

    @property
    def alone(self) -> bool:
        return len(self.names) == 1

    @property
    def shown(self) -> str:
        found = " and ".join(repr(name[:_SHOWN]) for name in self.names[:2])
        return found + (" ..." if len(self.names) > 2 else "")

    @property
    def naming(self) -> str:
        """What makes the name that of the only column, where there is one alone."""
        name = self.names[0]
        can_be_typed = name.isprintable() and "," not in name and name == name.strip()
        way = f"--columns {quote(name)}" if can_be_typed else "input.columns in the config"
        return f"; if that is the name of its one column: {way}" if self.alone else ""


def doubt_of(names: Sequence[str], dialect: Dialect, name: str, codec: str) -> str | None:
    """Why a header was hardly meant to have these `names`, and what to do; None if nothing speaks against them.

    `name` is that of the input, `codec` that of the compression that was taken off, "" for none.
    """
    header = _Header(names, dialect, name, codec)
    rules = (_other_delimiter, _other_quote, _aligned, _comment, _other_format, _blank_before_quote)
    return next(filter(None, (rule(header) for rule in rules)), None)


def _other_delimiter(header: _Header) -> str | None:
    meant = _meant(header.names, header.dialect.delimiter)
    if meant is None:
        return None
    by = f"by the delimiter {header.dialect.delimiter!r} the header is {header.shown}"
    return f"{by}; --delimiter {spelled(meant)} reads it{header.naming}"


def _meant(names: Sequence[str], delimiter: str) -> str | None:
    """The delimiter that was probably meant where another one gives these names."""
    for other in "\t\x01\x1f;|^~,":
        holding = sum(other in name for name in names)
        # Controls never stand in a name; the others may, in one of several.
        enough = len(names) if other in ";|^~" else 1
        if other != delimiter and holding >= enough and (other != "," or len(names) == 1):
            return _doubled(other, names)
    return None


def _doubled(mark: str, names: Sequence[str]) -> str:
    """A delimiter that is `mark`, or twice that where it never stands alone: `id||name`. `id;;name` lacks a name."""
    stands_alone = any(mark in name.replace(mark * 2, "") for name in names)
    return mark if stands_alone or mark not in _DOUBLED else mark * 2


def _other_quote(header: _Header) -> str | None:
    if header.dialect.quote != '"' or not all(map(_SINGLY_QUOTED.fullmatch, header.names)):
        return None
    return f'the header is {header.shown}: --quote "\'" reads such quotes{header.naming}'


def _aligned(header: _Header) -> str | None:
    if not header.alone or "  " not in header.names[0].strip():
        return None
    command = filtered(header.name, header.codec, "sed -E 's/ +/ /g'", "--delimiter space ")
    return f"the header is {header.shown}: if blanks stand between names: {command}{header.naming}"


def _comment(header: _Header) -> str | None:
    first = header.names[0].lstrip()
    if not first.startswith("#") or not (header.alone or _is_remark(first, header.names[1:])):
        return None
    named = "if it is the header: --columns a,b names all"
    mark = "##" if first.startswith("##") else "#"
    return f"the first line is {header.shown}: if that is a comment: --comment '{mark}'; {named}"


def _is_remark(first: str, others: Sequence[str]) -> bool:
    """Whether a line that begins with # is more than one whose first name does."""
    if _COMMENT.match(first) or " " in first.rstrip():
        return True
    return any(map(kind_of, others)) and not are_years(others)


def _blank_before_quote(header: _Header) -> str | None:
    """Quotes enclose nothing where blanks stand before them: delimiters between them separate."""
    quote = header.dialect.quote
    blank = (name for name in header.names if name[:1].isspace())
    name = next((name for name in blank if quote and name.lstrip().startswith(quote)), None)
    if name is None:
        return None
    found = f"the header has a name {name[:_SHOWN]!r}: a quote encloses a field only where it stands first in it"
    return f"{found}; if blanks stand behind delimiters: --trim takes them off"


def _other_format(header: _Header) -> str | None:
    begins = header.names[0].lstrip()[:1]
    if begins not in _BEGINNINGS or not (header.alone or begins == "{"):
        return None
    way = ": --format jsonl reads rows of JSON" if begins == "{" else ""
    return f"the header is {header.shown}, which begins like {_BEGINNINGS[begins]}{way}{header.naming}"
