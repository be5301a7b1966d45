"""JSON values one behind the other, told apart by msgspec: where the first of them ends, or is broken."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

import msgspec

from loader.sources.formats.json_text.tape import SPACE

_decode = msgspec.json.Decoder(msgspec.Raw).decode
_ERROR = re.compile(r"JSON is malformed: (?P<what>.*) \(byte (?P<at>\d+)\)")
_TRAILING = "trailing characters"


class State(Enum):
    """What became of a value, or of a row, that was looked for."""

    WHOLE = auto()
    CUT = auto()  # as far as the bytes go
    BROKEN = auto()


class Found(NamedTuple):
    """What begins at some place; `at` is where it ends, where the bytes do, or where it is broken."""

    state: State
    at: int


def value_at(data: bytes, at: int, stop: int) -> Found:
    """The value that begins at `at`, where no space is, in `data` up to `stop`.

    A number that ends with the bytes may go on behind them.
    """
    try:
        _decode(memoryview(data)[at:stop])
    except RecursionError:
        return Found(State.BROKEN, at)
    except msgspec.DecodeError as error:
        match = _ERROR.fullmatch(str(error))
        if match is None:
            return Found(State.CUT, stop)
        if match["what"] != _TRAILING:
            return Found(State.BROKEN, min(at + int(match["at"]), stop))
        stop = at + int(match["at"]) - 1  # this one is counted from 1
    return whole(data, at, stop)


def whole(data: bytes, start: int, stop: int) -> Found:
    """What begins at `start` and ends before the space that ends at `stop`."""
    while stop > start and data[stop - 1] in SPACE:
        stop -= 1
    return Found(State.WHOLE, stop)
