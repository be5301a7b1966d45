"""Shape: which fields rows have at the target, as `[mapping]` says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from loader.config.expressions.call import Call, call_of
from loader.config.expressions.field_path import FieldPath, path_of
from loader.config.sections import FieldMapping

_OF_TIME = ("now", "timeuuid")
_EMPTY = (b'""', b"[]", b"{}")


@dataclass(frozen=True, slots=True)
class Shape:
    """Fields of rows and names at the target. Made in this order: names and picks, computed ones, constants, defaults.

    `names` are those that fields get, by the field; what lies within one is in `picks`, unless a row has a field of the
    very name. `drop` are fields that do not go, `cuts` what is taken out of one that does. `only` are the fields that
    go without a name of their own, None for all of them. `hidden` are fields that are needed under another name too,
    whatever else becomes of them. `computed` are names with the call that makes their values.
    """

    names: Mapping[str, str]
    picks: tuple[tuple[FieldPath, str], ...] = ()
    drop: frozenset[str] = frozenset()
    cuts: tuple[FieldPath, ...] = ()
    only: frozenset[str] | None = None
    constants: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)
    computed: tuple[tuple[str, Call], ...] = ()

    @classmethod
    def of(cls, mapping: FieldMapping, hidden: Mapping[str, str] | None = None) -> Shape:
        """What `[mapping]` says of fields."""
        paths = {path_of(name): target for name, target in mapping.fields.items()}
        return cls(
            mapping.fields,
            tuple((path, target) for path, target in paths.items() if path.is_nested),
            frozenset(mapping.drop),
            tuple(path for path in map(path_of, mapping.drop) if path.is_nested),
            frozenset(mapping.only) if mapping.only else None,
            mapping.constants,
            mapping.defaults,
            hidden or {},
            tuple((name, call_of(text)) for name, text in mapping.set.items()),
        )

    @property
    def is_plain(self) -> bool:
        """Whether it only gives other names to fields."""
        return not (self.picks or self.drop or self.only or self.constants or self.defaults or self.computed)

    def goes(self, name: str) -> bool:
        """Whether a field of a row goes to the target as a field."""
        return name in self.names or (name not in self.drop and (self.only is None or name in self.only))

    def uses(self, name: str) -> bool:
        """Whether a field of a row goes, or something is made of it."""
        return bool(self.names_of(name)) or any(name in path.fields for path in self.paths)

    @property
    def paths(self) -> tuple[FieldPath, ...]:
        """What is looked up in rows."""
        return (*(path for path, _ in self.picks), *(path for _, call in self.computed for path in call.paths))

    @property
    def roots(self) -> frozenset[str]:
        """Fields out of which something is picked."""
        return frozenset(path.root for path in self.paths if path.is_nested)

    def names_of(self, name: str) -> tuple[str, ...]:
        """All names that a field, or a path, has at the target."""
        own = (self.names.get(name, name),) if self.goes(name) else ()
        return (*own, self.hidden[name]) if name in self.hidden else own


def without(value: Any, steps: tuple[str | int, ...]) -> Any:
    """A value without what lies at these steps within; itself where nothing does."""
    step, *rest = steps
    if isinstance(step, int):
        if not isinstance(value, list | tuple) or step >= len(value):
            return value
        inner = [without(value[step], tuple(rest))] if rest else []
        return [*value[:step], *inner, *value[step + 1 :]]
    if not isinstance(value, dict) or step not in value:
        return value
    if rest:
        return {**value, step: without(value[step], tuple(rest))}
    return {name: each for name, each in value.items() if name != step}


@dataclass(frozen=True, slots=True)
class Rest:
    """What becomes of fields that the target has no place for: they go together, as one JSON object, under `name`.

    `left_over` tells which of the names of a row these are, by their index.
    """

    name: str
    left_over: Callable[[tuple[str, ...]], Sequence[int]]


def is_null(value: Any) -> bool:
    """Whether a value, as it is or as JSON, is null."""
    return value is None or (isinstance(value, msgspec.Raw) and bytes(value) == b"null")


def is_empty(value: Any) -> bool:
    """Whether a value, as it is or as JSON, is an empty text, list or object."""
    if isinstance(value, msgspec.Raw):
        return bytes(value).translate(None, b" \t") in _EMPTY
    return isinstance(value, str | list | tuple | dict) and not value


def spelled(number: str) -> msgspec.Raw:
    """A number with all that it was spelled with, as a hook of msgspec."""
    return msgspec.Raw(number.encode())


def asks_for_times(mapping: FieldMapping) -> bool:
    """Whether a value of rows is made of their time."""
    return any(call.function in _OF_TIME for text in mapping.set.values() for call in call_of(text).calls)
