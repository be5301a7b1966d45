"""Types as words, as layouts and letters have them, and back: `int64`, `struct<"a": list<bool>>`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

_SIMPLE: Mapping[str, pa.DataType] = {
    "null": pa.null(),
    "bool": pa.bool_(),
    **{f"{sign}int{bits}": getattr(pa, f"{sign}int{bits}")() for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "float32": pa.float32(),
    "float64": pa.float64(),
    "string": pa.string(),
    "binary": pa.binary(),
    "uuid": pa.binary(16),
    "date": pa.date32(),
    "interval": pa.month_day_nano_interval(),
    **{f"time[{unit}]": pa.time32(unit) for unit in ("s", "ms")},
    **{f"time[{unit}]": pa.time64(unit) for unit in ("us", "ns")},
    **{f"duration[{unit}]": pa.duration(unit) for unit in ("s", "ms", "us", "ns")},
}
_WORDS = {kind: word for word, kind in _SIMPLE.items()}

_NAME = re.compile(r'"(?:[^"\\]|\\.)*"')
_OTHER = re.compile(
    r"decimal(?P<bits>128|256)\((?P<precision>[0-9]+), (?P<scale>-?[0-9]+)\)"
    r"|timestamp\[(?P<unit>s|ms|us|ns)(?:, (?P<zone>[^\]]+))?\]"
    r"|(?P<simple>[a-z]+[0-9]*(?:\[[a-z]+\])?)"
)


def word_of(kind: pa.DataType) -> str:
    """The word for a plain type."""
    if kind in _WORDS:
        return _WORDS[kind]
    types = pa.types
    if types.is_decimal(kind):
        return f"decimal{kind.bit_width}({kind.precision}, {kind.scale})"
    if types.is_timestamp(kind):
        return f"timestamp[{kind.unit}{f', {kind.tz}' if kind.tz else ''}]"
    if types.is_list(kind):
        return f"list<{word_of(kind.value_type)}>"
    if types.is_map(kind):
        return f"map<{word_of(kind.key_type)}, {word_of(kind.item_type)}>"
    fields = (kind.field(at) for at in range(kind.num_fields))
    named = (f"{json.dumps(field.name, ensure_ascii=False)}: {word_of(field.type)}" for field in fields)
    return f"struct<{', '.join(named)}>"


def type_of(word: str) -> pa.DataType:
    """The plain type that a word stands for. Raises ValueError."""
    found, end = _read(word, 0)
    if end != len(word):
        raise ValueError(f"{word!r} is no type")
    return found


def _read(word: str, at: int) -> tuple[Any, int]:
    """The type that begins at `at`, and where it ends."""
    for prefix, read in _NESTED.items():
        if word.startswith(prefix, at):
            found, at = read(word, at + len(prefix))
            return found, _after(word, at, ">")
    match = _OTHER.match(word, at)
    if match is None:
        raise ValueError(f"{word!r} is no type")
    if match["bits"]:
        made = pa.decimal128 if match["bits"] == "128" else pa.decimal256
        return made(int(match["precision"]), int(match["scale"])), match.end()
    if match["unit"]:
        return pa.timestamp(match["unit"], match["zone"]), match.end()
    if match["simple"] not in _SIMPLE:
        raise ValueError(f"{match['simple']!r} is no type")
    return _SIMPLE[match["simple"]], match.end()


def _list(word: str, at: int) -> tuple[Any, int]:
    value, at = _read(word, at)
    return pa.list_(value), at


def _map(word: str, at: int) -> tuple[Any, int]:
    key, at = _read(word, at)
    value, at = _read(word, _after(word, at, ", "))
    return pa.map_(key, value), at


def _struct(word: str, at: int) -> tuple[Any, int]:
    fields: list[tuple[str, Any]] = []
    while word[at : at + 1] != ">":
        at = _after(word, at, ", ") if fields else at
        name = _NAME.match(word, at)
        if name is None:
            raise ValueError(f"{word!r} is no type")
        value, at = _read(word, _after(word, name.end(), ": "))
        fields.append((json.loads(name[0]), value))
    return pa.struct(fields), at


_NESTED: Mapping[str, Callable[[str, int], tuple[Any, int]]] = {"list<": _list, "map<": _map, "struct<": _struct}


def _after(word: str, at: int, expected: str) -> int:
    if not word.startswith(expected, at):
        raise ValueError(f"{word!r} is no type")
    return at + len(expected)


def schema_of(names: Sequence[str], words: Sequence[str]) -> pa.Schema:
    """Columns of these names and types. Raises ValueError."""
    return pa.schema([pa.field(name, type_of(word)) for name, word in zip(names, words, strict=True)])
