"""Codecs of numbers and booleans."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from loader.mapping.cql.codec import Codec, EncodeColumn, Parts, frame, pack_length, packed

# What Python itself converts between text and number; longer numbers take time that grows with the square.
_MOST_DIGITS = 4300

NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?")
_WHOLE_CHARACTERS = re.compile(r"[0-9-]*").fullmatch
_FLOAT_CHARACTERS = re.compile(r"[0-9eE.+-]*").fullmatch
_INFINITE = {"": math.inf, "+": math.inf, "-": -math.inf}
_WORDS = {"nan": math.nan} | {sign + word: each for sign, each in _INFINITE.items() for word in ("infinity", "inf")}
_WHOLE_LAYOUTS = {"tinyint": "b", "smallint": "h", "int": "i", "bigint": "q", "counter": "q"}
NAMES = frozenset((*_WHOLE_LAYOUTS, "varint", "decimal", "float", "double"))
_IN_VECTORS = {"int": 4, "bigint": 8}  # tinyint and smallint count as of differing length there


def whole_codec(name: str) -> Codec:
    """tinyint, smallint, int, bigint or counter."""
    layout = _WHOLE_LAYOUTS[name]
    pack = struct.Struct(f">{layout}").pack
    limit = 1 << (8 * struct.calcsize(f">{layout}") - 1)
    return Codec(
        f"a whole number from {-limit} to {limit - 1}",
        lambda value: pack(whole(value)),
        int | str,
        (lambda numbers: packed(layout, numbers), lambda texts: packed(layout, wholes(texts))),
        size=_IN_VECTORS.get(name),
    )


def varint_codec() -> Codec:
    return Codec(
        f"a whole number, digits alone and at most {_MOST_DIGITS:,} of them",
        lambda value: varint_bytes(whole(value)),
        int | str,
    )


def decimal_codec() -> Codec:
    """Digits and scale are kept as they are spelled: 1.50 is not 1.5."""
    return Codec(f"a number like -1234.56, of at most {_MOST_DIGITS:,} digits and with no separators", _decimal)


def float_codec(name: str) -> Codec:
    """float or double."""
    layout = "f" if name == "float" else "d"
    pack = struct.Struct(f">{layout}").pack
    return Codec(
        f"a number within the range of a {name}, or NaN, Infinity or -Infinity as text",
        lambda value: pack(_real(value)),
        float | str,
        (lambda numbers: packed(layout, numbers), lambda texts: packed(layout, _reals(texts))),
        size=struct.calcsize(f">{layout}"),
    )


def boolean_codec(words: Mapping[str, bool]) -> Codec:
    """`words` are those for true and false, in lower case."""
    cells = {value: frame(bytes((value,))) for value in (True, False)}
    spelled = {form(word): cells[value] for word, value in words.items() for form in (str.lower, str.upper, str.title)}

    def encode(value: bool | int | str) -> bytes:
        return bytes((value if isinstance(value, bool) else words[str(value).lower()],))

    def column(of: Mapping[Any, bytes]) -> Callable[[Sequence[Any]], Parts]:
        return lambda values: (list(map(of.__getitem__, values)),)

    expected = f"true or false ({', '.join(words)})"
    return Codec(expected, encode, bool | str, (column(cells), column(spelled)), size=1)


def spelled_otherwise(codec: Codec, plain: Callable[[str], str], spelled: str) -> Codec:
    """`codec` for numbers that are texts, spelled as `plain` reads them, and `spelled` says."""

    def read(value: Any) -> Any:
        return plain(value) if type(value) is str else value

    def column(encode: EncodeColumn) -> EncodeColumn:
        return lambda values: encode(list(map(read, values)))

    return replace(
        codec,
        expected=f"{codec.expected}, in a text {spelled}",
        encode=lambda value: codec.encode(read(value)),
        columns=tuple(map(column, codec.columns)),
    )


def whole(value: int | str) -> int:
    """A whole number, also one spelled 12.0 or 1.2e3. Raises ValueError or TypeError for all else."""
    if type(value) is int:
        return value
    digits, scale = digits_and_scale(value)
    if scale <= 0:
        if digits and -scale > _MOST_DIGITS:
            raise OverflowError("a number of too many digits")
        return digits * power_of_ten(min(-scale, _MOST_DIGITS))
    number, rest = divmod(digits, power_of_ten(min(scale, 2 * _MOST_DIGITS)))
    if rest:
        raise ValueError(value)
    return number


def power_of_ten(exponent: int) -> int:
    """10 to the power of an `exponent` that is not negative."""
    return int(10**exponent)


def digits_and_scale(value: int | str) -> tuple[int, int]:
    """A number as its digits and how many of them stand after the point. Raises ValueError or TypeError."""
    if type(value) is int:
        return value, 0
    if not isinstance(value, str):
        raise TypeError(value)
    match = NUMBER.fullmatch(value)
    if match is None:
        raise ValueError(value)
    sign, before, after, exponent = match.groups("")
    return int(sign + before + after), len(after) - int(exponent or 0)


def varint_bytes(number: int) -> bytes:
    """The shortest two's complement; another one would be another key to the server."""
    return number.to_bytes((number if number >= 0 else ~number).bit_length() // 8 + 1, "big", signed=True)


def _decimal(value: int | str) -> bytes:
    digits, scale = digits_and_scale(value)
    return pack_length(scale) + varint_bytes(digits)


def _real(value: float | str) -> float:
    if isinstance(value, bool):
        raise TypeError(value)
    if not isinstance(value, str):
        return float(value)
    if (word := _WORDS.get(value.lower())) is not None:
        return word
    if NUMBER.fullmatch(value) is None:
        raise ValueError(value)
    return _finite(float(value))


def _finite(number: float) -> float:
    if math.isinf(number):
        raise OverflowError("a number beyond a double")
    return number


def wholes(texts: Sequence[str]) -> list[int]:
    """Plain whole numbers; int() alone would take blanks, underscores and digits of any script."""
    if _WHOLE_CHARACTERS("".join(texts)) is None:
        raise ValueError("not plain digits")
    return list(map(int, texts))


def _reals(texts: Sequence[str]) -> list[float]:
    """Plain numbers; float() alone would take blanks, underscores and digits of any script."""
    if _FLOAT_CHARACTERS("".join(texts)) is None:
        raise ValueError("not plain numbers")
    numbers = list(map(float, texts))
    if math.inf in numbers or -math.inf in numbers:
        raise OverflowError("a number beyond a double")
    return numbers
