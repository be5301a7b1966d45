"""Field path: a field, or what lies within one: `user.address[0].city`.

Names with other characters than letters, digits, `_` and `-` stand in quotes: `"order id"`, `user."first.name"`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from loader.config.expressions.symbols import Sort, Symbols

_STEP = re.compile(r"""\[(?P<place>[0-9]+)\]|\.?(?:"(?P<quoted>[^"]*)"|(?P<plain>[^.\[\]"]+))""")
_NAME = r"""(?:"[^"]*"|[^.\[\]"]+)"""
_NESTED = re.compile(rf"{_NAME}(?:\.{_NAME}|\[[0-9]+\])+")

MISSING: Any = msgspec.UNSET
"""What stands at a path that leads nowhere."""


@dataclass(frozen=True, slots=True)
class FieldPath:
    """Where a value stands in a row.

    `name` is the whole as it is written: a field of that very name wins. `steps` lead from the row inwards: names of
    members, and places in lists from 0. One whose single step is its name is a field alone.
    """

    name: str
    steps: tuple[str | int, ...]

    @classmethod
    def of_field(cls, name: str) -> FieldPath:
        """The field of that name, whatever characters it holds."""
        return cls(name, (name,))

    @property
    def root(self) -> str:
        """The field that holds it, where none has the whole name."""
        return str(self.steps[0])

    @property
    def is_nested(self) -> bool:
        """Whether it may lie within a field."""
        return len(self.steps) > 1

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it may be about: that of its name first."""
        return (self.name, self.root) if self.is_nested else (self.root,)

    def within(self, value: Any) -> Any:
        """What lies in the value of the root; MISSING where nothing does."""
        for step in self.steps[1:]:
            if isinstance(step, int):
                if not isinstance(value, list | tuple) or step >= len(value):
                    return MISSING
                value = value[step]
            elif not isinstance(value, dict) or step not in value:
                return MISSING
            else:
                value = value[step]
        return value


def take_path(symbols: Symbols) -> FieldPath:
    """The path that comes next. Raises RefusedError."""
    first = symbols.next
    steps: list[str | int] = [_take_name(symbols)]
    end = first.at + len(first.text) - 1
    while symbols.next.text in (".", "[") and symbols.next.sort is Sort.SIGN:
        if symbols.take().text == ".":
            symbol = symbols.next
            steps.append(_take_name(symbols))
        else:
            steps.append(_take_place(symbols))
            symbol = symbols.next
            if not symbols.takes(Sort.SIGN, "]"):
                raise symbols.refused('"]"')
        end = symbol.at + len(symbol.text) - 1
    name = str(steps[0]) if len(steps) == 1 else symbols.text[first.at - 1 : end]
    return FieldPath(name, tuple(steps))


def path_of(text: str) -> FieldPath:
    """The path that is all of `text`, whose names need no quotes here; what is none names a field as it stands."""
    if _NESTED.fullmatch(text) is None:
        return FieldPath.of_field(text)
    return FieldPath(text, tuple(map(_step, _STEP.finditer(text))))


def _step(match: re.Match[str]) -> str | int:
    if match["place"] is not None:
        return int(match["place"])
    return match["quoted"] if match["quoted"] is not None else match["plain"]


def _take_name(symbols: Symbols) -> str:
    symbol = symbols.next
    if symbol.sort not in (Sort.WORD, Sort.TEXT):
        raise symbols.refused("the name of a field (in quotes, if it is no plain word)")
    return str(symbols.take().value)


def _take_place(symbols: Symbols) -> int:
    value = symbols.next.value
    if symbols.next.sort is not Sort.NUMBER or not isinstance(value, int) or value < 0:
        raise symbols.refused("a place in a list, counted from 0,")
    symbols.take()
    return value
