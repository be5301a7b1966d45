"""Contradictions between what means something in a dialect."""

from __future__ import annotations

from collections.abc import Iterator

from loader.config.contradiction import Contradiction
from loader.sources.formats.delimited.dialect import Dialect


def contradictions_of(dialect: Dialect) -> Iterator[Contradiction]:
    """Those between its characters: what means one thing may not mean another."""
    delimiter, quote, escape, comment = dialect.delimiter, dialect.quote, dialect.escape, dialect.comment
    if quote and quote in delimiter:
        yield _of("expected delimiter and quote to differ", "quote", "delimiter")
    if escape and escape in delimiter:
        yield _of("expected delimiter and escape to differ", "escape", "delimiter")
    if escape and escape == quote:
        message = 'expected quote and escape to differ; that two quotes stand for one needs no setting: escape = ""'
        yield _of(message, "escape", "quote")
    if comment and delimiter in comment:
        yield _of("expected a comment to begin with something without the delimiter", "comment", "delimiter")
    for name, character in (("quote", quote), ("escape", escape)):
        if character and comment.startswith(character):
            yield _of(f"expected a comment not to begin with the {name}", "comment", name)


def _of(message: str, *names: str) -> Contradiction:
    return Contradiction.of(message, *(("input", name) for name in names))
