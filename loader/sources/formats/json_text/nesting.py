"""Nesting: how deep brackets stand outside of strings, told of text that comes piece by piece and may be broken."""

from __future__ import annotations

import re

# Possessive, so that a text without an end costs one pass; a backslash at the end of a piece is left for the next.
_STRING_END = re.compile(rb'(?:[^"\\]++|\\.)*+(?P<end>"?)', re.DOTALL)
_STRING_LINE_END = re.compile(rb'(?:[^"\\\r\n]++|\\.)*+(?P<end>"?)', re.DOTALL)
_PLAIN = re.compile(rb'[^"\[\]{},]++')
_PLAIN_WITHIN = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\\r\n]++|\\[^\r\n])*+")*+')
_CLOSERS = {b"[": b"]", b"{": b"}"}


class BrokenNestingError(Exception):
    """Brackets do not match, or a string runs over the end of its line; `at` is where."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


class Nesting:
    """What is open at a place in JSON text. Used by one thread; grows with the depth alone."""

    def __init__(self, closers: bytes = b"", *, strings: re.Pattern[bytes] = _STRING_END) -> None:
        """`closers` are the brackets that would close what is open, the outermost first."""
        self._closers = bytearray(closers)
        self._strings = strings
        self._in_string = False

    @classmethod
    def by_lines(cls) -> Nesting:
        """One in which a string that runs over the end of its line is broken, as it is in valid JSON."""
        return cls(strings=_STRING_LINE_END)

    @property
    def is_open(self) -> bool:
        """Whether a bracket or a string is open."""
        return self._in_string or bool(self._closers)

    def go(self, data: bytes, at: int, stop: int, ends: bytes) -> tuple[int, bool]:
        """Go on from `at` to the first of the brackets and commas of `ends` where nothing is open, or to `stop`.

        Returns where it stands then, and whether that is such an end; else what is left, at most a byte, needs more.
        A closing bracket ends also what `closers` opened: where `ends` is empty, the place behind the last of them.
        Raises BrokenNestingError.
        """
        while at < stop:
            if self._in_string:
                found = self._strings.match(data, at, stop)
                assert found is not None  # noqa: S101 - it matches nothing, too
                at = found.end()
                if not found["end"]:
                    if data[at : at + 1] in (b"\r", b"\n") and at < stop:
                        raise BrokenNestingError(at)
                    return at, False
                self._in_string = False
                continue
            plain = (_PLAIN_WITHIN if self._closers else _PLAIN).match(data, at, stop)
            at = at if plain is None else plain.end()
            if at == stop:
                break
            byte = data[at : at + 1]
            if not self._closers and byte in ends:
                return at, True
            self._take(byte, at)
            at += 1
            if not (ends or self.is_open):
                return at, True
        return at, False

    def _take(self, byte: bytes, at: int) -> None:
        if byte == b'"':
            self._in_string = True
        elif byte in _CLOSERS:
            self._closers += _CLOSERS[byte]
        elif byte != b"," and (not self._closers or self._closers.pop() != byte[0]):
            raise BrokenNestingError(at)
