"""Example config: every key with its default and its meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from inspect import getdoc
from typing import Any

from loader.config.declaration import Key, defaults, keys
from loader.config.sections import SECTIONS
from loader.config.target_kinds import TargetKinds
from loader.config.values import toml

_HEAD = """\
# Every key of loader with its default. Copy what you want to change to ./loader.toml, or name the file with -c.
#
# Durations are seconds or texts like "250ms", "30s", "5m", "1.5h"; sizes are bytes or texts like "10 kB", "1 MiB".
# In any text ${{VAR}} is replaced from the environment; $${{ stands for a plain ${{. In {secret_keys},
# "file:PATH" as a whole text is replaced by what the file holds. Files to read are looked for beside this file.
"""


def example(kinds: TargetKinds[Any]) -> str:
    """The text of `config.example.toml`, and a section for each kind of target that installed packages bring.

    Raises UsageError where that of a package cannot be used.
    """
    targets = {f"target.{kind.example or kind.schemes[0]}": kind.section for kind in kinds.each()}
    head = _HEAD.format(secret_keys=_listed(_secret_keys(targets.values())))
    sections = {**SECTIONS, **targets}
    return "\n".join([head, *("\n".join(_section(name, section)) for name, section in sections.items())])


def _secret_keys(sections: Iterable[type]) -> Sequence[str]:
    return list(dict.fromkeys(name for section in sections for name, key in keys(section).items() if key.secret))


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _section(name: str, section: type) -> Iterator[str]:
    yield f"# {(getdoc(section) or '').splitlines()[0]}"
    yield f"[{name}]"
    usual = defaults(section)
    for key, declared in keys(section).items():
        yield f"# {_explanation(declared)}"
        yield f"{key} = {declared.kind.write(usual[key]) if key in usual else _example(declared)}"
    yield ""


def _example(declared: Key) -> str:
    """What stands for a key that must be given: what was expected, where nobody made up an example."""
    return toml(declared.kind.expected if declared.example is None else declared.example)


def _explanation(declared: Key) -> str:
    words = f" One of {', '.join(map(toml, declared.kind.words))}." if declared.kind.words else ""
    return declared.meaning + words + (f" Flag: {declared.flag}" if declared.flag else "")
