"""What a server asks for with a `Retry-After` header."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 365 * 86_400.0
"""Seconds; a server that asks for more is not believed."""

_RFC850_DATE = re.compile(r"[a-z]+,\s+\d\d-[a-z]{3}-\d\d\s", re.ASCII | re.IGNORECASE)


def retry_after(value: str | None, date: str | None, wall: float) -> float | None:
    """Seconds to wait as `Retry-After: value` asks, in [0, `LONGEST`]; None if it says nothing that can be followed.

    RFC 9110 section 10.2.3: whole seconds, or an HTTP date in any of the three forms of section 5.6.7. A date is
    measured against `date`, the `Date` header of the same answer, so that a server whose clock is wrong is understood;
    where that is missing or unreadable, against `wall`, the local time in seconds since the epoch. A date in the past
    is 0.0. None is: no header, neither of the two forms, negative, longer than `LONGEST`. Never raises for any text.
    """
    if value is None:
        return None
    text = value.strip()
    wait = float(text) if text.isascii() and text.isdigit() else _wait_until(text, date, wall)
    return wait if wait is not None and wait <= LONGEST else None


def _wait_until(text: str, date: str | None, wall: float) -> float | None:
    sent = None if date is None else _epoch(date, wall)
    now = wall if sent is None else sent
    until = _epoch(text, now)
    return None if until is None else max(0.0, until - now)


def _epoch(text: str, now: float) -> float | None:
    """An HTTP date in seconds since the epoch, None if unreadable; `now` decides the century of a two-digit year."""
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:  # the asctime form names no zone; HTTP dates are in UTC
            moment = moment.replace(tzinfo=UTC)
        if _RFC850_DATE.match(text.lstrip()):
            moment = _with_century(moment, datetime.fromtimestamp(now, UTC))
        return moment.timestamp()
    except (ValueError, TypeError, OverflowError):  # which of them depends on what is wrong
        return None


def _with_century(moment: datetime, now: datetime) -> datetime:
    """`moment` in the last century that puts it no more than 50 years after `now` (RFC 9110 section 5.6.7)."""
    horizon = now.year + 50
    year = horizon - (horizon - moment.year) % 100
    if year == horizon and moment.timetuple()[1:6] > now.timetuple()[1:6]:
        year -= 100
    return moment.replace(year=year)
