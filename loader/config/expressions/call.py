"""Call: a value made of fields by one of a fixed list of functions: `concat(trim(first), ' ', upper(last))`.

    call        = function "(" [ argument { "," argument } ] ")"
    argument    = call | path | "text" | 'text' | whole number

A field whose name is no plain word is called by `field('order id')`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loader.config.expressions.field_path import FieldPath, take_path
from loader.config.expressions.symbols import Sort, Symbols
from loader.config.values import Kind, Refusal, RefusedError, nearest, toml

FIELD = "field"  # makes a path of a text; no function
EXPECTED = "a call of a function, like lower(email) or concat(first, ' ', last)"


@dataclass(frozen=True, slots=True)
class Call:
    """A function and what it is given: calls, fields, texts and whole numbers."""

    function: str
    arguments: tuple[Argument, ...]

    @property
    def calls(self) -> Iterator[Call]:
        """It, and all within."""
        yield self
        for argument in self.arguments:
            if isinstance(argument, Call):
                yield from argument.calls

    @property
    def paths(self) -> Iterator[FieldPath]:
        """The fields that it is about."""
        for argument in self.arguments:
            if isinstance(argument, FieldPath):
                yield argument
            elif isinstance(argument, Call):
                yield from argument.paths


Argument = Call | FieldPath | str | int


@dataclass(frozen=True, slots=True)
class Signature:
    """How many arguments a function takes, None for any number, and from which index on they are texts or numbers that
    stand there as they are: the type of each.
    """

    least: int
    most: int | None
    fixed: Mapping[int, type] | None = None


SIGNATURES: Mapping[str, Signature] = {
    "lower": Signature(1, 1),
    "upper": Signature(1, 1),
    "trim": Signature(1, 1),
    "concat": Signature(1, None),
    "split": Signature(2, 3, {1: str, 2: int}),
    "coalesce": Signature(1, None),
    "hash": Signature(1, 1),
    "to_json": Signature(1, 1),
    "from_json": Signature(1, 1),
    "uuid": Signature(0, 0),
    "timeuuid": Signature(0, 0),
    "now": Signature(0, 0),
}


def call_of(text: str) -> Call:
    """The call that is all of `text`. Raises RefusedError."""
    symbols = Symbols(text)
    call = _take_argument(symbols)
    if not isinstance(call, Call):
        raise RefusedError.expected(f"{EXPECTED}; a field alone stands in mapping.fields, a value in mapping.constants")
    if not symbols.has_ended:
        raise symbols.refused("nothing more")
    return call


def call_kind() -> Kind[str]:
    """The text of a call that can be read."""

    def parse(value: object) -> str:
        if not isinstance(value, str):
            raise RefusedError.expected(EXPECTED)
        call_of(value)
        return value

    return Kind(EXPECTED, parse, toml)


def _take_argument(symbols: Symbols) -> Argument:
    symbol = symbols.next
    if symbol.sort is Sort.TEXT:
        return str(symbols.take().value)
    if symbol.sort is Sort.NUMBER:
        if not isinstance(symbol.value, int):
            raise symbols.refused("a whole number")
        symbols.take()
        return symbol.value
    if symbol.sort is not Sort.WORD:
        raise symbols.refused("a function, a field, or a text in quotes")
    if not symbols.is_call:
        return take_path(symbols)
    return _take_call(symbols)


def _take_call(symbols: Symbols) -> Argument:
    name, at = symbols.next.text, symbols.next.at
    if name not in SIGNATURES and name != FIELD:
        known = ", ".join(SIGNATURES)
        raise RefusedError(
            Refusal(f"expected one of the functions {known} at character {at}", nearest(name, SIGNATURES))
        )
    symbols.take()
    symbols.take()
    arguments: list[Argument] = []
    while not symbols.takes(Sort.SIGN, ")"):
        if arguments and not symbols.takes(Sort.SIGN, ","):
            raise symbols.refused('"," or ")"')
        arguments.append(_take_argument(symbols))
    if name == FIELD:
        if len(arguments) != 1 or not isinstance(arguments[0], str):
            raise RefusedError.expected(f"the name of a field in quotes in {FIELD}(...) at character {at}")
        return FieldPath.of_field(arguments[0])
    _check(name, arguments, at)
    return Call(name, tuple(arguments))


def _check(name: str, arguments: list[Argument], at: int) -> None:
    signature = SIGNATURES[name]
    most = len(arguments) if signature.most is None else signature.most
    if not signature.least <= len(arguments) <= most:
        raise RefusedError.expected(f"{_count(signature)} in {name}(...) at character {at}")
    for index, kind in (signature.fixed or {}).items():
        if index < len(arguments) and not _fits(arguments[index], kind):
            what = "a text in quotes" if kind is str else "a whole number, counted from 0,"
            raise RefusedError.expected(f"{what} as argument {index + 1} of {name}(...) at character {at}")


def _count(signature: Signature) -> str:
    if signature.most is None:
        return "at least one argument"
    if signature.most == 0:
        return "no argument"
    if signature.least == signature.most:
        return "one argument"
    return f"{signature.least} or {signature.most} arguments"


def _fits(argument: Argument, kind: type) -> bool:
    """Whether an argument is a text that is not empty, or a number that is not negative."""
    if kind is str:
        return isinstance(argument, str) and argument != ""
    return isinstance(argument, int) and argument >= 0
