"""Plain text: what means something in a dialect, written with one byte for each meaning."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

TEXT = b"\xff"  # stands for a byte without meaning: no delimiter, quote or escape is like it
_DELIMITER = b"\xfe"  # stands for a byte of a delimiter of several; like TEXT it is in no UTF-8
_LINE_ENDS = (b"\r\n", b"\n", b"\r")


@dataclass(frozen=True, slots=True)
class Plain:
    """Makes text plain: as long as before, but its delimiters are of one byte, and nothing is escaped or in a comment.

    With `trim` blanks before a quote become delimiters, so that it stands first in its field. An escape makes text of a
    delimiter, quote, escape or line end (CR LF is one) that follows it; before anything else it is text itself. A line
    that begins with `comment` is one, unless it does so within quotes; nothing in it means anything. All may be b"" for
    none.
    """

    delimiter: bytes
    quote: bytes
    escape: bytes = b""
    comment: bytes = b""
    trim: bool = False

    @property
    def separator(self) -> bytes:
        """What separates fields in plain text."""
        return self.delimiter if len(self.delimiter) == 1 else _DELIMITER

    def records(self, data: bytes) -> bytes:
        """Plain records; the first begins where `data` does."""
        if self.comment and self.comment in data:
            data = self._without_comments(data, _comments_between_quotes(self))
        return self._without_rest(data)

    def lines(self, data: bytes) -> bytes:
        """Plain lines, each read by itself: as if no quote was open where it begins."""
        if self.comment and self.comment in data:
            data = self._without_comments(data, _comments(self))
        return self._without_rest(data)

    def _without_comments(self, data: bytes, pattern: re.Pattern[bytes]) -> bytes:
        marks = [mark for mark in (self.quote, self.escape) if mark]
        lines = _comment_lines(self.comment).findall(data)
        if not any(mark in line for line in lines for mark in marks):
            return data
        return pattern.sub(self._blotted, data)

    def _blotted(self, match: re.Match[bytes]) -> bytes:
        """A comment without what seems to mean something in it; all else as it is."""
        begin, end = match.span("comment")
        return match[0] if begin < 0 else match[0][: begin - match.start()] + TEXT * (end - begin)

    def _without_rest(self, data: bytes) -> bytes:
        if self.escape and self.escape in data:
            data = self._without_escapes(data)
        if len(self.delimiter) > 1:
            data = data.replace(_DELIMITER, TEXT).replace(self.delimiter, _DELIMITER * len(self.delimiter))
        if self.trim and self.quote:
            data = _blanks(self).sub(lambda match: self.separator * len(match[0]), data)
        return data

    def _without_escapes(self, data: bytes) -> bytes:
        """Lines begin where escapes begin anew, so that this is the same wherever a record begins."""
        # Pairs of escapes first: what is left of a row of them is at most one, the last.
        for escaped in (self.escape, self.quote, self.delimiter, *_LINE_ENDS):
            if escaped:
                data = data.replace(self.escape + escaped, TEXT * (1 + len(escaped)))
        return data


def blanks_around(delimiter: str) -> str:
    """The blanks that may be around fields."""
    return " \t".replace(delimiter, "")


@cache
def _comment_lines(comment: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<![^\r\n])%b[^\r\n]*" % re.escape(comment))


@cache
def _comments(plain: Plain) -> re.Pattern[bytes]:
    """Matches comments, and what escapes make text of. Line ends are taken in, for behind an escape they are none."""
    comment = rb"(?:\A|[\r\n])%b(?P<comment>[^\r\n]*)" % re.escape(plain.comment)
    return re.compile(rb"%b|%b" % (_escaped(plain), comment) if plain.escape else comment)


@cache
def _comments_between_quotes(plain: Plain) -> re.Pattern[bytes]:
    """The same, and what stands within quotes."""
    alternatives = _comments(plain).pattern
    if not plain.quote:
        return _comments(plain)
    escape, quote, delimiter = map(re.escape, (plain.escape, plain.quote, plain.delimiter))
    blanks = rb"[ \t]*+" if plain.trim else b""
    within = [rb"[^%b%b]++" % (escape, quote), quote * 2]
    if escape:
        within += [_escaped(plain), escape]
    quoted = rb"%b(?:%b)*+(?:%b|\Z)" % (quote, b"|".join(within), quote)
    return re.compile(rb"%b|(?:\A|[\r\n]|%b)%b%b" % (alternatives, delimiter, blanks, quoted))


def _escaped(plain: Plain) -> bytes:
    """A pattern for an escape with what it makes text of."""
    meaning = [re.escape(each) for each in (plain.escape, plain.quote, plain.delimiter, *_LINE_ENDS) if each]
    return rb"%b(?:%b)" % (re.escape(plain.escape), b"|".join(meaning))


@cache
def _blanks(plain: Plain) -> re.Pattern[bytes]:
    """Matches blanks between the begin of a field and a quote."""
    blanks = blanks_around(plain.delimiter.decode()).encode()
    return re.compile(rb"(?<![^%b\r\n])[%b]+(?=%b)" % (re.escape(plain.separator), blanks, re.escape(plain.quote)))
