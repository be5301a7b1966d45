"""JSON rows -> columns of values, decoded into what each column usually holds; other rows are taken one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import msgspec

from loader.mapping.cql.codec import Codec, Number
from loader.mapping.cql.names import Names

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
        self._raw = [codec.raw for codec in codecs]

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
        indexes: Sequence[int] = range(len(raw))
        if odd:
            indexes = sorted(set(indexes).difference(odd))
        if doubly := self._doubly_fed(structs):
            odd = sorted([*odd, *(indexes[at] for at in doubly)])
            indexes = [index for at, index in enumerate(indexes) if at not in doubly]
            structs = [row for at, row in enumerate(structs) if at not in doubly]
        return Usual(indexes, [self._column(at, structs) for at in range(len(self._sources))]), odd

    def _doubly_fed(self, structs: Sequence[Any]) -> set[int]:
        """The rows in which several fields feed one parameter."""
        return {
            at
            for sources in self._sources
            if len(sources) > 1
            for at, row in enumerate(structs)
            if sum(get(row) is not msgspec.UNSET for get in sources) > 1
        }

    def _column(self, parameter: int, structs: Sequence[Any]) -> Sequence[Any] | None:
        sources = self._sources[parameter]
        if not sources:
            return None
        column = list(map(sources[0], structs))
        for get in sources[1:]:
            column = [get(row) if value is msgspec.UNSET else value for value, row in zip(column, structs, strict=True)]
        return list(map(_raw, column)) if self._raw[parameter] else column


def _annotation(codecs: Sequence[Codec]) -> Any:
    """What a field is decoded to that feeds the parameters of these codecs, which all decode to the same."""
    if not codecs or codecs[0].raw:
        return msgspec.Raw
    json_type = codecs[0].json_type
    return Any if json_type is Any else json_type | None | msgspec.UnsetType


def _raw(value: Any) -> Any:
    return None if value is not msgspec.UNSET and bytes(value) == b"null" else value
