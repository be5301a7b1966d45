"""Contradiction between config keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from loader.config.toml.key_lines import KeyPath
from loader.config.values import Refusal


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Keys that do not go together, the one to change first, and what was expected of it.

    `is_missing_file` marks what is right elsewhere: a file that is not there matters where its target is used.
    """

    keys: tuple[KeyPath, ...]
    refusal: Refusal
    is_missing_file: bool = False

    @classmethod
    def of(cls, message: str, *keys: KeyPath) -> Contradiction:
        """One of `keys`, with what was expected."""
        return cls(keys, Refusal(message))


def target_key(target: str, name: str) -> KeyPath:
    """The path of a key of the target of that name."""
    return ("target", target, name)


def missing_files(target: str, files: Iterable[tuple[str, str]]) -> Iterator[Contradiction]:
    """Those of `files` that are not there, each the key that names it and its path, "" for none."""
    for name, path in files:
        if path and not Path(path).exists():
            refusal = Refusal(f"expected a file; there is none at {path}")
            yield Contradiction((target_key(target, name),), refusal, is_missing_file=True)
