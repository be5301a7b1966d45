"""Parsing of `Retry-After` headers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

LONGEST = 365 * 86_400.0
"""Seconds; a server that asks for more is not believed."""

_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_DAY, _DAY_NAME = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)", r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_MONTH = r"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_DATES = (  # IMF-fixdate, rfc850-date, asctime-date of RFC 9110 section 5.6.7; names are written in no other case
    re.compile(rf"{_DAY}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT"),
    re.compile(rf"{_DAY_NAME}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT"),
    re.compile(rf"{_DAY} {_MONTH} (?P<day>[0-9]{{2}}| [0-9]) {_TIME} (?P<year>[0-9]{{4}})"),
)


def retry_after(value: str | None, date: str | None, wall: float) -> float | None:
    """Seconds to wait as `Retry-After: value` asks, in [0, `LONGEST`]; None if it says nothing that can be followed.

    RFC 9110 section 10.2.3: seconds, or an HTTP date in one of the three forms of section 5.6.7. Parts of a second are
    no part of it, and are taken as they are meant. A date is measured against `date`, the `Date` header of the same
    answer, so that a server whose clock is wrong is understood; where that is missing or unreadable, against `wall`,
    the local time in seconds since the epoch. A date in the past is 0.0. None is: no header, neither of the two forms,
    negative, longer than `LONGEST`. Never raises for any text.
    """
    if value is None:
        return None
    text = value.strip()
    wait = float(text) if _SECONDS.fullmatch(text) else _wait_until(text, date, wall)
    return wait if wait is not None and wait <= LONGEST else None


def limit_reset(value: str | None, date: str | None, wall: float) -> float | None:
    """Seconds until an empty rate limit is filled again, as `x-ratelimit-reset: value` says; None as above.

    GitHub and others write the time in seconds since the epoch, some the seconds that are left; the first are larger
    than any wait that is followed.
    """
    wait = retry_after(value, date, wall)
    if wait is not None or value is None or not _SECONDS.fullmatch(value.strip()):
        return wait
    left = max(0.0, float(value) - _sent(date, wall))
    return left if left <= LONGEST else None


def _wait_until(text: str, date: str | None, wall: float) -> float | None:
    now = _sent(date, wall)
    until = _epoch(text, now)
    return None if until is None else max(0.0, until - now)


def _sent(date: str | None, wall: float) -> float:
    """When an answer was sent by the clock of its server, in seconds since the epoch."""
    sent = None if date is None else _epoch(date.strip(), wall)
    return wall if sent is None else sent


def _epoch(text: str, now: float) -> float | None:
    """An HTTP date in seconds since the epoch, None if it is none; `now` decides the century of a two-digit year."""
    match = next(filter(None, (form.fullmatch(text) for form in _DATES)), None)
    if match is None:
        return None
    second = int(match["second"])
    if second > 60:
        return None
    try:
        moment = datetime(
            _year(match["year"], now),
            _MONTHS.index(match["month"]) + 1,
            int(match["day"]),
            int(match["hour"]),
            int(match["minute"]),
            min(second, 59),
            tzinfo=UTC,
        )
        if len(match["year"]) == 2:
            moment = _within_fifty_years(moment, datetime.fromtimestamp(now, UTC))
        # A leap second, 60, is the start of the next minute.
        return (moment + timedelta(seconds=second // 60)).timestamp()
    except (ValueError, OverflowError):
        return None


def _year(text: str, now: float) -> int:
    """A year of four digits, or the last with these two that is no more than 50 years from now."""
    if len(text) == 4:
        return int(text)
    horizon = datetime.fromtimestamp(now, UTC).year + 50
    return horizon - (horizon - int(text)) % 100


def _within_fifty_years(moment: datetime, now: datetime) -> datetime:
    """A century earlier where `moment` is more than 50 years after `now` (RFC 9110 section 5.6.7)."""
    if moment.year == now.year + 50 and moment.timetuple()[1:6] > now.timetuple()[1:6]:
        return moment.replace(year=moment.year - 100)
    return moment
