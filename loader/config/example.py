"""Example config: every key with its default and its meaning. `python -m loader.config.example` prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import getdoc

from loader.config.declaration import Key, defaults, keys
from loader.config.sections import SECTIONS, CassandraTarget, HttpTarget
from loader.config.values import toml

_HEAD = """\
# Every key of loader with its default. Copy what you want to change to ./loader.toml, or name the file with -c.
#
# Durations are seconds or texts like "250ms", "30s", "5m", "1.5h"; sizes are bytes or texts like "10 kB", "1 MiB".
# In any text ${VAR} is replaced from the environment; $${ stands for a plain ${. In url, headers, auth and proxy,
# "file:PATH" as a whole text is replaced by what the file holds. Files to read are looked for beside this file.
"""


def example() -> str:
    """The text of `config.example.toml`."""
    sections = {**SECTIONS, "target.example": HttpTarget, "target.table": CassandraTarget}
    return "\n".join([_HEAD, *("\n".join(_section(name, section)) for name, section in sections.items())])


def _section(name: str, section: type) -> Iterator[str]:
    yield f"# {(getdoc(section) or '').splitlines()[0]}"
    yield f"[{name}]"
    usual = defaults(section)
    for key, declared in keys(section).items():
        yield f"# {_explanation(declared)}"
        yield f"{key} = {declared.kind.write(usual[key]) if key in usual else toml(declared.example)}"
    yield ""


def _explanation(declared: Key) -> str:
    words = f" One of {', '.join(map(toml, declared.kind.words))}." if declared.kind.words else ""
    return declared.meaning + words + (f" Flag: {declared.flag}" if declared.flag else "")


if __name__ == "__main__":
    sys.stdout.write(example())
