"""Where rows begin and end: what counting, cutting and parsing agree on.

Lines end at LF, CR LF or a lone CR; nothing else ends one. `bytes.splitlines` has just this rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Protocol

_NEWLINES_AS_TEXT = bytes.maketrans(b"\r\n", b"xx")
_AFTER_BLANK = b"!"  # every blank line sorts before it, and few others do


@dataclass(frozen=True, slots=True)
class Edges:
    """The whole rows of a piece of data that begins where a row may begin; the sequences are parallel.

    A row is `data[start:end]`, its line end included; blank lines lie between rows. `lines` are physical lines counted
    from 0. `rest` is where what is not a whole row begins, on line `rest_line`; `len(data)` if there is none.
    """

    starts: Sequence[int]
    ends: Sequence[int]
    lines: Sequence[int]
    rest: int
    rest_line: int


class EdgeFinder(Protocol):
    """Finds the rows of one format. Pure."""

    @property
    def blank(self) -> bytes:
        """What a line may hold and still be blank."""

    def edges(self, data: bytes, *, final: bool) -> Edges:
        """The rows of `data`. `final`: nothing follows, so the last one needs no line end.

        Otherwise a CR at the very end ends no row yet: an LF may follow.
        """

    def quote_open(self, data: bytes) -> bool:
        """Whether `data` ends within quotes."""


@dataclass(frozen=True, slots=True)
class LineEdges:
    """A row a line. A line of nothing but the bytes of `blank` is none."""

    blank: bytes = b" \t\r\n"

    def edges(self, data: bytes, *, final: bool) -> Edges:
        lines = data.splitlines(keepends=True)
        ends = list(accumulate(map(len, lines)))
        if lines and not (final or data.endswith(b"\n")):
            lines.pop()
            ends.pop()
        edges = Edges([0, *ends[:-1]] if ends else [], ends, range(len(ends)), ends[-1] if ends else 0, len(ends))
        return self._without_blank(edges, lines) if lines and min(lines) < _AFTER_BLANK else edges

    def quote_open(self, data: bytes) -> bool:  # noqa: ARG002 - there are no quotes
        return False

    def _without_blank(self, edges: Edges, lines: Sequence[bytes]) -> Edges:
        kept = [index for index, line in enumerate(lines) if line.strip(self.blank)]
        return replace(edges, starts=[edges.starts[i] for i in kept], ends=[edges.ends[i] for i in kept], lines=kept)


@dataclass(frozen=True, slots=True)
class RecordEdges:
    """Records of RFC 4180 as Python's csv module reads them when it is not strict.

    A quote opens a span only where a field begins; there newlines are text and two quotes stand for one. Any other
    quote is text. A line without any character is no record.
    """

    delimiter: bytes
    quote: bytes
    blank: bytes = b"\r\n"

    def edges(self, data: bytes, *, final: bool) -> Edges:
        masked, is_open = self._mask(data)
        edges = LineEdges(self.blank).edges(masked, final=final and not is_open)
        return edges if masked is data else _renumbered(edges, data)

    def quote_open(self, data: bytes) -> bool:
        return self._mask(data)[1]

    def _mask(self, data: bytes) -> tuple[bytes, bool]:
        """`data` with the newlines within quotes made text, so that those left end records; whether a quote is open."""
        pieces = data.split(self.quote)
        if len(pieces) == 1:
            return data, False
        if not self._is_regular(pieces):
            return self._mask_stray(data, pieces)
        is_open = len(pieces) % 2 == 0
        quoted = self.quote.join(pieces[1::2])
        if b"\n" not in quoted and b"\r" not in quoted:
            return data, is_open
        pieces[1::2] = quoted.translate(_NEWLINES_AS_TEXT).split(self.quote)
        return self.quote.join(pieces), is_open

    def _is_regular(self, pieces: Sequence[bytes]) -> bool:
        """Whether every second quote, from the first on, opens a span or goes on with one after two quotes.

        Then all can be done for all spans at once: a hundred times as fast as one after the other.
        """
        before_opening = set(pieces[: len(pieces) // 2 * 2 : 2])
        return {piece[-1:] for piece in before_opening} <= {b"", self.delimiter, b"\n", b"\r"}

    def _mask_stray(self, data: bytes, pieces: list[bytes]) -> tuple[bytes, bool]:
        """The same for data in which quotes stand that are text."""
        quoted = list(self._quoted(pieces))
        for index in quoted:
            pieces[index] = pieces[index].translate(_NEWLINES_AS_TEXT)
        masked = self.quote.join(pieces)
        return data if masked == data else masked, quoted[-1:] == [len(pieces) - 1]

    def _quoted(self, pieces: Sequence[bytes]) -> Iterator[int]:
        """The indexes of those of `pieces`, what lies between quotes, that lie within a span."""
        opens_after = (self.delimiter, b"\n", b"\r")
        last = len(pieces) - 1
        index = 0
        while index < last:
            before = pieces[index]
            opens = before[-1:] in opens_after or (index == 0 and not before)
            index += 1
            if not opens:
                continue
            yield index
            while index + 1 < last and not pieces[index + 1]:  # two quotes stand for one
                index += 2
                yield index
            index += 1


def count_line_ends(data: bytes) -> int:
    """How many lines end in `data`."""
    ends = data.count(b"\n")
    return ends + data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else ends


def _renumbered(edges: Edges, data: bytes) -> Edges:
    """`edges` with physical lines, where rows span several of `data`."""
    *lines, rest_line = accumulate(
        count_line_ends(data[start:stop]) for start, stop in pairwise([0, *edges.starts, edges.rest])
    )
    return replace(edges, lines=lines, rest_line=rest_line)
