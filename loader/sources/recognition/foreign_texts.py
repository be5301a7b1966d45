"""Text that is no JSON Lines, CSV or TSV, told by its first lines."""

from __future__ import annotations

import json
import re
from itertools import islice

import msgspec

from loader.sources.recognition.foreign import Foreign
from loader.sources.recognition.head import Head

_LINES = 3  # of what may be one JSON value over several lines

_ARRAY = re.compile(rb"\[\s*(?:$|\{\s*(?:$|[\"'}]))")
_OBJECT = re.compile(rb"\{\s*(?:\"(?:[^\"\\]|\\.)*\"\s*:|\}\s*$)")
_MARKUP = re.compile(rb"<(?:[!?]|/?[A-Za-z])")
_HTML = re.compile(rb"<(?:!doctype html|html|head|body|title|meta|script|center|h1)\b", re.IGNORECASE)
# What stands below or above the header of a table that is drawn: psql, mysql -t, sqlcmd, Markdown.
_RULE = re.compile(rb"(?=.*--)[-+|:=,;\s]+")
_BRACKETED_NAMES = re.compile(rb"<[^<>]*>(?:[,;|\t^~]<[^<>]*>)+\s*")
_OTHERS = (
    (
        re.compile(rb"version https://git-lfs\.github\.com/"),
        Foreign("a pointer of Git LFS in the place of the file", advice="fetch the file itself: git lfs pull"),
    ),
    (
        re.compile(rb"-- |/\*|(?:CREATE (?:TABLE|DATABASE|SCHEMA)|INSERT INTO|PRAGMA foreign_keys)\b"),
        Foreign("SQL", advice="load it into its database, and export the table from there"),
    ),
    (
        re.compile(rb"HTTP/[0-9.]+ [0-9]{3}\b"),
        Foreign("an answer of HTTP with its headers", advice="fetch the body alone (curl without -i)"),
    ),
    (
        re.compile(rb'[0-9a-f]{8} \{"'),  # a checksum, and what it is of
        Foreign(
            "a file that loader keeps of its runs and replays (checkpoint, .replayed)",
            advice="there are no rows in it; beside a .replayed lies the queue: loader replay QUEUE",
        ),
    ),
    (re.compile(rb"---\s*$|%YAML "), Foreign("YAML", advice="make it JSON Lines first")),
)
_JQ_ARRAY = Foreign("one JSON array, where each row must be a line", "jq -c '.[]'")
_JQ_TABLE = Foreign("lines of JSON arrays, where each row must be an object", "jq -c '{id: .[0], name: .[1]}'")
_JQ_SPREAD = Foreign("JSON objects over several lines, where each must be one line", "jq -c .")


def foreign_text(head: Head) -> Foreign | None:
    """What text that begins so surely is, if it is no rows."""
    first = head.first_line().strip()
    match first[:1]:
        case b"[":
            return _array(head, first)
        case b"{":
            return _JQ_SPREAD if _goes_over_lines(head, first) else None
        case b"<":
            return _markup(first)
        case _:
            return next((found for pattern, found in _OTHERS if pattern.match(first)), None)


def drawn_table(head: Head) -> Foreign | None:
    """A table that was drawn with lines for people to read, whose lines would be rows."""
    if not any(_RULE.fullmatch(line) for line in islice(head.lines(), 2)):
        return None
    advice = "export it as CSV (psql --csv, mysql --batch); or take the drawn lines out, and name the --delimiter"
    return Foreign("a table drawn for people to read", advice=advice)


def is_object(line: bytes) -> bool:
    """Whether `line` is a JSON object, or begins like one."""
    return _OBJECT.match(line.strip()) is not None


def _array(head: Head, first: bytes) -> Foreign | None:
    state = _json_state(first)
    if state is None:
        return _JQ_ARRAY if _ARRAY.match(first) else None
    second = next(islice(head.lines(), 1, 2), b"").strip()
    if state == "cut" or not second:
        return _JQ_ARRAY
    return _JQ_TABLE if second.startswith(b"[") else None  # else a bad row of JSON Lines


def _goes_over_lines(head: Head, first: bytes) -> bool:
    """Whether a JSON object begins on the first line and ends on another."""
    if _json_state(first) != "cut":
        return False
    lines = list(islice(head.lines(), _LINES))
    if len(lines) == 1:
        return False
    text = b"\n".join(lines)
    try:
        json.JSONDecoder().raw_decode(text.decode("utf-8", "ignore").lstrip())
    except (json.JSONDecodeError, RecursionError):
        return _json_state(text) == "cut"
    return True


def _markup(first: bytes) -> Foreign | None:
    if not _MARKUP.match(first) or _BRACKETED_NAMES.fullmatch(first):
        return None
    if _HTML.match(first):
        return Foreign(
            "an HTML page", advice="look at it: it is often the login or error page of what was asked for it"
        )
    return Foreign("XML or HTML", advice="look at it; rows of XML must be made JSON Lines or CSV first (xq -c ...)")


def _json_state(text: bytes) -> str | None:
    """ "whole" for one JSON value, "cut" for the beginning of one, None for what is no JSON."""
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except RecursionError:
        return "whole"
    except msgspec.DecodeError as error:
        return "cut" if "truncated" in str(error) else None
    return "whole"
