"""Config file as parsed TOML, before validation."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loader.config.problems import ConfigError, Problem
from loader.config.toml.key_lines import KeyLines, KeyPath

GIVEN = "config"  # the name of one that is no file
DEFAULT_PATH = Path("loader.toml")

_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Document:
    """A config file: its name, what it says, and where; all empty where there is no file."""

    file: str
    table: dict[str, Any]
    lines: KeyLines


def read_document(path: Path | None) -> Document:
    """The file at `path`; None means ./loader.toml if it is there. Raises `ConfigError`."""
    file = path or DEFAULT_PATH
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        if path is None:
            return Document("", {}, KeyLines(""))
        raise ConfigError(Problem(str(file), None, "", "expected a config file; there is none")) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no file has such a name"
        raise ConfigError(Problem(str(file), None, "", f"expected a readable config file: {reason}")) from error
    text = _decode(str(file), data)
    return Document(str(file), _parse(str(file), text), KeyLines(text))


def document_of(config: Mapping[str, Any] | str) -> Document:
    """A config that a program has as TOML text, or as the tables of one. Raises `ConfigError`."""
    if isinstance(config, str):
        return Document(GIVEN, _parse(GIVEN, config), KeyLines(config))
    odd: list[KeyPath] = []
    try:
        table = _table(config, (), odd)
    except RecursionError:
        raise too_deep(GIVEN) from None
    if odd:
        raise ConfigError(*(Problem(GIVEN, None, ".".join(path), "expected a key that is a text") for path in odd))
    return Document(GIVEN, table, KeyLines(""))


def too_deep(file: str) -> ConfigError:
    """What is to be said of a config that nothing can go through."""
    return ConfigError(Problem(file, None, "", "expected TOML; it is nested too deeply"))


def _table(table: Mapping[Any, Any], path: KeyPath, odd: list[KeyPath]) -> dict[str, Any]:
    """A table as TOML has it; `odd` gets the paths of keys that TOML cannot have."""
    odd += [(*path, repr(key)) for key in table if not isinstance(key, str)]
    return {key: _value(value, (*path, str(key)), odd) for key, value in table.items()}


def _value(value: Any, path: KeyPath, odd: list[KeyPath]) -> Any:
    match value:
        case Mapping():
            return _table(value, path, odd)
        case list() | tuple():
            return [_value(each, path, odd) for each in value]
        case os.PathLike():
            return os.fsdecode(value)
    return value


def _decode(file: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(Problem(file, line, "", "expected text in UTF-8")) from error


def _parse(file: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise too_deep(file) from None
    except ValueError as error:
        # Besides syntax errors the parser lets through what int() says of numbers with thousands of digits.
        position = _POSITION.search(str(error))
        message = _POSITION.sub("", str(error))
        line = int(position[1]) if position and position[1] else text.count("\n") + 1 if position else None
        column = f" in column {position[2]}" if position and position[2] else ""
        raise ConfigError(Problem(file, line, "", f"expected TOML: {message}{column}")) from error
