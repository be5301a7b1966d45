"""Expansion of config texts: `${VAR}` from the environment, `file:` for secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from loader.config.problems import Problems
from loader.config.toml.key_lines import KeyLines, KeyPath
from loader.config.values import Refusal

_REFERENCE = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{")
_FILE = "file:"


class Expansion:
    """Replaces what stands for a text elsewhere; `secrets` are the texts that were put where secrets stand.

    `missing` takes what a target lacks here and may have elsewhere, `problems` all else. Names of files are relative
    to `folder`.
    """

    def __init__(self, environ: Mapping[str, str], folder: Path, problems: Problems, missing: Problems) -> None:
        self._environ = environ
        self._folder = folder
        self._problems = problems
        self._missing = missing
        self.secrets: set[str] = set()

    def expand(self, value: object, path: KeyPath, *, secret: bool) -> object:
        """`value` with every text in it expanded; what cannot be is left as it is and noted as a problem.

        `secret` says that secrets stand there: they may come from files, and are never shown.
        """
        if isinstance(value, Mapping):
            return {name: self.expand(item, (*path, name), secret=secret) for name, item in value.items()}
        if isinstance(value, list):
            return [self.expand(item, path, secret=secret) for item in value]
        return self._text(value, path, secret=secret) if isinstance(value, str) else value

    def peek(self, value: object, path: KeyPath, *, secret: bool) -> object:
        """`value` expanded as far as it can be; nothing is noted."""
        nowhere = Problems("", KeyLines(""), {})
        return Expansion(self._environ, self._folder, nowhere, nowhere).expand(value, path, secret=secret)

    def _text(self, text: str, path: KeyPath, *, secret: bool) -> str:
        in_target = path[:1] == ("target",)

        def replacement(match: re.Match[str]) -> str:
            if match[0] == "$${":
                return "${"
            value = None if match[1] is None else self._environ.get(match[1])
            if value is None:
                lacking = self._missing if in_target and match[1] is not None else self._problems
                lacking.add(path, _unusable(match[1]))
                return match[0]
            if secret:
                self.secrets.add(value)
            return value

        expanded = _REFERENCE.sub(replacement, text)
        return self._file(expanded, path) if secret and expanded.startswith(_FILE) else expanded

    def _file(self, text: str, path: KeyPath) -> str:
        name = text.removeprefix(_FILE)
        try:
            content = (self._folder / name).read_bytes().decode()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8, or its name is no file name"
            self._missing.add(path, Refusal(f"expected a readable file at {self._folder / name}: {reason}"))
            return text
        value = content.removesuffix("\n").removesuffix("\r")
        self.secrets.add(value)
        return value


def _unusable(name: str | None) -> Refusal:
    if name is None:
        return Refusal("expected ${NAME} with the name of an environment variable; write $${ for a literal ${")
    return Refusal(f"the environment variable {name} is not set; write $${{ for a literal ${{")
