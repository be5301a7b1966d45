"""JSON fields as columns of values, decoded into the usual type of each column, other rows one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import msgspec

from loader.mapping.cql.codec import Codec, Number
from loader.mapping.cql.field_names import Names

_MOST_NAMES = 1000  # learned besides the usual ones; rows of ever new names are taken one by one
_NOT_IN_STRUCTS = re.compile(r'[\x00-\x1f"\\]')  # characters that names in a msgspec.Struct cannot have

_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_value = msgspec.json.Decoder(float_hook=Number).decode

Object = Mapping[str, msgspec.Raw]


@dataclass(frozen=True, slots=True)
class Usual:
    """Rows of the usual form: their indexes, and a column for each parameter (None where nothing feeds it)."""

    indexes: Sequence[int]
    columns: Sequence[Sequence[Any] | None]


class JsonFields:
    """Decodes JSON rows. Thread-safe.

    Of several fields with the same name the last one counts, as for Cassandra's own INSERT JSON.
    """

    def __init__(self, names: Names, codecs: Sequence[Codec], usual: Iterable[str], *, ignore_extra: bool) -> None:
        """`codecs` are those of the parameters, `usual` the fields that rows are expected to have."""
        self._names = names
        self._codecs = codecs
        self._ignore_extra = ignore_extra
        self._known = self._learnable(usual)
        self._limit = len(self._known) + _MOST_NAMES
        self._layout = _Layout(self._known, codecs)

    def decode(self, raw: Sequence[bytes]) -> tuple[Usual, Mapping[int, Object]]:
        """The rows of the usual form, and all others by index."""
        usual, odd = self._layout.decode(raw)
        objects = {at: _decode_object(raw[at]) for at in odd}
        if objects and self._learn({name for each in objects.values() for name in each}):
            usual, odd = self._layout.decode(raw)
            objects = {at: objects.get(at) or _decode_object(raw[at]) for at in odd}
        return usual, objects

    def value(self, parameter: int, value: msgspec.Raw) -> Any:
        """What a field holds, for the codec of a parameter; what cannot be decoded comes as it is, and fits nothing."""
        if self._codecs[parameter].raw:
            return _raw(value)
        try:
            return _decode_value(value)
        except msgspec.DecodeError:
            return value

    def _learn(self, names: Iterable[str]) -> bool:
        """Make more spellings of names, and names to ignore, usual; whether there were any."""
        new = self._learnable(name for name in names if name not in self._known)
        if not new or len(self._known) + len(new) > self._limit:
            return False
        self._known = {**self._known, **new}
        self._layout = _Layout(self._known, self._codecs)
        return True

    def _learnable(self, names: Iterable[str]) -> dict[str, Sequence[int]]:
        """Which parameters each of these fields feeds; () for those to ignore."""
        found: dict[str, Sequence[int]] = {}
        for name in names:
            sources = self._names.feed((name,)).sources
            targets = tuple(at for at, fed in enumerate(sources) if fed)
            types = {(self._codecs[at].json_type, self._codecs[at].raw) for at in targets}
            if _NOT_IN_STRUCTS.search(name) is None and (len(types) == 1 or (self._ignore_extra and not types)):
                found[name] = targets
        return found


class _Layout:
    """Decodes rows whose fields are all known."""

    def __init__(self, known: Mapping[str, Sequence[int]], codecs: Sequence[Codec]) -> None:
        attributes = {f"f{at}": name for at, name in enumerate(known)}
        fields = [
            (attribute, _annotation([codecs[target] for target in known[name]]), msgspec.UNSET)
            for attribute, name in attributes.items()
        ]
        row = msgspec.defstruct("Row", fields, rename=attributes, forbid_unknown_fields=True, gc=False)
        self._decode = msgspec.json.Decoder(row, float_hook=Number).decode
        self._sources: list[list[Callable[[Any], Any]]] = [[] for _ in codecs]
        for attribute, name in attributes.items():
            for target in known[name]:
                self._sources[target].append(attrgetter(attribute))
        self._raw = [at for at, codec in enumerate(codecs) if codec.raw and self._sources[at]]

    def decode(self, raw: Sequence[bytes]) -> tuple[Usual, list[int]]:
        """The rows that are of the usual form, and the indexes of all others."""
        rows = iter(raw)
        structs: list[Any] = []
        odd: list[int] = []
        while True:
            try:
                structs.extend(map(self._decode, rows))
                break
            except msgspec.ValidationError:
                odd.append(len(structs) + len(odd))
        indexes: Sequence[int] = sorted(set(range(len(raw))).difference(odd)) if odd else range(len(raw))
        fed = [self._fed(sources, structs) for sources in self._sources]
        if doubly := {row for columns in fed if len(columns) > 1 for row in _overlap(columns)}:
            odd = sorted([*odd, *(indexes[row] for row in doubly)])
            indexes = [index for row, index in enumerate(indexes) if row not in doubly]
            structs = [each for row, each in enumerate(structs) if row not in doubly]
            fed = [self._fed(sources, structs) for sources in self._sources]
        columns = [_united(columns) for columns in fed]
        for parameter in self._raw:
            columns[parameter] = list(map(_raw, columns[parameter] or ()))
        return Usual(indexes, columns), odd

    def _fed(self, sources: Sequence[Callable[[Any], Any]], structs: Sequence[Any]) -> list[list[Any]]:
        """The columns of the fields that feed a parameter; of several, those that hold anything, or one."""
        columns = [list(map(get, structs)) for get in sources]
        holding = [column for column in columns if len(columns) == 1 or column.count(msgspec.UNSET) < len(structs)]
        return holding or columns[:1]


def _overlap(columns: Sequence[Sequence[Any]]) -> set[int]:
    """The rows for which several of these columns hold something."""
    fed: set[int] = set()
    doubly: set[int] = set()
    for column in columns:
        feeds = {row for row, value in enumerate(column) if value is not msgspec.UNSET}
        doubly |= fed & feeds
        fed |= feeds
    return doubly


def _united(columns: Sequence[list[Any]]) -> list[Any] | None:
    """What the columns hold together; None if there are none."""
    if len(columns) <= 1:
        return columns[0] if columns else None
    first, *others = columns
    for other in others:
        first = [value if found is msgspec.UNSET else found for found, value in zip(first, other, strict=True)]
    return first


def _annotation(codecs: Sequence[Codec]) -> Any:
    """What a field is decoded to that feeds the parameters of these codecs, which all decode to the same."""
    if not codecs or codecs[0].raw:
        return msgspec.Raw
    json_type = codecs[0].json_type
    return Any if json_type is Any else json_type | None | msgspec.UnsetType


def _raw(value: Any) -> Any:
    return None if value is not msgspec.UNSET and bytes(value) == b"null" else value
