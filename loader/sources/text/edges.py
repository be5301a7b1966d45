"""Row edges: where rows begin and end, as counting, chunking and parsing agree on.

Lines end at LF, CR LF or a lone CR; nothing else ends one. `bytes.splitlines` has just this rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate, pairwise
from typing import NamedTuple, Protocol

from loader.sources.text.plain import TEXT, Plain

_NEWLINES_AS_TEXT = bytes.maketrans(b"\r\n", TEXT * 2)
_AFTER_BLANK = b"!"  # every blank line sorts before it, and few others do


@dataclass(frozen=True, slots=True)
class Edges:
    """The whole rows of a piece of data that begins where a row may begin; the sequences are parallel.

    A row is `data[start:end]`, its line end included; blank lines lie between rows. `lines` are physical lines counted
    from 0. `rest` is where what is not a whole row begins, on line `rest_line`; `len(data)` if there is none. `strays`
    are the offsets of quotes that are text, because they stand within a field that does not begin with one.
    """

    starts: Sequence[int]
    ends: Sequence[int]
    lines: Sequence[int]
    rest: int
    rest_line: int
    strays: Sequence[int] = ()


class Line(NamedTuple):
    """A line read by itself: where its content and where its line end ends, and whether a quote is open there."""

    stop: int
    end: int
    is_open: bool


class EdgeFinder(Protocol):
    """Finds the rows of one format. Pure."""

    @property
    def blank(self) -> bytes:
        """What a line may hold and still be blank."""

    @property
    def comment(self) -> bytes:
        """What a line begins with that is no row, b"" for nothing."""

    def edges(self, data: bytes, *, final: bool) -> Edges:
        """The rows of `data`. `final`: nothing follows, so the last one needs no line end.

        Otherwise a CR at the very end ends no row yet: an LF may follow.
        """

    def ends_row(self, data: bytes) -> bool:
        """Whether `data` ends with the end of a row: a CR or LF outside quotes, and behind no escape."""

    def quote_open(self, data: bytes) -> bool:
        """Whether `data` ends within quotes."""

    def content(self, row: bytes) -> bytes:
        """A whole row without its line end, if it has one; a line end behind an escape is none."""

    def by_line(self, data: bytes) -> Iterator[Line]:
        """The lines of `data`, each read by itself; a line end behind an escape is text here, too."""

    def open_end(self, data: bytes, *, final: bool) -> tuple[int, int | None]:
        """Where the last line begins of a record that is within quotes where `data` begins; and where its content ends.

        That is None where the end is not in `data`; then the line is the last of `data`. `final` as in `edges`.
        """


@dataclass(frozen=True, slots=True)
class LineEdges:
    """A row a line. A line of nothing but the bytes of `blank` is none, nor is one that begins with `comment`."""

    blank: bytes = b" \t\r\n"
    comment: bytes = b""

    def edges(self, data: bytes, *, final: bool) -> Edges:
        lines = data.splitlines(keepends=True)
        ends = list(accumulate(map(len, lines)))
        if lines and not (final or data.endswith(b"\n")):
            lines.pop()
            ends.pop()
        edges = Edges([0, *ends[:-1]] if ends else [], ends, range(len(ends)), ends[-1] if ends else 0, len(ends))
        if lines and min(lines) < _AFTER_BLANK:
            return _only(edges, [index for index, line in enumerate(lines) if self._is_row(line)])
        if self.comment and self.comment in data:
            return _only(edges, [index for index, line in enumerate(lines) if not line.startswith(self.comment)])
        return edges

    def ends_row(self, data: bytes) -> bool:
        return data.endswith((b"\r", b"\n"))

    def quote_open(self, data: bytes) -> bool:  # noqa: ARG002 - there are no quotes
        return False

    def content(self, row: bytes) -> bytes:
        return without_line_end(row)

    def by_line(self, data: bytes) -> Iterator[Line]:
        return _lines(data)

    def open_end(self, data: bytes, *, final: bool) -> tuple[int, int | None]:  # noqa: ARG002 - there are no quotes
        return 0, 0

    def _is_row(self, line: bytes) -> bool:
        return bool(line.strip(self.blank)) and not (self.comment and line.startswith(self.comment))


class Span(NamedTuple):
    """What stands within quotes: the offsets of the quote that opens it and of the one that closes it."""

    opening: int
    closing: int | None  # None where nothing does
    goes_on: bool  # whether text follows behind the closing quote, in the same field


class _Mask(NamedTuple):
    """Data in which only those newlines are left that end records, what it ends with, and stray quotes."""

    data: bytes
    is_open: bool
    strays: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class RecordEdges:
    """Records of RFC 4180, as Python's csv module finds them in text that is `plain`.

    A quote opens a span only where a field begins; there newlines are text and two quotes stand for one. Any other
    quote is text. A line without any character is no record.
    """

    plain: Plain
    blank: bytes = b"\r\n"

    @property
    def comment(self) -> bytes:
        return self.plain.comment

    @property
    def _quote(self) -> bytes:
        return self.plain.quote

    def edges(self, data: bytes, *, final: bool) -> Edges:
        mask = self._mask(self.plain.records(data))
        edges = LineEdges(self.blank, self.comment).edges(mask.data, final=final and not mask.is_open)
        if mask.strays:
            edges = replace(edges, strays=mask.strays)
        return edges if mask.data is data else _renumbered(edges, data)

    def ends_row(self, data: bytes) -> bool:
        return self._mask(self.plain.records(data)).data.endswith((b"\r", b"\n"))

    def quote_open(self, data: bytes) -> bool:
        return self._mask(self.plain.records(data)).is_open

    def content(self, row: bytes) -> bytes:
        return row[: len(without_line_end(self.plain.records(row)))]

    def by_line(self, data: bytes) -> Iterator[Line]:
        plain, start = self.plain.lines(data), 0
        for line in _lines(plain):
            content = plain[start : line.stop]
            start = line.end
            yield line._replace(is_open=True) if self._quote in content and self._mask(content).is_open else line

    def open_end(self, data: bytes, *, final: bool) -> tuple[int, int | None]:
        ends = self.edges(self._quote + data, final=final).ends
        end = ends[0] - 1 if ends else None
        plain = self.plain.records(self._quote + data[:end])[1:]
        # A CR at the end may be half of a line end.
        stop = len(without_line_end(plain)) if ends else len(plain.removesuffix(b"\r"))
        last_line = max(plain.rfind(b"\n", 0, stop), plain.rfind(b"\r", 0, stop)) + 1
        return last_line, stop if ends else None

    def spans(self, data: bytes) -> Iterator[Span]:
        """What stands within quotes, in order."""
        plain = self.plain.records(data)
        ends = (b"", self.plain.separator, b"\r", b"\n")
        for match in _spans(self.plain.separator, self._quote).finditer(plain):
            closing = match.end() - 1 if match["close"] else None
            yield Span(match.start(), closing, closing is not None and plain[closing + 1 : closing + 2] not in ends)

    def _mask(self, data: bytes) -> _Mask:
        if not self._quote or self._quote not in data:
            return _Mask(data, is_open=False)
        pieces = data.split(self._quote)
        if not self._is_regular(pieces):
            return self._mask_stray(data, pieces)
        is_open = len(pieces) % 2 == 0
        quoted = self._quote.join(pieces[1::2])
        if b"\n" not in quoted and b"\r" not in quoted:
            return _Mask(data, is_open)
        pieces[1::2] = quoted.translate(_NEWLINES_AS_TEXT).split(self._quote)
        return _Mask(self._quote.join(pieces), is_open)

    def _is_regular(self, pieces: Sequence[bytes]) -> bool:
        """Whether every second quote, from the first on, opens a span or goes on with one after two quotes.

        Then all can be done for all spans at once: a hundred times as fast as one after the other.
        """
        before_opening = set(pieces[: len(pieces) // 2 * 2 : 2])
        return {piece[-1:] for piece in before_opening} <= {b"", self.plain.separator, b"\n", b"\r"}

    def _mask_stray(self, data: bytes, pieces: list[bytes]) -> _Mask:
        """The same for data in which quotes stand that are text."""
        quoted, strays = self._sorted(pieces)
        offsets = list(accumulate(map(len, pieces)))
        for index in quoted:
            pieces[index] = pieces[index].translate(_NEWLINES_AS_TEXT)
        masked = self._quote.join(pieces)
        is_open = quoted[-1:] == [len(pieces) - 1]
        return _Mask(data if masked == data else masked, is_open, [offsets[index] + index for index in strays])

    def _sorted(self, pieces: Sequence[bytes]) -> tuple[Sequence[int], Sequence[int]]:
        """The indexes of those of `pieces`, what lies between quotes, in spans, and of those before stray quotes."""
        opens_after = (self.plain.separator, b"\n", b"\r")
        quoted, strays = [], []
        last = len(pieces) - 1
        index = 0
        while index < last:
            before = pieces[index]
            if before[-1:] not in opens_after and (index or before):
                strays.append(index)
                index += 1
                continue
            quoted.append(index + 1)
            while index + 2 < last and not pieces[index + 2]:  # two quotes stand for one
                index += 2
                quoted.append(index + 1)
            index += 2
        return quoted, strays


@cache
def _spans(delimiter: bytes, quote: bytes) -> re.Pattern[bytes]:
    """Matches what stands within quotes, and those."""
    mark, other = re.escape(quote), b"[^%b]" % re.escape(quote)
    begins_field = b"(?<![^%b\\r\\n]%b)" % (re.escape(delimiter), mark)
    return re.compile(b"%b%b(?:%b++|%b%b)*+(?:(?P<close>%b)|\\Z)" % (mark, begins_field, other, mark, mark, mark))


def _only(edges: Edges, kept: Sequence[int]) -> Edges:
    """`edges` with the rows at these indexes alone."""
    return replace(
        edges,
        starts=[edges.starts[i] for i in kept],
        ends=[edges.ends[i] for i in kept],
        lines=[edges.lines[i] for i in kept],
    )


def _lines(data: bytes) -> Iterator[Line]:
    """Lines without quotes."""
    start = 0
    for line in data.splitlines(keepends=True):
        end = start + len(line)
        yield Line(start + len(without_line_end(line)), end, is_open=False)
        start = end


def without_line_end(line: bytes) -> bytes:
    """`line` without the one line end at its end, if there is one."""
    return line.removesuffix(b"\n").removesuffix(b"\r")


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
