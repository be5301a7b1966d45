"""Condition: what a row must be like to be chosen.

    condition   = test { "and" test }
    test        = path sign value | path | "not" path
    sign        = "=" | "!=" | "<" | "<=" | ">" | ">="
    value       = "text" | 'text' | number | true | false | null

Words of the language are read in any case; a field that is called like one stands in quotes.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from loader.config.expressions.field_path import FieldPath, take_path
from loader.config.expressions.symbols import Sort, Symbols
from loader.config.values import Kind, RefusedError, toml

Literal = str | int | Decimal | bool | None

_SIGNS = ("=", "!=", "<", "<=", ">", ">=")
_ORDERS = frozenset(("<", "<=", ">", ">="))
_CONSTANTS: dict[str, Literal] = {"true": True, "false": False, "null": None}
_NONE_OF_OURS = {"==": '"="', "<>": '"!="', "&&": '"and"', "!": '"not"'}
EXPECTED = """a condition, like status = "paid" and amount >= 10 and email"""


@dataclass(frozen=True, slots=True)
class ValueTest:
    """The value at a path, compared with another one by one of the six signs."""

    path: FieldPath
    sign: str
    value: Literal


@dataclass(frozen=True, slots=True)
class PresenceTest:
    """Whether there is a value that is not null."""

    path: FieldPath
    wanted: bool


Test = ValueTest | PresenceTest


def condition_of(text: str) -> tuple[Test, ...]:
    """The tests that a row must pass, all of them; () for an empty text. Raises RefusedError."""
    symbols = Symbols(text)
    if symbols.has_ended:
        return ()
    tests = [_take_test(symbols)]
    while symbols.takes(Sort.WORD, "and"):
        tests.append(_take_test(symbols))
    if not symbols.has_ended:
        raise symbols.refused(_ours(symbols.next.text) or '"and", as nothing else joins two tests (there is no "or"),')
    return tuple(tests)


def condition() -> Kind[str]:
    """The text of a condition that can be read, or an empty one."""

    def parse(value: object) -> str:
        if not isinstance(value, str):
            raise RefusedError.expected(EXPECTED)
        condition_of(value)
        return value

    return Kind(EXPECTED, parse, toml)


def _take_test(symbols: Symbols) -> Test:
    if symbols.takes(Sort.WORD, "not"):
        return PresenceTest(take_path(symbols), wanted=False)
    path = take_path(symbols)
    if symbols.next.sort is not Sort.SIGN:
        return PresenceTest(path, wanted=True)
    sign = symbols.next.text
    if sign not in _SIGNS:
        raise symbols.refused(_ours(sign) or f"one of {', '.join(_SIGNS)}")
    symbols.take()
    return ValueTest(path, sign, _take_value(symbols, sign))


def _ours(sign: str) -> str:
    """What stands here for a sign of other languages; "" where nothing does."""
    return f'{_NONE_OF_OURS[sign]} instead of "{sign}"' if sign in _NONE_OF_OURS else ""


def _take_value(symbols: Symbols, sign: str) -> Literal:
    symbol = symbols.next
    if symbol.sort in (Sort.TEXT, Sort.NUMBER):
        return symbols.take().value
    word = symbol.text.casefold()
    if symbol.sort is not Sort.WORD or word not in _CONSTANTS:
        raise symbols.refused("a text in quotes, a number, true, false or null")
    if sign in _ORDERS:
        raise symbols.refused("a text in quotes or a number, as nothing else has an order,")
    symbols.take()
    return _CONSTANTS[word]
