"""Kinds of config values: parsing, refusal and writing of each.

A refusal says what was expected and never repeats the value: it may be a secret, or hold one from the environment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from math import isfinite
from typing import Any, Generic, TypeVar

T = TypeVar("T")

DAY = 86_400.0
YEAR = 366 * DAY
_LARGEST_INTEGER = 2**63 - 1  # what TOML promises to hold
_LARGEST_SIZE = 2**50

_QUANTITY = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?)\s*([A-Za-z]*|%)")
_SHARES = {"": Fraction(1), "%": Fraction(1, 100)}
_SECONDS = {"": Fraction(1), "ms": Fraction(1, 1000), "s": Fraction(1), "m": Fraction(60), "h": Fraction(3600)}
_SECONDS["d"] = Fraction(86_400)
_BINARY = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_BYTES = {"": Fraction(1)} | {
    unit.lower(): Fraction(size)
    for unit, size in (_BINARY | {"kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}).items()
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing wrong with a value. `at` names the member of a table it speaks of, () the whole value."""

    message: str
    nearest: str = ""  # the valid name that was probably meant, "" if there is none
    at: tuple[str, ...] = ()


class RefusedError(ValueError):
    """A value is not what its key expects; `refusals` holds everything wrong with it."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__("; ".join(refusal.message for refusal in refusals))
        self.refusals = refusals

    @classmethod
    def expected(cls, expected: str, at: tuple[str, ...] = ()) -> RefusedError:
        return cls(Refusal(f"expected {expected}", at=at))


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """What a key holds. `parse` takes a value of TOML or a flag, raises `RefusedError`; `write` gives its TOML."""

    expected: str
    parse: Callable[[object], T]
    write: Callable[[T], str]
    words: tuple[str, ...] = ()  # all valid words, where there are only so many


def nearest(word: str, valid: Iterable[str]) -> str:
    """The valid name most like `word`, whatever its case; "" if none is."""
    by_folded = {name.casefold(): name for name in valid}
    close = get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else ""


def toml(value: object) -> str:
    """`value` as TOML on one line: texts, numbers, booleans, and lists and tables of them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON leaves DEL as it is, TOML does not allow it.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{toml_key(name)} = {toml(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    return str(value)


def toml_key(name: str) -> str:
    """One part of a key as TOML: bare where that is allowed, else quoted."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml(name)


def switch() -> Kind[bool]:
    def parse(value: object) -> bool:
        if not isinstance(value, bool):
            raise RefusedError.expected("true or false")
        return value

    return Kind("true or false", parse, toml)


def whole(minimum: int, maximum: int = _LARGEST_INTEGER) -> Kind[int]:
    """Whole numbers from `minimum` to `maximum`, both included."""
    expected = f"a whole number {_range(minimum, maximum, _LARGEST_INTEGER)}"

    def parse(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
            raise RefusedError.expected(expected)
        return value

    return Kind(expected, parse, toml)


def number(minimum: float, maximum: float) -> Kind[float]:
    """Finite numbers from `minimum` to `maximum`, both included."""
    expected = f"a number {_range(minimum, maximum)}"

    def parse(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not minimum <= value <= maximum:
            raise RefusedError.expected(expected)
        return float(value)

    return Kind(expected, parse, toml)


def constant() -> Kind[Any]:
    """What JSON can hold but null: texts, finite numbers, true, false, and lists and tables of them."""
    expected = "a text, a number, true or false, or a list or table of such"

    def parse(value: object) -> Any:
        match value:
            case bool() | str() | int():
                return value
            case float() if isfinite(value):
                return value
            case list() | tuple():
                return [parse(each) for each in value]
            case Mapping():
                return {str(name): parse(each) for name, each in value.items()}
        raise RefusedError.expected(expected)

    return Kind(expected, parse, toml)


def share() -> Kind[float]:
    """A part of all, more than nothing: a text like "1%", or a number up to 1."""
    expected = 'a share of more than 0 and at most all, like "1%" or 0.01'

    def parse(value: object) -> float:
        found = _quantity(value, _SHARES)
        if found is None or not 0 < found <= 1:
            raise RefusedError.expected(expected)
        return float(found)

    return Kind(expected, parse, lambda part: f'"{part * 100:.15g}%"')


def duration(minimum: float = 0.0, maximum: float = YEAR) -> Kind[float]:
    """Seconds as a number, or a text like "30s", "5m", "1.5h", "250ms"; from `minimum` to `maximum` seconds."""
    expected = f'a duration {_range(minimum, maximum)} seconds: a number of seconds, or "30s", "5m", "1.5h", "250ms"'

    def parse(value: object) -> float:
        seconds = _quantity(value, _SECONDS)
        if seconds is None or not minimum <= seconds <= maximum:
            raise RefusedError.expected(expected)
        return float(seconds)

    return Kind(expected, parse, lambda seconds: f'"{_plain(seconds)}s"')


def byte_size(minimum: int = 1, maximum: int = _LARGEST_SIZE) -> Kind[int]:
    """Bytes as a number, or a text like "1 MiB", "10 kB"; parts of a byte are dropped."""
    expected = (
        f'a size {_range(minimum, maximum, _LARGEST_SIZE)} bytes: a number of bytes, or "64 KiB", "1 MiB", "10 kB"'
    )

    def parse(value: object) -> int:
        amount = _quantity(value, _BYTES)
        if amount is None or not minimum <= int(amount) <= maximum:
            raise RefusedError.expected(expected)
        return int(amount)

    return Kind(expected, parse, _write_size)


def text(expected: str = "a text", pattern: str = r"(?s:.*)") -> Kind[str]:
    """Texts that `pattern` matches as a whole; `expected` says so in words."""
    compiled = re.compile(pattern)

    def parse(value: object) -> str:
        if not isinstance(value, str) or compiled.fullmatch(value) is None:
            raise RefusedError.expected(expected)
        return value

    return Kind(expected, parse, toml)


def path(expected: str = "the name of a file") -> Kind[str]:
    """Names that a file may have, and ""."""
    return text(expected, r"[^\0]*")


def word(*words: str) -> Kind[str]:
    """One of `words`."""
    return word_of(words, lambda: words)


def word_of(usual: tuple[str, ...], known: Callable[[], Iterable[str]]) -> Kind[str]:
    """One of the words that are `usual`, or of those that turn out to be `known` where another one is given."""

    def parse(value: object) -> str:
        if isinstance(value, str) and (value in usual or value in known()):
            return value
        words = list(known())
        raise RefusedError(
            Refusal(f"expected {_listed(words)}", nearest(value, words) if isinstance(value, str) else "")
        )

    return Kind(_listed(usual), parse, toml, usual)


def _listed(words: Sequence[str]) -> str:
    return ", ".join(toml(item) for item in words[:-1]) + f" or {toml(words[-1])}"


def either(expected: str, *kinds: Kind[Any]) -> Kind[Any]:
    """What any of `kinds` takes, asked in that order."""

    def parse(value: object) -> Any:
        for kind in kinds:
            try:
                return kind.parse(value)
            except RefusedError:
                continue
        raise RefusedError.expected(expected)

    return Kind(expected, parse, toml)


def list_of(kind: Kind[T]) -> Kind[tuple[T, ...]]:
    """Lists whose items are all of `kind`; each bad item is refused by its number, counted from 1."""
    expected = f"a list, each item {kind.expected}"

    def parse(value: object) -> tuple[T, ...]:
        if not isinstance(value, list | tuple):
            raise RefusedError.expected(expected)
        items, refusals = [], []
        for position, item in enumerate(value, start=1):
            try:
                items.append(kind.parse(item))
            except RefusedError as refused:
                refusals += [Refusal(f"item {position}: {r.message}", r.nearest) for r in refused.refusals]
        if refusals:
            raise RefusedError(*refusals)
        return tuple(items)

    return Kind(expected, parse, toml)


def table_of(kind: Kind[T]) -> Kind[Mapping[str, T]]:
    """Tables whose values are all of `kind`; each bad one is refused by its name."""
    expected = f"a table, each value {kind.expected}"

    def parse(value: object) -> Mapping[str, T]:
        if not isinstance(value, Mapping):
            raise RefusedError.expected(expected)
        members, refusals = {}, []
        for name, item in value.items():
            try:
                members[name] = kind.parse(item)
            except RefusedError as refused:
                refusals += [Refusal(r.message, r.nearest, (name,)) for r in refused.refusals]
        if refusals:
            raise RefusedError(*refusals)
        return members

    return Kind(expected, parse, toml)


def _quantity(value: object, units: Mapping[str, Fraction]) -> Fraction | None:
    """A number, or a text of a number and a unit, in the base unit; None for anything else."""
    if isinstance(value, str):
        match = _QUANTITY.fullmatch(value.strip())
        unit = None if match is None else units.get(match[2].lower())
        return None if match is None or unit is None else Fraction(match[1]) * unit
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Fraction(value) if isinstance(value, int) or isfinite(value) else None


def _range(minimum: float, maximum: float, unbounded: float | None = None) -> str:
    if maximum == unbounded:
        return f"of at least {_plain(minimum)}"
    return f"from {_plain(minimum)} to {_plain(maximum)}"


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _write_size(amount: int) -> str:
    unit, factor = max(
        ((unit, factor) for unit, factor in _BINARY.items() if amount % factor == 0), key=lambda entry: entry[1]
    )
    return f'"{amount // factor} {unit}"' if amount >= 2**10 and factor > 1 else str(amount)
