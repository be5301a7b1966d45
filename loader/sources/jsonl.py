"""JSON Lines: one JSON object a line, RFC 8259, kept byte for byte."""

from __future__ import annotations

import re

import msgspec

from loader.rows import BadRow, Chunk, Rows
from loader.sources.base import Group, Parsed
from loader.sources.lines import lines_of

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class _Object(msgspec.Struct):
    """Any JSON object: all of it is checked, none of it is built."""


_check = msgspec.json.Decoder(_Object).decode


def fault_of(row: bytes) -> tuple[str, str] | None:
    """Why `row` is no row: its error type and a sentence; None if it is a JSON object."""
    try:
        row.decode()  # msgspec takes the bytes of strings over unread
    except UnicodeDecodeError as error:
        return "bad_encoding", f"invalid UTF-8 at byte {error.start} of the row"
    try:
        _check(row)
    except RecursionError:
        return "nesting_too_deep", "the row is nested deeper than the parser goes"
    except msgspec.ValidationError:
        return "not_an_object", "the row is JSON, but not an object"
    except msgspec.DecodeError as error:
        if _SURROGATE.search(row) and _is_json_but_for_surrogates(row):
            return (
                "lone_surrogate",
                "the row holds half of a surrogate pair (\\uD800 to \\uDFFF), which is no character",
            )
        nul = " (the row holds a raw NUL)" if b"\0" in row else ""
        return "bad_json", f"{error}{nul}"
    return None


def _is_json_but_for_surrogates(row: bytes) -> bool:
    try:
        _check(_SURROGATE.sub(rb"\\u00", row))
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


class JsonlParser:
    """Parses chunks of JSON Lines. Stateless."""

    def parse(self, chunk: Chunk) -> Parsed:
        """Readable rows as one group, and the bad ones."""
        lines = lines_of(chunk, blank=b" \t")
        rows = Rows(chunk.source, chunk.source.layout, *lines)
        if _all_good(chunk.data, lines.raw):
            return Parsed((Group(rows),))
        bad = {i: fault for i, raw in enumerate(lines.raw) if (fault := fault_of(raw)) is not None}
        return split_off(rows, bad)


def _all_good(data: bytes, raw: list[bytes]) -> bool:
    try:
        if not data.isascii():
            data.decode()
        for row in raw:
            _check(row)
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return False
    return True


def split_off(rows: Rows, bad: dict[int, tuple[str, str]]) -> Parsed:
    """`rows` without the bad ones, which are given by index with error type and message."""
    good = [i for i in range(len(rows)) if i not in bad]
    groups = (Group(rows.take(good)),) if good else ()
    return Parsed(groups, tuple(_bad_row(rows, i, *fault) for i, fault in bad.items()))


def _bad_row(rows: Rows, index: int, error_type: str, error: str) -> BadRow:
    raw = rows.raw[index]
    place = (rows.ordinals[index], rows.lines[index], rows.offsets[index])
    return BadRow(*place, raw[: 64 * 1024], len(raw), error_type, error)
