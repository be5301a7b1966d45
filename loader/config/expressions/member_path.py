"""Kind of keys that hold a path into JSON: names of members, joined by dots."""

from __future__ import annotations

import re
from collections.abc import Sequence
from shlex import quote

from loader.config.values import Kind, text

ROOT = "."
"""The path of the value at the root."""

_NAME = re.compile(r'"(?P<quoted>[^"]+)"|(?P<plain>[^."\[\]]+)')
_PLAIN = re.compile(r"[^.\"\[\]]+")
_PATTERN = r"|\.|\.?{0}(?:\.{0})*".format(r'(?:"[^"]+"|[^."\[\]]+)')


def member_path() -> Kind[str]:
    """A path, `ROOT`, or "" for none. A name that holds a dot stands in quotes."""
    return text(
        'names joined by dots, like "data.items", a name with a dot in it in quotes; or "." for the root', _PATTERN
    )


def names_of(path: str) -> tuple[str, ...]:
    """The names in a path; none where it is that of the root, or empty."""
    return tuple(found["quoted"] or found["plain"] for found in _NAME.finditer(path))


def spelled_path(names: Sequence[str]) -> str:
    """Names as a path that a shell leaves as it is."""
    return quote(".".join(name if _PLAIN.fullmatch(name) else f'"{name}"' for name in names))
