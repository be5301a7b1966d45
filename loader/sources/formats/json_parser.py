"""JSON Lines: one JSON object a line, RFC 8259, kept byte for byte."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from operator import length_hint
from typing import NoReturn

import msgspec

from loader.config.encodings import AUTO
from loader.contents import RawJson
from loader.rows import Chunk, Rows
from loader.sources.error_types import BAD_ENCODING, BAD_JSON, LONE_SURROGATE, NESTING_TOO_DEEP, NOT_AN_OBJECT
from loader.sources.parser import Group, Parsed
from loader.sources.split import Fault, split_off
from loader.sources.text.excerpt import excerpt
from loader.sources.text.lines import lines_of

_LINE_ENDS_TO_SPACES = bytes.maketrans(b"\r\n", b"  ")
MAX_DEPTH = 500  # levels; msgspec recurses, and how deep it gets depends on who calls it: half of Python's own limit

_OBJECT = frozenset(b"{")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEP = {byte: 1 if byte in b"[{" else -1 for byte in b"[]{}"}
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r"))  # nowhere in JSON; tabs may stand between its tokens
_CONTROL = re.compile(b"[" + re.escape(_CONTROLS) + b"]")
_POSITIONED = re.compile(r"JSON is malformed: (?P<what>.*) \(byte (?P<at>\d+)\)")
_TOO_DEEP = (NESTING_TOO_DEEP.name, f"the row is nested more than {MAX_DEPTH} levels deep")


class _Object(msgspec.Struct):
    """Any JSON object: all of it but the encoding of its strings is checked, none of it is built."""


_check_object = msgspec.json.Decoder(_Object).decode
_check_value = msgspec.json.Decoder(msgspec.Raw).decode


class JsonlParser:
    """Parses chunks of JSON Lines. Stateless. `encoding` is that of the input, as the config says it."""

    def __init__(self, encoding: str = AUTO) -> None:
        self._encoding = encoding

    def parse(self, chunk: Chunk) -> Parsed:
        """Readable rows as one group, and the bad ones."""
        if chunk.bad is not None:
            return Parsed((), (chunk.bad,))
        lines = lines_of(chunk, blank=b" \t")
        rows = Rows(chunk.source, chunk.source.layout, *lines[:3], RawJson(lines.raw))
        bad = faults_of(chunk.data, lines.raw, self._encoding)
        return split_off(rows, bad) if bad else Parsed((Group(rows),))


def embedded(row: bytes) -> bytes:
    """The JSON text `row` as it stands in a letter: on one line, whatever ends lines, and without space around it.

    In valid JSON a carriage return stands between tokens only, where a space means the same.
    """
    if b"\r" in row or b"\n" in row:
        row = row.translate(_LINE_ENDS_TO_SPACES)
    return row.strip(b" \t")


def fault_of(row: bytes, encoding: str = AUTO) -> Fault | None:
    """Why `row` is no row: its error type and a sentence; None if it is a JSON object. Bytes are counted from 1."""
    try:
        row.decode()
    except UnicodeDecodeError as error:
        from loader.sources.encodings.misfits import misfit_of  # few rows need it

        return BAD_ENCODING.name, misfit_of(error, encoding)
    if _may_be_deep(row) and _depth(row) > MAX_DEPTH:
        return _TOO_DEEP
    try:
        _check_value(row)
    except RecursionError:
        return _TOO_DEEP
    except msgspec.DecodeError as error:
        return _malformed(row, error)
    if not row.lstrip(b" \t").startswith(b"{"):
        return NOT_AN_OBJECT.name, f"the row is JSON, but not an object: {excerpt(row, 0)}"
    return None


def faults_of(data: bytes, raw: Sequence[bytes], encoding: str) -> dict[int, Fault]:
    """What is wrong with the bad rows among `raw`, the rows in `data`, by index."""
    return _faults(data, raw, encoding, dict(_failing(_check_object, raw)))


def faults_of_valid(data: bytes, raw: Sequence[bytes], encoding: str) -> dict[int, Fault]:
    """The same of rows that msgspec took for JSON before."""
    return _faults(data, raw, encoding, {}) if {row[0] for row in raw} <= _OBJECT else faults_of(data, raw, encoding)


def _faults(data: bytes, raw: Sequence[bytes], encoding: str, refused: Mapping[int, Exception]) -> dict[int, Fault]:
    """The same, where msgspec refused some."""
    suspects = set(refused)
    plain = data.isascii()
    if not plain:
        suspects |= _badly_encoded(data, raw)
    if max(map(len, raw), default=0) > MAX_DEPTH:
        plain = False
        suspects.update(index for index, row in enumerate(raw) if _may_be_deep(row))
    faults = {}
    for index in sorted(suspects):
        row = raw[index]
        # Most bad rows are no JSON; what was said of them when they were refused holds if nothing else can be wrong.
        known = plain and type(refused[index]) is msgspec.DecodeError
        fault = _malformed(row, refused[index]) if known else fault_of(row, encoding)
        if fault is not None:
            faults[index] = fault
    return faults


def _badly_encoded(data: bytes, raw: Sequence[bytes]) -> set[int]:
    try:
        data.decode()
    except UnicodeDecodeError:
        return {index for index, _ in _failing(bytes.decode, raw)}
    return set()


def _failing(check: Callable[[bytes], object], raw: Sequence[bytes]) -> Iterator[tuple[int, Exception]]:
    """The indexes of the rows that `check` refuses, and how; between them it runs without a step of Python a row."""
    rows = iter(raw)
    while length_hint(rows):
        try:
            deque(map(check, rows), maxlen=0)
        except (UnicodeDecodeError, msgspec.DecodeError, RecursionError) as error:
            yield len(raw) - length_hint(rows) - 1, error


def _may_be_deep(row: bytes) -> bool:
    """Whether there are enough brackets in `row`, quoted ones too, to nest too deep."""
    return len(row) > MAX_DEPTH and row.count(b"[") + row.count(b"{") > MAX_DEPTH


def _depth(row: bytes) -> int:
    """How deep brackets outside strings are nested at most."""
    outside = b"".join(row.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2])
    return max(accumulate(map(_STEP.__getitem__, outside.translate(None, _NOT_BRACKETS))), default=0)


def _malformed(row: bytes, error: Exception) -> Fault:
    """What is wrong with a row that msgspec refused with `error`."""
    return (b"\\u" in row and _lone_surrogate(row)) or (BAD_JSON.name, _complaint(row, str(error)))


def _lone_surrogate(row: bytes) -> Fault | None:
    """What is wrong with `row`, if it is but for half a surrogate pair."""
    lone = next((match.start() for match in _ESCAPE.finditer(row) if match["lone"]), None)
    if lone is None:
        return None
    try:
        json.loads(row.decode(), parse_int=str, parse_float=str, parse_constant=_refuse)
    except ValueError:
        return None
    return (
        LONE_SURROGATE.name,
        f"half of a surrogate pair, which is no character, at byte {lone + 1}: {excerpt(row, lone)}",
    )


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _complaint(row: bytes, error: str) -> str:
    """What is wrong with the JSON of `row`, where msgspec says `error`."""
    has_control = len(row.translate(None, _CONTROLS)) < len(row)  # most have none, and a search takes longer
    control = _CONTROL.search(row) if has_control else None
    if control is not None:
        return _raw_control(row, control.start())
    match = _POSITIONED.fullmatch(error)
    if match is None:
        return f"the JSON is cut short after {len(row):,} bytes: {excerpt(row, len(row))}"
    what, at = match["what"], int(match["at"])
    if what == "invalid character" and row[at : at + 1] == b"\t":
        return _raw_control(row, at)
    return f"{what} near byte {at + 1}: {excerpt(row, at)}"


def _raw_control(row: bytes, at: int) -> str:
    return f"raw control character U+{row[at]:04X} at byte {at + 1}: {excerpt(row, at)}"
