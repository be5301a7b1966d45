"""Problems of a config, collected so that all are shown at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from loader.config.secrets import Secrets
from loader.config.toml.key_lines import KeyLines, KeyPath
from loader.config.values import Refusal, toml_key
from loader.errors import UsageError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. It holds no secret.

    `file` is the config file, "" for what a flag said. `line` counts from 1 and is that of the key, or of the nearest
    table around it; None where there is none. `key` is dotted, or the name of the flag. `nearest` is the valid name
    that was probably meant, "" if there is none.
    """

    file: str
    line: int | None
    key: str
    message: str
    nearest: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        hint = f'; did you mean "{self.nearest}"?' if self.nearest else ""
        return ": ".join(part for part in (place, self.key, self.message) if part) + hint


class ConfigError(UsageError):
    """A config that cannot be used, with everything that is wrong with it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class Problems:
    """Collects what is wrong with one config file and the flags over it. Used by one thread."""

    def __init__(self, file: str, lines: KeyLines, flags: Mapping[KeyPath, str]) -> None:
        self._file = file
        self._lines = lines
        self._flags = flags  # the name of each flag that was given, by the key it sets
        self._found: dict[KeyPath, list[Problem]] = {}

    def add(self, path: KeyPath, refusal: Refusal) -> None:
        """Note what is wrong with the key at `path`, or with the member of it that `refusal.at` names."""
        flag = self._flags.get(path)
        whole = path + refusal.at
        key = flag or ".".join(map(toml_key, whole))
        file, line = ("", None) if flag else (self._file, self._lines.of(whole))
        self._found.setdefault(whole, []).append(Problem(file, line, key, refusal.message, refusal.nearest))

    def touch(self, path: KeyPath) -> bool:
        """Whether anything is wrong with the key at `path` or within it."""
        return any(found[: len(path)] == path for found in self._found)

    def within(self, path: KeyPath, secrets: Secrets) -> tuple[Problem, ...]:
        """What is wrong at `path` or within it, in the order of the file, secrets masked."""
        found = [problem for whole, here in self._found.items() if whole[: len(path)] == path for problem in here]
        found.sort(key=lambda problem: (not problem.file, problem.line or 0))
        return tuple(replace(p, key=secrets.mask(p.key), message=secrets.mask(p.message)) for p in found)

    def raise_if_any(self, secrets: Secrets) -> None:
        """Raises `ConfigError` with all problems in the order of the file, then those of flags, secrets masked."""
        if self._found:
            raise ConfigError(*self.within((), secrets))
