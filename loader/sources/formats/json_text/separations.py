"""Separations: what stands between rows, and so where each of them ends, broken ones too."""

from __future__ import annotations

import re
from typing import Protocol

import msgspec

from loader.sources.formats.json_text.nesting import BrokenNestingError
from loader.sources.formats.json_text.row_ends import LineEnds, NestedEnds, RecordEnds, RowEnds
from loader.sources.formats.json_text.row_lines import RowLines
from loader.sources.formats.json_text.tape import space_end
from loader.sources.formats.json_text.value_ends import Found, State, value_at, whole

RS = b"\x1e"

_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_values = msgspec.json.Decoder(msgspec.Raw).decode_lines
_LINE_END = re.compile(rb"[\r\n]")
_RS_TO_SPACE = bytes.maketrans(RS, b" ")


class Separation(Protocol):
    """What stands between rows. Pure."""

    def split(self, data: bytes) -> list[bytes]:
        """The rows of `data`, which begins with one and ends with another.

        Raises msgspec.DecodeError or RecursionError where one is broken.
        """

    def row_at(self, data: bytes, at: int, limit: int, lines: RowLines, *, final: bool) -> Found:
        """The row that begins at `at`, up to where it surely ends, whatever is wrong with it.

        One that is longer than `limit` is cut, or whole. `final`: nothing follows `data`, which may be all of a row
        that is cut. A row is BROKEN where its end cannot be told by what stands in it.
        """

    def behind(self, data: bytes, end: int) -> int | None:
        """Where the next row may begin behind one that ends at `end`, space left aside; None where none follows."""

    def ends_of(self, data: bytes, lines: RowLines) -> RowEnds:
        """What finds the end of a long row that begins `data` piece by piece, as `row_at` would."""


class Commas:
    """Elements of an array."""

    def split(self, data: bytes) -> list[bytes]:
        return list(map(bytes, _decode_array(b"[%b]" % data)))

    def row_at(self, data: bytes, at: int, limit: int, lines: RowLines, *, final: bool) -> Found:
        stop = at + limit + 1
        found = value_at(data, at, min(len(data), stop))
        if found.state is State.CUT and not final:
            return found
        if found.state is State.WHOLE:
            behind = space_end(data, found.at)
            if behind == len(data):
                return Found(State.CUT, behind)
            if data[behind] in b",]":
                return found
        elif found.state is State.BROKEN and lines.is_row(data, at, found.at, stop):
            return found
        return _by_nesting(data, at, found.at, limit, lines, b",]")

    def behind(self, data: bytes, end: int) -> int | None:
        at = space_end(data, end)
        return at + 1 if data[at : at + 1] == b"," else None

    def ends_of(self, data: bytes, lines: RowLines) -> RowEnds:
        return NestedEnds(lines.nesting(), b",]")


class Nothing:
    """Documents with space between them, or nothing."""

    def split(self, data: bytes) -> list[bytes]:
        return list(map(bytes, _decode_values(data)))

    def row_at(self, data: bytes, at: int, limit: int, lines: RowLines, *, final: bool) -> Found:
        stop = at + limit + 1
        found = value_at(data, at, min(len(data), stop))
        if found.state is State.CUT and not final:
            return found
        if found.state is State.WHOLE:
            is_surely_whole = data[at] in b'{["' or found.at < len(data)
            return found if is_surely_whole else Found(State.CUT, len(data))
        if data[at] not in b"{[":  # no JSON at all: the line of it
            end = _LINE_END.search(data, at)
            return Found(State.CUT, len(data)) if end is None else whole(data, at, end.start())
        if found.state is State.BROKEN and lines.is_row(data, at, found.at, stop):
            return found
        return _by_nesting(data, at, found.at, limit, lines, b"")

    def behind(self, data: bytes, end: int) -> int | None:
        return end

    def ends_of(self, data: bytes, lines: RowLines) -> RowEnds:
        return NestedEnds(lines.nesting(), b"") if data[:1] in (b"{", b"[") else LineEnds()


class RecordSeparators:
    """Documents of RFC 7464: a record separator, U+001E, stands before each; what is broken ends at the next."""

    def split(self, data: bytes) -> list[bytes]:
        return list(map(bytes, _decode_values(data.translate(_RS_TO_SPACE))))

    def row_at(self, data: bytes, at: int, limit: int, lines: RowLines, *, final: bool) -> Found:
        following = data.find(RS, at)
        stop = len(data) if following < 0 else following
        found = value_at(data, at, min(stop, at + limit + 1))
        if found.state is State.WHOLE and (data[at] in b'{["' or found.at < stop):
            return found
        return Found(State.CUT, stop) if following < 0 else whole(data, at, stop)

    def behind(self, data: bytes, end: int) -> int | None:
        return end

    def ends_of(self, data: bytes, lines: RowLines) -> RowEnds:
        return RecordEnds()


def _by_nesting(data: bytes, at: int, broken: int, limit: int, lines: RowLines, ends: bytes) -> Found:
    """The row that begins at `at` and is no valid JSON from `broken` on, up to one of `ends` or where all is closed."""
    try:
        end, is_end = lines.nesting().go(data, at, len(data), ends)
    except BrokenNestingError as error:
        # Behind the limit nobody looks who has fewer bytes of it.
        return Found(State.BROKEN, broken) if error.at - at <= limit else Found(State.WHOLE, error.at)
    return whole(data, at, end) if is_end else Found(State.CUT, len(data))
