"""Declarations of config keys: kind, meaning and default of each, on the field of its section."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any

from loader.config.values import Kind


@dataclass(frozen=True, slots=True)
class Key:
    """What is declared of a key besides its default.

    `meaning` is one line. `flag` is the command line flag that sets it, "" for none. `secret` marks keys whose texts
    may come from `file:` and are never shown. `example` stands in the example file where there is no default.
    """

    kind: Kind[Any]
    meaning: str
    flag: str = ""
    secret: bool = False
    example: object = None


def key(
    kind: Kind[Any], meaning: str, *, flag: str = "", secret: bool = False, example: object = None
) -> Mapping[str, Key]:
    """The metadata that makes a dataclass field a key of the config."""
    return {"key": Key(kind, meaning, flag, secret, example)}


def keys(section: type) -> dict[str, Key]:
    """The keys of a section class by name, in the order they are declared."""
    return {f.name: f.metadata["key"] for f in fields(section) if "key" in f.metadata}


def defaults(section: type) -> dict[str, Any]:
    """The defaults of the keys of a section class; keys that must be given are left out."""
    found = {f.name: _default(f) for f in fields(section) if "key" in f.metadata}
    return {name: value for name, value in found.items() if value is not MISSING}


def _default(declared: Field[Any]) -> Any:
    return declared.default if declared.default_factory is MISSING else declared.default_factory()
