"""JSON that is no line a row: arrays, documents and sequences, told by their first bytes."""

from __future__ import annotations

import json
import re
from enum import Enum
from itertools import islice

import msgspec

from loader.sources.recognition.foreign import Foreign
from loader.sources.recognition.head import Head

_LINES = 3  # of what may be one JSON value over several lines
_ARRAY_OF_OBJECTS = re.compile(rb"\[\s*(?:$|\{\s*(?:$|[\"'}]))")


class JsonKind(Enum):
    """How rows lie in JSON; its value says what speaks for that, as the end of a sentence."""

    NONE = ""
    LINES = "as its first line is an object"
    DOCUMENTS = "as objects in it are on several lines, or several on one"
    ARRAY = "as it begins with '['"
    SEQUENCE = "as it begins with a record separator"


_ADVICE = "--format json loads it"
_FOREIGN = {
    JsonKind.ARRAY: Foreign("one JSON array", advice=_ADVICE),
    JsonKind.DOCUMENTS: Foreign("JSON objects that are no line each", advice=_ADVICE),
    JsonKind.SEQUENCE: Foreign("a JSON text sequence", advice=_ADVICE),
}


def json_kind(head: Head) -> JsonKind:
    """How rows lie in what begins so; NONE for what is no JSON with rows in it."""
    first = head.first_line().strip()
    match first[:1]:
        case b"[":
            return JsonKind.ARRAY if _is_array(head, first) else JsonKind.NONE
        case b"{":
            return JsonKind.DOCUMENTS if _is_no_line(head, first) else JsonKind.LINES
        case b"\x1e":
            return JsonKind.SEQUENCE
        case _:
            return JsonKind.NONE


def foreign_json(head: Head) -> Foreign | None:
    """What JSON that begins so surely is, where rows must be lines; None if it may be such rows."""
    return _FOREIGN.get(json_kind(head))


def has_array_lines(head: Head) -> bool:
    """Whether each of the first lines is an array of values, which is no row."""
    lines = [line.strip() for line in islice(head.lines(), 2)]
    return len(lines) == 2 and all(line.startswith(b"[") for line in lines) and not _is_array(head, lines[0])


def _is_array(head: Head, first: bytes) -> bool:
    state = _json_state(first)
    if state is None:
        return _ARRAY_OF_OBJECTS.match(first) is not None
    if state == "cut":
        return True
    second = next(islice(head.lines(), 1, 2), b"").strip()
    return not second or (second.startswith(b"[") and (first == b"[]" or _ARRAY_OF_OBJECTS.match(first) is not None))


def _is_no_line(head: Head, first: bytes) -> bool:
    """Whether the JSON object that begins on the first line ends on another, or is followed by one on it."""
    state = _json_state(first)
    if state is None:
        return _has_two(first)
    if state == "whole":
        return False
    lines = list(islice(head.lines(), _LINES))
    if len(lines) == 1:
        return False
    text = b"\n".join(lines)
    end = _first_end(text)
    return _json_state(text) == "cut" if end is None else True


def _has_two(line: bytes) -> bool:
    """Whether a whole value on the line is followed by an object."""
    end = _first_end(line)
    return end is not None and line.decode("utf-8", "ignore")[end:].lstrip().startswith("{")


def _first_end(text: bytes) -> int | None:
    """Where the first value ends, in characters; None where it does not, or is no JSON."""
    decoded = text.decode("utf-8", "ignore")
    try:
        return json.JSONDecoder().raw_decode(decoded.lstrip())[1] + len(decoded) - len(decoded.lstrip())
    except (json.JSONDecodeError, RecursionError):
        return None


def _json_state(text: bytes) -> str | None:
    """ "whole" for one JSON value, "cut" for the beginning of one, None for what is no JSON."""
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except RecursionError:
        return "whole"
    except msgspec.DecodeError as error:
        return "cut" if "truncated" in str(error) else None
    return "whole"
