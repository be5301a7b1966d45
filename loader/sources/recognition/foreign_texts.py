"""Text that is no JSON Lines, CSV or TSV, told by its first lines."""

from __future__ import annotations

import re
from itertools import islice

from loader.sources.recognition.foreign import Foreign
from loader.sources.recognition.head import Head
from loader.sources.recognition.json_texts import has_array_lines

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
_JQ_TABLE = Foreign("lines of JSON arrays, where each row must be an object", "jq -c '{id: .[0], name: .[1]}'")


def foreign_text(head: Head) -> Foreign | None:
    """What text that begins so surely is, if it is no rows."""
    first = head.first_line().strip()
    match first[:1]:
        case b"[":
            return _JQ_TABLE if has_array_lines(head) else None
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


def _markup(first: bytes) -> Foreign | None:
    if not _MARKUP.match(first) or _BRACKETED_NAMES.fullmatch(first):
        return None
    if _HTML.match(first):
        return Foreign(
            "an HTML page", advice="look at it: it is often the login or error page of what was asked for it"
        )
    return Foreign("XML or HTML", advice="look at it; rows of XML must be made JSON Lines or CSV first (xq -c ...)")
