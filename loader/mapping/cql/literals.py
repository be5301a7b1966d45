"""CQL literals of collections, tuples and user-defined types as values like those of JSON.

They are those of CQL (Apache Cassandra, CQL: constants, terms), and of `cqlsh COPY TO`, which has dates and times in
them without quotes, and nothing, or its word for it, where a null is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from loader.mapping.cql.codec import Number
from loader.mapping.cql.numbers import NUMBER

_TOKEN = re.compile(
    r"""\s*(?:
    '(?P<text>(?:[^']|'')*)'
    |"(?P<name>(?:[^"]|"")*)"
    |(?P<mark>[\[\](){},:])
    |(?P<bare>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?![^\s,\])}:])|[^\s,:\[\](){}'"]+)
    |\Z)""",
    re.VERBOSE,
)
_WORDS = {"true": True, "false": False, "null": None}
# What else stands there without quotes: blobs, UUIDs, dates, times, durations, floats that are no number.
_BARE = re.compile(
    r"0x(?:[0-9a-f]{2})*|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|-?[0-9]{4,9}-[0-9]{2}-[0-9]{2}"
    r"|[0-9]{2}:[0-9]{2}(?::[0-9.]+)?|-?(?:[0-9]+(?:y|mo|w|d|h|ms|m|us|µs|ns|s))+|-?P[0-9A-Z.:-]+|[+-]?infinity|nan",
    re.IGNORECASE,
)
_MOST_DIGITS = 4300  # what Python itself converts
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CLOSING = {"[": "]", "(": ")", "{": "}"}


def read_literal(text: str, null_words: Collection[str] = ()) -> Any:
    """What stands in `text`: a list for a list, set or tuple, a dict by texts or a list of pairs for a map or type.

    `{}` is `Braces`. Numbers with a fraction are `Number`, what has no form in JSON is a text. Raises ValueError.
    """
    tokens = _Tokens(text)
    found = _value(tokens, null_words)
    if tokens.kind is not None or not isinstance(found, list | dict):
        raise ValueError(text)
    return found


class Braces(dict[str, Any]):
    """`{}`, which is an empty set as well as an empty map."""


class _Tokens:
    """The tokens of a text: `kind` and `text` are those of the next, None and "" at the end."""

    def __init__(self, text: str) -> None:
        self._matches = _matches(text)
        self.kind: str | None = None
        self.text = ""
        self.step()

    def step(self) -> None:
        """Go on behind the next."""
        self.kind, self.text = next(self._matches)

    def skip(self, mark: str) -> bool:
        """Go on behind the next if it is `mark`; whether it was."""
        found = self.kind == "mark" and self.text == mark
        if found:
            self.step()
        return found


def _matches(text: str) -> Iterator[tuple[str | None, str]]:
    at = 0
    while True:
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(text)
        at = match.end()
        yield match.lastgroup, "" if match.lastgroup is None else match[match.lastgroup]
        if match.lastgroup is None:
            return


def _value(tokens: _Tokens, null_words: Collection[str]) -> Any:
    kind, text = tokens.kind, tokens.text
    if kind == "text":
        tokens.step()
        return text.replace("''", "'")
    if kind == "bare":
        tokens.step()
        return _bare(text, null_words)
    if kind != "mark" or text in ",]})":
        return None  # nothing stands where a null is
    if text not in _CLOSING:
        raise ValueError(text)
    tokens.step()
    if tokens.skip(_CLOSING[text]):
        return Braces() if text == "{" else []
    return _entries(tokens, null_words) if text == "{" else _items(tokens, _CLOSING[text], null_words)


def _bare(text: str, null_words: Collection[str]) -> Any:
    if text in null_words:
        return None
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    match = NUMBER.fullmatch(text)
    if match is not None and text[-1].isdecimal():
        return int(text) if text.lstrip("+-").isdecimal() and len(text) <= _MOST_DIGITS else Number(text)
    if _BARE.fullmatch(text) is None:
        raise ValueError(text)
    return text


def _items(tokens: _Tokens, closing: str, null_words: Collection[str]) -> list[Any]:
    items = [_value(tokens, null_words)]
    while tokens.skip(","):
        items.append(_value(tokens, null_words))
    if not tokens.skip(closing):
        raise ValueError(tokens.text)
    return items


def _entries(tokens: _Tokens, null_words: Collection[str]) -> list[Any] | dict[str, Any]:
    """What stands within braces: the elements of a set, or keys and values."""
    first = _key(tokens, null_words)
    if not tokens.skip(":"):
        items = [first]
        while tokens.skip(","):
            items.append(_value(tokens, null_words))
        return _closed(tokens, items)
    pairs = [[first, _value(tokens, null_words)]]
    while tokens.skip(","):
        key = _key(tokens, null_words)
        if not tokens.skip(":"):
            raise ValueError(tokens.text)
        pairs.append([key, _value(tokens, null_words)])
    _closed(tokens, pairs)
    by_name = {key: value for key, value in pairs if isinstance(key, str)}
    return by_name if len(by_name) == len(pairs) else pairs


def _closed(tokens: _Tokens, items: list[Any]) -> list[Any]:
    if not tokens.skip("}"):
        raise ValueError(tokens.text)
    return items


def _key(tokens: _Tokens, null_words: Collection[str]) -> Any:
    """A key of a map, the name of a field, or the element of a set."""
    kind, text = tokens.kind, tokens.text
    if kind == "name":
        tokens.step()
        return text.replace('""', '"')
    if kind == "bare" and _IDENTIFIER.fullmatch(text) and text not in null_words:
        tokens.step()
        if tokens.kind == "mark" and tokens.text == ":":
            return text
        return _bare(text, null_words)
    return _value(tokens, null_words)
