"""Splitting of CQL text into statements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from loader.mapping.cql.tokens import Token, TokenKind, Tokens


@dataclass(frozen=True, slots=True)
class WriteStatement:
    """One statement without its semicolon; `line` is the line it begins on, from 1."""

    text: str
    line: int


def split_statements(text: str) -> Iterator[WriteStatement]:
    """The statements of a CQL file, in order; a semicolon in a text, a name, a comment or a batch ends none.

    Raises CqlSyntaxError, before the first, where a quote or a comment is never closed.
    """
    tokens = Tokens(text)
    while tokens.next.kind is not TokenKind.END:
        if not tokens.skip(";"):
            first = tokens.next
            last = _last_token(tokens)
            yield WriteStatement(text[first.start : last.end], first.line)


def _last_token(tokens: Tokens) -> Token:
    """Take a statement, which begins here, and nothing after it."""
    in_batch = tokens.at("begin")
    last = tokens.take()
    while tokens.next.kind is not TokenKind.END and (in_batch or not tokens.at(";")):
        in_batch = in_batch and not tokens.at("apply", "batch")
        last = tokens.take()
    return last
