"""Codecs by CQL type, and the types of `mapping.types` that each can read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from loader.epochs import UNITS
from loader.mapping.cql import containers, numbers, texts, times
from loader.mapping.cql.codec import Codec
from loader.mapping.cql.durations import duration_codec
from loader.mapping.cql.types import WRITE_TIMESTAMP, CqlType
from loader.texts.text_meaning import TextMeaning

PATTERN = "a pattern of strptime"

_USUAL = TextMeaning()
_TEXT_KINDS = ("string", "json")
_KINDS: Mapping[str, tuple[str, ...]] = {
    "ascii": _TEXT_KINDS,
    "text": _TEXT_KINDS,
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint", "counter", "varint"), ("integer", "number")),
    **dict.fromkeys(("float", "double", "decimal"), ("number",)),
    "boolean": ("boolean",),
    "blob": ("hex", "base64"),
    **dict.fromkeys(("timestamp", "date", "time", WRITE_TIMESTAMP.name), (*UNITS, PATTERN)),
}


def kinds_for(cql_type: CqlType) -> tuple[str, ...]:
    """What `mapping.types` can say of a column of this type. What it says of a collection holds for what is in it."""
    if not cql_type.args:
        return _KINDS.get(cql_type.name, ())
    within = (kind for arg in cql_type.args for kind in kinds_for(arg) if kind != "string")
    return tuple(dict.fromkeys(("json", *within)))


def codec_of(cql_type: CqlType, kind: str | None, booleans: Mapping[str, bool], texts: TextMeaning = _USUAL) -> Codec:
    """The codec of a type, read as `kind` where that is one of its kinds, or a pattern where it takes one."""
    if not cql_type.args:
        wanted = PATTERN if kind is not None and "%" in kind else kind
        meant = kind if wanted in _KINDS.get(cql_type.name, ()) else None
        codec = replace(_scalar(cql_type.name, meant, booleans), native=cql_type if meant is None else None)
        plain = texts.plain_number
        if plain is None or cql_type.name not in numbers.NAMES:
            return codec
        return numbers.spelled_otherwise(codec, plain, texts.spelled)
    within = None if kind == "json" else kind
    args = [codec_of(arg, within, booleans, texts) for arg in cql_type.args]
    found = _CONTAINERS["udt" if cql_type.is_udt else cql_type.name](cql_type, args)
    return replace(found, native=cql_type if all(arg.native for arg in args) else None)


def _scalar(name: str, kind: str | None, booleans: Mapping[str, bool]) -> Codec:
    match name:
        case "text":
            return _text(kind)
        case "ascii":
            return texts.ascii_codec(_text(kind))
        case "tinyint" | "smallint" | "int" | "bigint" | "counter":
            return numbers.whole_codec(name)
        case "float" | "double":
            return numbers.float_codec(name)
        case "boolean":
            return numbers.boolean_codec(booleans)
        case _:
            return _OTHERS[name](kind)


def _text(kind: str | None) -> Codec:
    match kind:
        case "json":
            return texts.json_text_codec()
        case "string":
            return texts.spelled_text_codec()
        case _:
            return texts.text_codec()


_OTHERS: Mapping[str, Callable[[str | None], Codec]] = {
    "blob": texts.blob_codec,
    "timestamp": times.timestamp_codec,
    "date": times.date_codec,
    "time": times.time_codec,
    WRITE_TIMESTAMP.name: times.write_timestamp_codec,
    "varint": lambda _: numbers.varint_codec(),
    "decimal": lambda _: numbers.decimal_codec(),
    "uuid": lambda _: texts.uuid_codec(),
    "timeuuid": lambda _: texts.timeuuid_codec(),
    "inet": lambda _: texts.inet_codec(),
    "duration": lambda _: duration_codec(),
}

_CONTAINERS: Mapping[str, Callable[[CqlType, Sequence[Codec]], Codec]] = {
    "list": lambda _, args: containers.list_codec(args[0]),
    "set": lambda _, args: containers.set_codec(args[0]),
    "map": lambda _, args: containers.map_codec(args[0], args[1]),
    "tuple": lambda _, args: containers.tuple_codec(args),
    "udt": containers.udt_codec,
    "vector": lambda vector, args: containers.vector_codec(vector, args[0]),
}
