"""Tokens of CQL text, as far as types, table definitions and statement ends need them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from loader.errors import UsageError


class TokenKind(Enum):
    """What a token is. Names and strings are held without their quotes, unquoted names in lower case."""

    NAME = "name"
    QUOTED_NAME = "quoted name"
    STRING = "string"
    NUMBER = "number"
    MARK = "mark"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One token, the line of the text on which it begins, counted from 1, and where it begins and ends there."""

    kind: TokenKind
    text: str
    line: int
    start: int
    end: int

    @property
    def is_name(self) -> bool:
        return self.kind in (TokenKind.NAME, TokenKind.QUOTED_NAME)

    def __str__(self) -> str:
        return "the end" if self.kind is TokenKind.END else f'"{self.text}"'


class CqlSyntaxError(UsageError):
    """CQL text that cannot be read; the message names the line."""

    @classmethod
    def expected(cls, expected: str, found: Token) -> CqlSyntaxError:
        return cls(f"line {found.line}: expected {expected}, found {found}")


_TOKEN = re.compile(
    r"""
    (?P<blank>\s+|--[^\n]*|//[^\n]*|/\*.*?\*/)
    |(?P<name>[A-Za-z][A-Za-z0-9_]*)
    |"(?P<quoted>(?:[^"]|"")+)"
    |'(?P<string>(?:[^']|'')*)'
    |\$\$(?P<dollars>.*?)\$\$
    |(?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<mark>(?!/\*)[^"'$])
    """,
    re.VERBOSE | re.DOTALL,
)


class Tokens:
    """A cursor over the tokens of a text. Not thread-safe."""

    def __init__(self, text: str) -> None:
        """Raises CqlSyntaxError where a quote or a comment is never closed."""
        self._tokens = list(_tokens(text))
        self._at = 0

    @property
    def next(self) -> Token:
        """The next token, not taken yet."""
        return self._tokens[self._at]

    def take(self) -> Token:
        """The next token; the end can be taken again and again."""
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def at(self, *texts: str) -> bool:
        """Whether the next tokens are these unquoted words (in lower case) or marks."""
        ahead = self._tokens[self._at : self._at + len(texts)]
        return len(ahead) == len(texts) and all(
            token.text == text and token.kind in (TokenKind.NAME, TokenKind.MARK)
            for token, text in zip(ahead, texts, strict=True)
        )

    def skip(self, *texts: str) -> bool:
        """Take these unquoted words or marks if they come next."""
        found = self.at(*texts)
        if found:
            self._at += len(texts)
        return found

    def expect(self, text: str) -> None:
        """Take an unquoted word or a mark. Raises CqlSyntaxError if another token comes next."""
        if not self.skip(text):
            raise CqlSyntaxError.expected(f'"{text}"', self.next)

    def name(self, what: str) -> str:
        """Take a name, quoted or not. Raises CqlSyntaxError, which calls it `what`."""
        if not self.next.is_name:
            raise CqlSyntaxError.expected(what, self.next)
        return self.take().text


def _tokens(text: str) -> Iterator[Token]:
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            what = "comment" if text[at] == "/" else "quote"
            raise CqlSyntaxError(f"line {line}: a {what} is opened and never closed: {text[at]}")
        if match.lastgroup != "blank":
            yield _token(match, line)
        line += match[0].count("\n")
        at = match.end()
    yield Token(TokenKind.END, "", line, at, at)


def _token(match: re.Match[str], line: int) -> Token:
    kind, text = _held(match)
    return Token(kind, text, line, match.start(), match.end())


def _held(match: re.Match[str]) -> tuple[TokenKind, str]:
    group = match.lastgroup or ""
    held = match[group]
    match group:
        case "name":
            return TokenKind.NAME, held.lower()
        case "quoted":
            return TokenKind.QUOTED_NAME, held.replace('""', '"')
        case "string":
            return TokenKind.STRING, held.replace("''", "'")
        case "dollars":
            return TokenKind.STRING, held
        case "number":
            return TokenKind.NUMBER, held
        case _:
            return TokenKind.MARK, held
