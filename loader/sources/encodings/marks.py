"""Byte order marks, which say what encoding a text has."""

from __future__ import annotations

import re

UTF_8 = "utf-8"
LONGEST = 4

_MARKS = (  # that of UTF-32 first, for that of UTF-16 is its beginning
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\xef\xbb\xbf", UTF_8),
)
# Text of ASCII, at least four characters of it, by where its zero bytes stand.
_WIDE = (
    (re.compile(rb"(?:[^\0]\0\0\0){4}"), "utf-32-le"),
    (re.compile(rb"(?:\0\0\0[^\0]){4}"), "utf-32-be"),
    (re.compile(rb"(?:[^\0]\0){4}"), "utf-16-le"),
    (re.compile(rb"(?:\0[^\0]){4}"), "utf-16-be"),
)


def may_be_marked(head: bytes) -> bool:
    """Whether text may have a mark with more bytes than `head` has."""
    return any(len(head) < len(mark) and mark.startswith(head) for mark, _ in _MARKS)


def marked_encoding(head: bytes) -> str:
    """The encoding that the mark at the beginning says, "" if there is none."""
    return next((name for mark, name in _MARKS if head.startswith(mark)), "")


def wide_encoding(head: bytes) -> str:
    """The encoding of text that is surely UTF-16 or UTF-32, with a mark or without; "" for all else."""
    name = marked_encoding(head)
    if name and name != UTF_8:
        return name
    return next((name for pattern, name in _WIDE if pattern.match(head)), "")
