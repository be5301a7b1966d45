"""Parts of a target URL; path and query may hold templates."""

from __future__ import annotations

import re

_ORIGIN = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)(.*)", re.DOTALL)


def split_origin(url: str) -> tuple[str, str]:
    """Scheme, host and port of a checked URL, and its path and query, which begin with a slash."""
    match = _ORIGIN.fullmatch(url)
    if match is None:
        raise ValueError("not a URL")
    origin, target = match.groups()
    return origin, target if target.startswith("/") else f"/{target}"
