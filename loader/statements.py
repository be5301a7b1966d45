"""CQL text -> statements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from loader.errors import UsageError

# Lexical structure: https://cassandra.apache.org/doc/5.0/cassandra/developing/cql/definitions.html
_TOKEN = re.compile(
    r"""
      (?P<blank>   \s+ | --[^\n]* | //[^\n]* | /\*.*?\*/ )
    | (?P<quoted>  '(?:[^']|'')*+' | "(?:[^"]|"")*+" | \$\$.*?\$\$ )
    | (?P<open>    ['"] | /\* | \$\$ )
    | (?P<end>     ; )
    | (?P<word>    \w+ )
    | (?P<other>   . )
    """,
    re.DOTALL | re.VERBOSE,
)
_OPENED = {"'": "text", '"': "name", "/*": "comment", "$$": "text"}


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement without its semicolon; `line` is the line it begins on, from 1."""

    text: str
    line: int


def split_statements(text: str) -> Iterator[Statement]:
    """The statements of a CQL file, in order; a semicolon in a text, a name, a comment or a batch ends none.

    Raises UsageError, with the line, where a text, a name or a comment is never closed.
    """
    begin = end = -1  # of the statement so far, without the comments around it
    words: list[str] = []
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "blank":
                continue
            case "open":
                where, what = _line(text, token.start()), _OPENED[token[0]]
                raise UsageError(f"line {where}: a {what} that begins with {token[0]} is never closed")
            case "end" if not _in_batch(words):
                if begin >= 0:
                    yield Statement(text[begin:end], _line(text, begin))
                begin, words = -1, []
                continue
            case "word":
                words.append(token[0].upper())
        begin = token.start() if begin < 0 else begin
        end = token.end()
    if begin >= 0:
        yield Statement(text[begin:end], _line(text, begin))


def _in_batch(words: list[str]) -> bool:
    return words[:1] == ["BEGIN"] and words[-2:] != ["APPLY", "BATCH"]


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
