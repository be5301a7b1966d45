"""Row scanner: bytes of one input, fed piece by piece, to blocks of whole rows, and rows too large to hold."""

from __future__ import annotations

import re

from loader.sources.error_types import UNCLOSED_QUOTE
from loader.sources.numbering import Unreadable
from loader.sources.start import Place
from loader.sources.text.blocks import Block
from loader.sources.text.edges import EdgeFinder, Edges, count_line_ends
from loader.sources.text.long_line import LongLine
from loader.sources.text.open_end import OpenEnd

_LINE_END = re.compile(rb"\r\n?|\n")


class RowScanner:
    """The rows of bytes that are fed to it, in order; it reads nothing itself. Holds one unfinished row.

    Of a record that goes on behind its first line, and does not end within `max_row_bytes` or before the end of the
    input, the first line is a bad row, and what follows is read anew. A line of more than `max_row_bytes` (its end not
    counted) is read past. So what a row is depends on nothing before it.
    """

    def __init__(self, finder: EdgeFinder, max_row_bytes: int, place: Place) -> None:
        """The first byte that is fed lies at `place`."""
        self.ended = False  # the last row was given out
        self._finder = finder
        self._max = max_row_bytes
        self._rest = b""  # begins where a row may begin, on `_line`, at `_offset`
        self._offset = place.offset
        self._line = place.line
        self._skip: LongLine | None = None
        self._after_cr = False  # a line ended by a CR, and an LF that comes next belongs to it
        self._found: list[Block | Unreadable] = []
        self._open = OpenEnd(finder)
        self._waits = True  # whether what is left needs more bytes
        self._drained = False

    @property
    def has_more(self) -> bool:
        """Whether rows may be left that need no more bytes: `go_on` gives them."""
        return bool(self._rest) and not self._waits

    @property
    def held(self) -> int:
        """Bytes of the row that is not finished."""
        return len(self._rest)

    @property
    def is_at_cr(self) -> bool:
        """Whether what is left is a row that ends with CR: it is whole, and an LF that belongs to it may follow."""
        rest = self._rest
        return rest.endswith(b"\r") and len(rest) <= self._max + 1 and self._finder.ends_row(rest)

    def feed(self, fresh: bytes) -> list[Block | Unreadable]:
        """What is whole with these bytes."""
        if self._after_cr and fresh.startswith(b"\n"):
            self._offset += 1
            fresh = fresh[1:]
        self._after_cr = False
        if self._skip is not None:
            fresh = self._read_past(self._skip, fresh)
        return self._scan(fresh, final=False)

    def go_on(self) -> list[Block | Unreadable]:
        """What comes next without more bytes."""
        return self._scan(b"", final=self._drained)

    def end_at_cr(self) -> list[Block | Unreadable]:
        """The row that ends with CR, now; an LF that comes next belongs to it."""
        found = self._scan(b"", final=True)
        self._after_cr = True
        return found

    def finish(self) -> list[Block | Unreadable]:
        """What comes next now that there are no more bytes."""
        self._drained = True
        return self._scan(b"", final=True)

    def _scan(self, fresh: bytes, *, final: bool) -> list[Block | Unreadable]:
        """The first whole rows of the rest and `fresh`, in few pieces; what was not given out becomes the rest."""
        data, self._waits = self._rest + fresh, False
        while data and not self._waits and not self._found:
            take = self._take_lines if self._offset < self._open.until else self._take_records
            data = data[take(data, final=final) :]
        self._rest = data
        if self._drained and not data:
            self.ended = True
            if self._skip is not None:
                self._end_skip(self._skip)
        found, self._found = self._found, []
        return found

    def _take_records(self, data: bytes, *, final: bool) -> int:
        """Give out the records of `data` up to one that is no row; returns how many bytes were taken."""
        edges = self._finder.edges(data, final=final)
        too_long = _first_too_long(self._finder, data, edges, self._max) if len(data) > self._max else None
        if too_long is not None:
            edges = _before(edges, too_long)
        self._give(data, edges)
        rest = data[edges.rest :]
        if too_long is None and not (final and rest):
            self._waits = True
            return edges.rest
        line = next(self._finder.by_line(rest))
        if line.stop > self._max:
            return len(data) - len(self._skip_row(rest))
        if line.end == len(rest) and not final:  # by a CR that may be half of a line end
            self._waits = True
        else:
            self._open = OpenEnd(self._finder, self._offset + line.end)
        return edges.rest

    def _give(self, data: bytes, edges: Edges) -> None:
        """Give out the rows of `data` and the blank lines among them, and stand where the rest begins."""
        if edges.rest:
            self._found.append(Block(data, edges, self._offset, self._line, 0, len(edges.starts)))
        self._offset += edges.rest
        self._line += edges.rest_line

    def _take_lines(self, data: bytes, *, final: bool) -> int:
        """Give out lines of which it is known that none is the first of a row; returns how many bytes were taken.

        A line with an open quote may be that of a row yet, if that ends soon enough: then it is left.
        """
        begin = done = 0
        base = self._offset
        lines = self._open.lines(data, base)
        if not lines:
            self._open = OpenEnd(self._finder)
        for line in lines:
            if line.stop - done > self._max:
                self._give_lines(data[begin:done])
                return len(data) - len(self._skip_row(data[done:]))
            if line.is_open:
                self._give_lines(data[begin:done])
                begin = done
                self._open.look(data, base, final=final)
                where = self._open.why_bad(self._offset, self._max)
                if where is None:  # it may be a row: for want of bytes nobody knows, or it is one
                    self._waits = self._open.stop is None
                    self._open = self._open if self._waits else OpenEnd(self._finder)
                    break
                self._reject(data[done : line.stop], data[line.stop : line.end], where)
                begin = line.end
            done = line.end
        self._give_lines(data[begin:done])
        return done

    def _give_lines(self, data: bytes) -> None:
        """Give out rows none of which is longer than its line."""
        if data:
            self._give(data, self._finder.edges(data, final=True))

    def _reject(self, raw: bytes, line_end: bytes, where: str) -> None:
        """Give out a line as a row the quotes of which do not close."""
        what = f"a quote is open at the end of this line, and the row does not end {where}"
        error = f"{what}; reading went on at the next line"
        self._found.append(Unreadable(self._line, self._offset, raw, len(raw), UNCLOSED_QUOTE.name, error))
        self._offset += len(raw) + len(line_end)
        self._line += count_line_ends(raw + line_end)

    def _skip_row(self, data: bytes) -> bytes:
        """Read past the line that begins with `data`; returns what follows it, if it ends in there."""
        head = data[: self._max]
        skip = LongLine(self._line, self._offset, self._finder.quote_open(head))
        skip.add(head, self._finder.blank)
        # A CR as the last byte of the head may be half of a line end.
        self._line += count_line_ends(head) - (head + data[self._max : self._max + 1]).endswith(b"\r\n")
        self._offset += len(head)
        self._skip = skip
        return self._read_past(skip, data[len(head) :])

    def _read_past(self, skip: LongLine, data: bytes) -> bytes:
        """Drop `data` up to the end of the line; returns what follows."""
        end = _LINE_END.search(data)
        taken, dropped = (len(data), len(data)) if end is None else end.span()
        skip.add(data[:taken], self._finder.blank)
        self._offset += dropped
        if end is not None:
            self._line += 1
            self._after_cr = dropped == len(data) and data.endswith(b"\r")
            self._end_skip(skip)
        return data[dropped:]

    def _end_skip(self, skip: LongLine) -> None:
        self._skip = None
        if skip.is_row(self._finder.comment):
            self._found.append(skip.as_row(self._max))


def _first_too_long(finder: EdgeFinder, data: bytes, edges: Edges, limit: int) -> int | None:
    """The index of the first row of more than `limit` bytes; the unfinished one comes after the last."""
    for index, (start, end) in enumerate(zip(edges.starts, edges.ends, strict=True)):
        if end - start > limit and len(finder.content(data[start:end])) > limit:
            return index
    unfinished = data[edges.rest :]
    if unfinished.endswith(b"\r") and finder.ends_row(unfinished):
        unfinished = unfinished[:-1]  # half of a line end, or all of it
    return len(edges.starts) if len(unfinished) > limit else None


def _before(edges: Edges, index: int) -> Edges:
    """The edges of the rows before the one at `index`, which is the rest then."""
    if index == len(edges.starts):
        return edges
    starts, ends, lines = edges.starts[:index], edges.ends[:index], edges.lines[:index]
    return Edges(starts, ends, lines, edges.starts[index], edges.lines[index])
