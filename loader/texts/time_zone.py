"""Time zones by name or offset."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import cache

_OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3]):?([0-5][0-9])")


@cache
def zone_of(name: str) -> tzinfo | None:
    """The zone of that name (IANA) or offset from UTC; None where there is none, or this machine does not know it."""
    if name in ("UTC", "Z", "GMT"):
        return UTC
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        minutes = int(offset[2]) * 60 + int(offset[3])
        return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))
    from zoneinfo import ZoneInfo  # takes a while, and few need it

    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None
