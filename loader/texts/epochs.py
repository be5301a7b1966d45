"""Whole numbers as moments since 1970, and what digits without a unit could mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime

UNITS: Mapping[str, int] = {"epoch_s": 1, "epoch_ms": 10**3, "epoch_us": 10**6, "epoch_ns": 10**9}
"""The types for times that count from 1970 (UTC), and how many of their units make a second."""

MILLISECONDS, MICROSECONDS, NANOSECONDS = 10**3, 10**6, 10**9  # in a second

UNIT_WORDS: Mapping[int, str] = {1: "seconds", 10**3: "milliseconds", 10**6: "microseconds", 10**9: "nanoseconds"}

FIRST, LAST = -2_208_988_800, 7_289_654_400
"""Seconds from 1970 to the first moment of 1900, and to the first one after 2200."""

# What rows are mostly about: 1973 to 2106. A number that lies there as seconds lies in the first weeks of 1970 as
# milliseconds; nobody means these.
_OURS, _NOT_OURS = 10**8, 2**32

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_CYCLE = 146_097  # days of 400 years, after which the calendar repeats itself
_DAY = 86_400
_PATTERNS = {8: "%Y%m%d", 14: "%Y%m%d%H%M%S"}


def unclear(units: int) -> Callable[[int], bool]:
    """Tells numbers that cannot be taken for moments without a word about their unit, here `units` a second.

    They lie before 1900 or after 2200; or they are a date in digits, or a moment from 1973 to 2106 in a longer unit,
    and would be one of the first weeks of 1970 in this.
    """
    first, last = FIRST * units, LAST * units
    longer = [(_OURS * each, _NOT_OURS * each) for each in UNITS.values() if each < units]

    def is_unclear(number: int) -> bool:
        if not first <= number < last or any(low <= number < high for low, high in longer):
            return True
        return _by_pattern(str(number)) is not None

    return is_unclear


def clear_from(units: int) -> int:
    """The number of units since 1970 from which on none is unclear before the year 2201."""
    ends = (_NOT_OURS * units // 1000, *(int(f"2201{'0' * (length - 4)}") for length in _PATTERNS))
    return max(end for end in ends if end < LAST * units)


def readings(digits: str) -> Iterator[tuple[str, str]]:
    """The types that make a moment of our time of a number or of digits, each with that moment (ISO 8601).

    Of a number with a fraction the moment is that without it.
    """
    if (found := _by_pattern(digits)) is not None:
        yield found
    before = digits.partition(".")[0]
    number = int(before) if before.removeprefix("-").isdecimal() and len(before) < 25 else 0
    for kind, units in UNITS.items():
        if _OURS * units <= number < _NOT_OURS * units:
            yield kind, moment(number, units)


def moment(number: int, units: int) -> str:
    """A number of units since 1970 by ISO 8601, in UTC; to the millisecond, or as far as the unit goes."""
    seconds, fraction = divmod(number, units)
    days, second = divmod(seconds, _DAY)
    hours, rest = divmod(second, 3600)
    decimals = f".{fraction:0{len(str(units)) - 1}d}" if units > 1 else ""
    return f"{day(days)}T{hours:02d}:{rest // 60:02d}:{rest % 60:02d}{decimals}Z"


def day(days: int) -> str:
    """The date so many days after 1970-01-01, of any year, the year 0 included (ISO 8601)."""
    cycles, ordinal = divmod(days + _EPOCH_ORDINAL - 1, _CYCLE)
    within = date.fromordinal(ordinal + 1)
    year = within.year + 400 * cycles
    sign = "-" if year < 0 else "+" if year > 9999 else ""
    return f"{sign}{abs(year):04d}-{within.month:02d}-{within.day:02d}"


def _by_pattern(digits: str) -> tuple[str, str] | None:
    """The pattern by which digits are a date between 1900 and 2200, with it."""
    pattern = _PATTERNS.get(len(digits))
    if pattern is None or not digits.isdecimal() or not "1900" <= digits[:4] <= "2200":
        return None
    try:
        found = datetime.strptime(digits, pattern)
    except ValueError:
        return None
    return pattern, found.date().isoformat() if len(digits) == 8 else f"{found.isoformat()}Z"
