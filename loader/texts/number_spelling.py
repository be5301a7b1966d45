"""Spelling of numbers in texts: what stands before the fraction, and between thousands."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

_BLANKS = " \u00a0\u202f"  # what stands between thousands where a blank does


@cache
def plain_number(decimal: str, thousands: str) -> Callable[[str], str] | None:
    """What spells a number that is a text as programs do, 1.234,5 as 1234.5; None where nothing is to be done.

    Of thousands there must be groups: three digits at the end, two or three before them. It raises ValueError for a
    text with digits that is spelled otherwise; one without any, as NaN, stays as it is.
    """
    if decimal == "." and not thousands:
        return None
    between = f"[{_BLANKS}]" if thousands == " " else re.escape(thousands)
    grouped = f"[0-9]{{1,3}}(?:{between}[0-9]{{2,3}})*{between}[0-9]{{3}}|" if thousands else ""
    number = re.compile(rf"([+-]?)({grouped}[0-9]*)(?:{re.escape(decimal)}([0-9]*))?([eE][+-]?[0-9]+)?")
    groups = re.compile(between) if thousands else None

    def plain(text: str) -> str:
        match = number.fullmatch(text)
        if match is None:
            if any(map(str.isdecimal, text)):
                raise ValueError(text)
            return text
        sign, whole, fraction, exponent = match.groups()
        whole = whole if groups is None else groups.sub("", whole)
        return f"{sign}{whole}{'' if fraction is None else '.' + fraction}{exponent or ''}"

    return plain


def spelled(decimal: str, thousands: str) -> str:
    """How numbers are spelled, as the end of a sentence."""
    return f"with {decimal!r} before the fraction" + (f" and {thousands!r} between thousands" if thousands else "")
