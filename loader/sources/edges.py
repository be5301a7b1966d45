"""Where rows begin and end: what counting, cutting and parsing agree on.

Lines end at LF, CR LF or a lone CR; nothing else ends one. `bytes.splitlines` has just this rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Protocol

_NEWLINES_AS_TEXT = bytes.maketrans(b"\r\n", b"xx")
_AFTER_BLANK = b"!"  # every blank line sorts before it, and hardly any other


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
        rest = ends[-1] if ends else 0
        starts = [0, *ends[:-1]] if ends else []
        edges = Edges(starts, ends, range(len(lines)), rest, len(lines))
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

    def edges(self, data: bytes, *, final: bool) -> Edges:
        masked, is_open = self._mask(data)
        edges = LineEdges(b"\r\n").edges(masked, final=final and not is_open)
        return edges if masked is data else _renumbered(edges, data)

    def quote_open(self, data: bytes) -> bool:
        return self._mask(data)[1]

    def _mask(self, data: bytes) -> tuple[bytes, bool]:
        """`data` with the newlines within quotes made text, so that those left end records; whether a quote is open."""
        if self.quote not in data:
            return data, False
        pieces = data.split(self.quote)
        masked = False
        quoted = -1
        for quoted in self._quoted(pieces):
            piece = pieces[quoted]
            if b"\n" in piece or b"\r" in piece:
                pieces[quoted] = piece.translate(_NEWLINES_AS_TEXT)
                masked = True
        return self.quote.join(pieces) if masked else data, quoted == len(pieces) - 1

    def _quoted(self, pieces: Sequence[bytes]) -> Iterator[int]:
        """The indexes of those of `pieces`, what lies between quotes, that lie within a span."""
        opens_after = (self.delimiter, b"\n", b"\r")
        last = len(pieces) - 1
        index = 0
        while index < last:
            outside = pieces[index]
            index += 1
            if outside[-1:] not in opens_after and not (index == 1 and not outside):
                continue
            yield index
            while index + 1 < last and not pieces[index + 1]:
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
