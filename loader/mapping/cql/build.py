"""Codecs by CQL type, and the types of `mapping.types` that each can read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo

from loader.config.mapping_types import FieldType
from loader.mapping.cql import containers, numbers, texts, times
from loader.mapping.cql.codec import Codec
from loader.mapping.cql.durations import duration_codec
from loader.mapping.cql.patterns import PATTERN, word_of
from loader.mapping.cql.types import WRITE_TIMESTAMP, CqlType
from loader.texts.epochs import UNITS
from loader.texts.text_meaning import TextMeaning

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


def codec_of(
    cql_type: CqlType, kind: FieldType | None, booleans: Mapping[str, bool], texts: TextMeaning = _USUAL
) -> Codec:
    """The codec of a type, read as `kind` where that is one of its kinds, or a pattern where it takes one."""
    if not cql_type.args:
        is_taken = kind is not None and word_of(kind) in _KINDS.get(cql_type.name, ())
        meant = kind if is_taken else None
        codec = replace(_scalar(cql_type.name, meant, booleans, texts.zone), native=cql_type if meant is None else None)
        plain = texts.plain_number
        if plain is None or cql_type.name not in numbers.NAMES:
            return codec
        return numbers.spelled_otherwise(codec, plain, texts.spelled)
    within = None if kind == "json" else kind
    args = [codec_of(arg, within, booleans, texts) for arg in cql_type.args]
    read = containers.text_reader(texts.null_words)
    found = _CONTAINERS["udt" if cql_type.is_udt else cql_type.name](cql_type, args, read)
    return replace(found, native=cql_type if all(arg.native for arg in args) else None)


def _scalar(name: str, kind: FieldType | None, booleans: Mapping[str, bool], zone: tzinfo | None) -> Codec:
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
            return _MOMENTS[name](kind, zone) if name in _MOMENTS else _OTHERS[name](kind)


def _text(kind: FieldType | None) -> Codec:
    match kind:
        case "json":
            return texts.json_text_codec()
        case "string":
            return texts.spelled_text_codec()
        case _:
            return texts.text_codec()


_MOMENTS: Mapping[str, Callable[[FieldType | None, tzinfo | None], Codec]] = {
    "timestamp": times.timestamp_codec,
    WRITE_TIMESTAMP.name: times.write_timestamp_codec,
}

_OTHERS: Mapping[str, Callable[[FieldType | None], Codec]] = {
    "blob": texts.blob_codec,
    "date": times.date_codec,
    "time": times.time_codec,
    "varint": lambda _: numbers.varint_codec(),
    "decimal": lambda _: numbers.decimal_codec(),
    "uuid": lambda _: texts.uuid_codec(),
    "timeuuid": lambda _: texts.timeuuid_codec(),
    "inet": lambda _: texts.inet_codec(),
    "duration": lambda _: duration_codec(),
}

_CONTAINERS: Mapping[str, Callable[[CqlType, Sequence[Codec], containers.Read], Codec]] = {
    "list": lambda _, args, read: containers.list_codec(args[0], read),
    "set": lambda _, args, read: containers.set_codec(args[0], read),
    "map": lambda _, args, read: containers.map_codec(args[0], args[1], read),
    "tuple": lambda _, args, read: containers.tuple_codec(args, read),
    "udt": containers.udt_codec,
    "vector": lambda vector, args, read: containers.vector_codec(vector, args[0], read),
}
