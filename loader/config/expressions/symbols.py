"""Symbols of expressions, and reading them one by one.

A refusal names a place and never repeats the text: it may hold a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

import msgspec

from loader.config.values import RefusedError


class Sort(Enum):
    """What a symbol is."""

    WORD = auto()
    TEXT = auto()
    NUMBER = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Symbol:
    """One symbol: `text` as it is written, `value` what a text or number says, `at` its first character from 1."""

    sort: Sort
    text: str
    at: int
    value: str | int | Decimal = ""


_SYMBOL = re.compile(
    r"""\s*(?:
    (?P<text>"(?:[^"\\]|\\.)*"|'[^']*')
    |(?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.]))
    |(?P<word>[^\W\d](?:[\w$@]|-(?=\w))*)
    |(?P<sign><=|>=|!=|<>|==|&&|\|\||[=<>.,()\[\]!])
    |(?P<end>\Z)
    )""",
    re.VERBOSE,
)


class Symbols:
    """The symbols of one expression, read from first to last. `expected` of a refusal is the end of a sentence."""

    def __init__(self, text: str) -> None:
        """Raises RefusedError where a character begins no symbol."""
        self.text = text
        self._symbols = list(_symbols(text))
        self._next = 0

    @property
    def next(self) -> Symbol:
        """The symbol that comes next; END where there is none."""
        return self._symbols[self._next]

    def take(self) -> Symbol:
        """Go on behind the next symbol, which is returned."""
        symbol = self.next
        self._next += symbol.sort is not Sort.END
        return symbol

    @property
    def has_ended(self) -> bool:
        """Whether no symbol comes any more."""
        return self.next.sort is Sort.END

    @property
    def is_call(self) -> bool:
        """Whether the next symbol is a word before an opening bracket."""
        behind = self._symbols[self._next + 1] if not self.has_ended else self.next
        return self.next.sort is Sort.WORD and (behind.sort, behind.text) == (Sort.SIGN, "(")

    def takes(self, sort: Sort, *texts: str) -> bool:
        """Whether the next symbol is one of these, whatever its case; then go on behind it."""
        found = self.next.sort is sort and self.next.text.casefold() in texts
        if found:
            self.take()
        return found

    def refused(self, expected: str) -> RefusedError:
        """That something else was expected than what comes next."""
        where = "at its end" if self.has_ended else f"at character {self.next.at}"
        return RefusedError.expected(f"{expected} {where}")


def _symbols(text: str) -> Iterator[Symbol]:
    at = 0
    while True:
        match = _SYMBOL.match(text, at)
        if match is None or match.lastgroup is None:
            place = at + len(text[at:]) - len(text[at:].lstrip()) + 1
            quoted = text[place - 1 : place] in ("'", '"')
            expected = "a closing quote for the one" if quoted else "another character"
            raise RefusedError.expected(f"{expected} at character {place}")
        sort, written, place = Sort[match.lastgroup.upper()], match[match.lastgroup], match.start(match.lastgroup) + 1
        yield Symbol(sort, written, place, _value(sort, written, place))
        if sort is Sort.END:
            return
        at = match.end()


def _value(sort: Sort, written: str, at: int) -> str | int | Decimal:
    match sort:
        case Sort.TEXT if written.startswith("'"):
            return written[1:-1]
        case Sort.TEXT:
            try:
                return msgspec.json.decode(written, type=str)
            except msgspec.DecodeError:
                raise RefusedError.expected(f"escapes as JSON has them in the text at character {at}") from None
        case Sort.NUMBER:
            return int(written) if written.lstrip("-").isdigit() else Decimal(written)
    return written
