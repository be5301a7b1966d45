"""Empty fields with and without quotes, which the csv module does not tell apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache


def marker(delimiter: str, quote: str, escape: str, blanks: str, mark: str) -> Callable[[str], str]:
    """What puts `mark` in the place of the quotes of an empty field in a record; `blanks` may be around them."""
    pattern = _beginnings(delimiter, quote, escape, blanks)
    return lambda record: pattern.sub(lambda match: _marked(match, mark), record)


def told_apart(mark: str, fields: list[str]) -> list[str | None]:
    """Fields as they were before; None for an empty one without quotes."""
    return ["" if field == mark else field or None for field in fields]


def _marked(match: re.Match[str], mark: str) -> str:
    return match[0] if match["empty"] is None else match["begin"] + mark


@cache
def _beginnings(delimiter: str, quote: str, escape: str, blanks: str) -> re.Pattern[str]:
    """Matches where fields begin, with the field if it is quoted; and what is escaped."""
    by, mark, escapes = map(re.escape, (delimiter, quote, escape))
    kept = f"{escapes}(?:{by}|\r\n|[{mark}{escapes}\r\n])" if escape else "(?!)"
    within = f"[^{mark}{escapes}]++|{mark}{mark}|{kept}" + (f"|{escapes}" if escape else "")
    around = f"[{blanks}]*+" if blanks else ""
    empty = f"(?P<empty>{mark}{mark})(?={around}(?:{by}|\\Z))"
    return re.compile(f"{kept}|(?P<begin>(?:\\A|{by}){around})(?:{empty}|{mark}(?:{within})*+{mark})")
