"""Line numbers of the keys of a TOML text, which the standard parser does not keep."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

KeyPath = tuple[str, ...]

_TOKEN = re.compile(
    r"""
      (?P<string> \"{3} (?:\\.|[^\\])*? \"{3} \"{0,2}    # quotes may stand right before the closing three
                | '{3} .*? '{3} '{0,2}
                | " (?:\\.|[^"\\\n])* "
                | ' [^'\n]* ' )
    | (?P<bare> [A-Za-z0-9_-]+ )
    | (?P<skip> \#[^\n]* | [^\S\n]+ )
    | (?P<mark> . )
    """,
    re.VERBOSE | re.DOTALL,
)


class KeyLines:
    """The line (from 1) of each key and table header of a valid TOML text.

    Keys within inline tables and arrays have no line of their own: they stand where their parent does.
    """

    def __init__(self, text: str) -> None:
        self._lines: dict[KeyPath, int] = {}
        table: KeyPath = ()
        for is_header, path, line in _statements(text.replace("\r\n", "\n")):
            table = path if is_header else table
            self._note(path if is_header else table + path, line)

    def of(self, path: KeyPath) -> int | None:
        """The line of `path`, or of the nearest parent that has one; None if nothing of it stands in the text."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return None

    def _note(self, path: KeyPath, line: int) -> None:
        for length in range(1, len(path) + 1):
            self._lines.setdefault(path[:length], line)


def _statements(text: str) -> Iterator[tuple[bool, KeyPath, int]]:
    """Every table header (true) and every `key = value` (false) with the key as written and its line."""
    line, depth = 1, 0
    path: list[str] = []
    in_key = True  # up to the "=" of a line; brackets there belong to a header
    for token in _TOKEN.finditer(text):
        kind, piece = token.lastgroup, token.group()
        if piece == "\n" and depth == 0:
            if in_key and path:
                yield True, tuple(path), line
            path, in_key = [], True
        elif in_key and kind in ("string", "bare"):
            path.append(_name(piece))
        elif in_key and piece == "=":
            yield False, tuple(path), line
            in_key = False
        elif not in_key and kind == "mark":
            depth += (piece in "[{") - (piece in "]}")
        line += piece.count("\n")
    if in_key and path:
        yield True, tuple(path), line


def _name(piece: str) -> str:
    return str(tomllib.loads(f"name = {piece}")["name"]) if piece[0] in "\"'" else piece
