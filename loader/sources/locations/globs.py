"""Globs: patterns of the keys of objects, and of the names of files in archives, as those of paths."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_MAGIC = re.compile(r"[*?[]")
_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)


def has_magic(pattern: str) -> bool:
    """Whether a pattern may match several keys."""
    return _MAGIC.search(pattern) is not None


def folder_of(pattern: str) -> str:
    """The folder that all matches lie in: up to the last slash before anything that may vary; "" for all."""
    found = _MAGIC.search(pattern)
    return pattern[: pattern.rfind("/", 0, found.start() if found else len(pattern)) + 1]


def matching(pattern: str, keys: Iterable[str]) -> Iterator[str]:
    """The keys that match: `*`, `?` and `[...]` within a folder, `**` through folders; none of hidden names."""
    regex = re.compile(_regex_of(pattern), re.DOTALL)
    return (key for key in keys if regex.fullmatch(key) and not is_hidden(key[len(folder_of(pattern)) :]))


def is_hidden(path: str) -> bool:
    """Whether a part of the path begins with a dot, as names do that are not listed."""
    return any(part.startswith(".") for part in path.split("/"))


def _regex_of(pattern: str) -> str:
    return "".join(map(_part_of, _TOKEN.findall(pattern)))


def _part_of(token: str) -> str:
    match token:
        case "**/":
            return "(?:.*/)?"
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
    if len(token) > 1:
        inner = token[1:-1].replace("\\", "\\\\")
        return f"[^/{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"
    return re.escape(token)
