"""Blanks around fields, and around the quotes of fields."""

from __future__ import annotations

import re
from functools import cache

from loader.sources.text.plain import blanks_around


def trimmed(delimiter: str, quote: str, escape: str, record: str) -> str:
    """A record without the blanks around its fields; what stands within quotes stays as it is."""
    return _around_fields(delimiter, quote, escape).sub(_without_blanks, record)


def _without_blanks(match: re.Match[str]) -> str:
    return match["kept"] or (match["delimiter"] or "") + (match["quoted"] or "")


@cache
def _around_fields(delimiter: str, quote: str, escape: str) -> re.Pattern[str]:
    """Matches where fields begin, with the blanks on both sides, and a field that is quoted; and what is escaped."""
    blanks = f"[{blanks_around(delimiter)}]"
    by, mark, escapes = map(re.escape, (delimiter, quote, escape))
    meaning = "".join((by, mark, escapes))
    kept = f"{escapes}(?:\r\n|[{meaning}\r\n])" if escape else "(?!)"
    within = f"[^{mark}{escapes}]++|{mark}{mark}|{kept}" + (f"|{escapes}" if escape else "")
    quoted = f"(?:(?P<quoted>{mark}(?:{within})*+{mark}){blanks}*+)?" if quote else "(?P<quoted>(?!))?"
    return re.compile(f"(?P<kept>{kept})|(?:\\A|{blanks}*+(?P<delimiter>{by})){blanks}*+{quoted}|{blanks}+\\Z")
