"""Rules for request headers that a config may set (RFC 9110, section 5)."""

from __future__ import annotations

import re

FRAMING = frozenset(("connection", "content-length", "host", "transfer-encoding"))

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2


def is_header_name(name: str) -> bool:
    """Whether a header of this name may be added: a token, and none of those that frame the message."""
    return _TOKEN.fullmatch(name) is not None and name.lower() not in FRAMING


def is_header_value(value: str) -> bool:
    """Whether `value` can be no second header, and is what the other side will read (RFC 9110, section 5.5)."""
    return not any(character in value for character in "\r\n\0") and value == value.strip(" \t")
