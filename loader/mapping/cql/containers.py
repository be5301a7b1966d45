"""Codecs of types that hold others: list, set, map, tuple, user-defined types and vectors.

Their text form is JSON, or a literal of CQL. They hold values after their lengths, whatever is frozen (native protocol
v4, section 6).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain
from typing import Any

import msgspec

from loader.mapping.cql.codec import NULL, Codec, MisfitError, Parts, frame, framed, json_text, pack_length
from loader.mapping.cql.field_names import Names
from loader.mapping.cql.literals import Braces, read_literal
from loader.mapping.cql.types import CqlType
from loader.mapping.cql.vint import unsigned_vint

_PACKED = {"float": "f", "double": "d"}
_POSITION = re.compile(r"field_([0-9]+)_")  # what cqlsh calls a field whose name is none in Python

Read = Callable[[str], Any]
"""What stands in a text that holds a collection; raises one of UNFIT."""


def text_reader(null_words: Collection[str]) -> Read:
    """What reads JSON, and else literals of CQL, in which `null_words` without quotes are null."""

    def read(text: str) -> Any:
        try:
            found = json_text(text)
        except msgspec.DecodeError:
            return read_literal(text, null_words)
        return Braces() if found == {} else found

    return read


def list_codec(element: Codec, read: Read) -> Codec:
    def encode(value: Any) -> bytes:
        values = _parsed(read, value, list)
        return pack_length(len(values)) + b"".join(map(frame, _elements(element, values)))

    return Codec(f"a JSON array, each element {element.expected}", encode, list[element.json_type] | str)  # type: ignore[name-defined]


def set_codec(element: Codec, read: Read) -> Codec:
    """Elements that stand there twice are one. The server puts them into order."""

    def encode(value: Any) -> bytes:
        given = _parsed(read, value, list, Braces)
        values = dict.fromkeys(_elements(element, given))
        return pack_length(len(values)) + b"".join(map(frame, values))

    return Codec(f"a JSON array, each element {element.expected}", encode, list[element.json_type] | str)  # type: ignore[name-defined]


def map_codec(key: Codec, value: Codec, read: Read) -> Codec:
    """From an object, whose names are keys as text, or from a list of pairs. Of two equal keys the later counts."""

    def encode(given: Any) -> bytes:
        pairs = _parsed(read, given, dict, list)
        entries = dict(_entry(key, value, at, pair) for at, pair in _pairs(pairs))
        return pack_length(len(entries)) + b"".join(map(frame, chain.from_iterable(entries.items())))

    expected = f"a JSON object, or an array of pairs, each key {key.expected}, each value {value.expected}"
    return Codec(expected, encode)


def tuple_codec(elements: Sequence[Codec], read: Read) -> Codec:
    """Elements may be null; there must be as many as the type has."""

    def encode(value: Any) -> bytes:
        return _fields(elements, _parsed(read, value, list), [f"[{at}]" for at in range(len(elements))])

    return Codec(f"a JSON array of {len(elements)} elements", encode)


def udt_codec(udt: CqlType, fields: Sequence[Codec], read: Read) -> Codec:
    """From an object, where fields that are absent are null, or from a list of all fields in order."""
    names = Names(udt.fields)

    def encode(value: Any) -> bytes:
        given = _parsed(read, value, dict, list)
        if isinstance(given, dict):
            given = _ordered(names, _named(udt.fields, given))
        return _fields(fields, given, [f".{name}" for name in udt.fields])

    return Codec(f"a JSON object or array with the fields of the type {udt.name}", encode)


def vector_codec(vector: CqlType, element: Codec, read: Read) -> Codec:
    """Elements of one length stand without it (as of Cassandra 5.0). Floats and doubles are packed at once."""
    dimension = vector.dimension

    def encode(value: Any) -> bytes:
        values = _parsed(read, value, list)
        if len(values) != dimension:
            raise ValueError(value)
        encoded = _elements(element, values)
        if element.size is None:
            encoded = [part for each in encoded for part in (unsigned_vint(len(each)), each)]
        return b"".join(encoded)

    expected = f"a JSON array of {dimension} elements, each {element.expected}"
    size = None if element.size is None else element.size * dimension
    layout = _PACKED.get(vector.args[0].name)
    if layout is None:
        return Codec(expected, encode, list[element.json_type] | str, size=size)  # type: ignore[name-defined]
    pack = struct.Struct(f">{dimension}{layout}").pack

    def column(values: Sequence[Any]) -> Parts:
        return framed([pack(*each) for each in values])

    return Codec(expected, encode, list[float] | str, (column,), size=size)


def _parsed(read: Read, value: Any, *types: type) -> Any:
    """`value`, or what stands in it, if it is a text, of one of `types`. Raises ValueError or TypeError."""
    found = read(value) if isinstance(value, str) else value
    if not isinstance(found, types):
        raise TypeError(value)
    return found


def _elements(element: Codec, values: Sequence[Any]) -> list[bytes]:
    return [_at(f"[{at}]", element.value, value) for at, value in enumerate(values)]


def _at(step: str, encode: Callable[[Any], bytes], value: Any) -> bytes:
    try:
        return encode(value)
    except MisfitError as misfit:
        raise misfit.within(step) from misfit


def _pairs(given: Any) -> Any:
    """Where each entry of a map stands, and its key and value."""
    if isinstance(given, dict):
        return ((f"[{key}]", (key, value)) for key, value in given.items())
    return ((f"[{at}]", pair) for at, pair in enumerate(given))


def _entry(key: Codec, value: Codec, at: str, pair: Any) -> tuple[bytes, bytes]:
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise MisfitError(pair, "an array of key and value", at)
    return _at(at, key.value, pair[0]), _at(at, value.value, pair[1])


def _fields(codecs: Sequence[Codec], values: Sequence[Any], steps: Sequence[str]) -> bytes:
    if len(values) != len(codecs):
        raise ValueError(values)
    return b"".join(
        NULL if value is None else frame(_at(step, codec.value, value))
        for codec, value, step in zip(codecs, values, steps, strict=True)
    )


def _named(fields: Sequence[str], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values by the names that the type has, where cqlsh calls fields by their position."""
    found = {}
    for name, value in given.items():
        match = None if name in fields else _POSITION.fullmatch(name)
        found[fields[int(match[1])] if match and int(match[1]) < len(fields) else name] = value
    return found if len(found) == len(given) else given


def _ordered(names: Names, given: Mapping[str, Any]) -> list[Any]:
    """The values of an object in the order of the fields of its type."""
    fields = tuple(given)
    feeding = names.feed(fields)
    if feeding.extra:
        raise MisfitError(", ".join(fields[at] for at in feeding.extra), "only fields that the type has")
    if any(len(sources) > 1 for sources in feeding.sources):
        raise MisfitError(", ".join(fields), "one field of each name")
    return [given[fields[sources[0]]] if sources else None for sources in feeding.sources]
