"""Wrappers: one JSON object with the rows in an array within, as APIs answer, and as GeoJSON is."""

from __future__ import annotations

import re
from itertools import islice

from loader.config.expressions.member_path import spelled_path
from loader.sources.recognition.foreign import Foreign
from loader.sources.recognition.head import Head

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}:]')
_DEEPEST = 4  # objects around an array
# Names at which rows stand, or what holds them, whatever stands beside; objects that are rows hardly have them.
_USUAL = frozenset(
    ("data", "dataset", "docs", "documents", "entries", "features", "hits", "records", "results", "rows", "value")
)


class _Outline:
    """The arrays of objects that stand in nothing but objects, found as the lines of a document come."""

    def __init__(self) -> None:
        self.arrays: list[tuple[str, ...]] = []
        self.members = 0  # of objects that stand in nothing but objects
        self.is_over = False
        self.is_alone = True  # nothing follows on its last line
        self._names: list[str] = []  # of the objects that are open
        self._within = 0  # brackets that are open within an array
        self._last = b""  # the last token
        self._name = ""

    @property
    def in_array(self) -> bool:
        """Whether the lines end within an array of objects."""
        return self._within > 0 and bool(self.arrays)

    def add(self, line: bytes) -> None:
        for found in _TOKEN.finditer(line):
            if self.is_over:
                self.is_alone = False
                return
            self._take(found[0])

    def _take(self, token: bytes) -> None:
        last, self._last = self._last, token
        if self._within:
            if self._within == 1 and last == b"[" and token == b"{":
                self.arrays.append((*self._names[1:], self._name))
            self._within += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token, 0)
        elif token == b":":
            self.members += 1
            self._name = last[1:-1].decode("utf-8", "replace")
        elif token == b"[":
            self._within = 1
        elif token == b"{":
            self._names.append(self._name)
        elif token == b"}" and self._names:
            self._names.pop()
            self.is_over = not self._names


def wrapper(head: Head) -> Foreign | None:
    """The array that is surely meant, where one object is all there is, or more than what was looked at."""
    if not head.first_line().lstrip().startswith(b"{"):
        return None
    outline, lines = _Outline(), 0
    for line in head.lines():
        outline.add(line)
        lines += 1
        if outline.is_over:
            break
    path = _meant(outline, is_on_one_line=lines == 1)
    if path is None or not outline.is_alone or next(islice(head.lines(), lines, lines + 1), None) is not None:
        return None
    shown = spelled_path(path)
    return Foreign(
        f"one JSON object with an array of objects in it, {shown}",
        advice=f"--path {shown} loads those; --path . loads the whole as one row",
    )


def _meant(outline: _Outline, *, is_on_one_line: bool) -> tuple[str, ...] | None:
    usual = [path for path in outline.arrays if len(path) <= _DEEPEST and _USUAL.intersection(map(str.casefold, path))]
    if len(usual) == 1:
        return usual[0]
    if len(outline.arrays) != 1:
        return None
    (path,) = outline.arrays
    is_all = outline.is_over and outline.members == len(path)
    is_most = outline.in_array and not is_on_one_line
    return path if is_all or is_most else None
