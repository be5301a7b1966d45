"""Dates, times of day, moments and durations as texts of ISO 8601 -> whole numbers of units. Years may be any."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pyarrow as pa

PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
"""Units in a second, by their names in types."""

_DATE = r"(?P<year>[+-]?[0-9]{1,9})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2}(?:\.[0-9]{1,9})?)"
_ZONE = r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?"
_ONE_DATE = re.compile(_DATE)
_ONE_TIME = re.compile(_TIME)
_ONE_MOMENT = re.compile(f"{_DATE}[T ]{_TIME}{_ZONE}")
_DURATION = re.compile(r"(?P<sign>-?)PT(?P<seconds>[0-9]+(?:\.[0-9]{1,9})?)S")
_INTERVAL = re.compile(r"P(?P<months>-?[0-9]+)M(?P<days>-?[0-9]+)DT(?P<seconds>-?[0-9]+(?:\.[0-9]{1,9})?)S")
_BEYOND = re.compile(r"<out of range: (-?[0-9]+)>")  # as `json_text` writes it
_EPOCH = date(1970, 1, 1).toordinal()
_CYCLE = 146_097  # days of 400 years, after which the calendar repeats itself
_DAY = 86_400


def days(text: str) -> int:
    """Days from 1970-01-01 to a date. Raises ValueError."""
    beyond = _BEYOND.fullmatch(text)
    return int(beyond[1]) if beyond else _days(_match(_ONE_DATE, text))


def time_of_day(text: str, unit: str) -> int:
    """Units from midnight on. Raises ValueError."""
    return _units(_seconds(_match(_ONE_TIME, text)), unit)


def moment(text: str, unit: str) -> int:
    """Units from the beginning of 1970 on. Raises ValueError."""
    beyond = _BEYOND.fullmatch(text)
    if beyond:
        return int(beyond[1])
    match = _match(_ONE_MOMENT, text)
    return _units(_days(match) * _DAY + _seconds(match) - _offset(match["zone"] or "Z"), unit)


def duration(text: str, unit: str) -> int:
    """Units of a duration in seconds, as `-PT1.5S`. Raises ValueError."""
    match = _match(_DURATION, text)
    return _units(Decimal(match["seconds"]), unit) * (-1 if match["sign"] else 1)


def interval(text: str) -> pa.MonthDayNano:
    """Months, days and nanoseconds, as `P1M2DT0.5S`. Raises ValueError."""
    match = _match(_INTERVAL, text)
    return pa.MonthDayNano([int(match["months"]), int(match["days"]), _units(Decimal(match["seconds"]), "ns")])


def _match(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return match


def _days(match: re.Match[str]) -> int:
    cycles, year = divmod(int(match["year"]), 400)
    ordinal = date(year or 400, int(match["month"]), int(match["day"])).toordinal()
    return ordinal - _EPOCH + _CYCLE * (cycles if year else cycles - 1)


def _seconds(match: re.Match[str]) -> Decimal:
    if int(match["hour"]) > 23 or int(match["minute"]) > 59 or Decimal(match["second"]) >= 60:
        raise ValueError(match[0])
    return (int(match["hour"]) * 60 + int(match["minute"])) * 60 + Decimal(match["second"])


def _offset(zone: str) -> int:
    if zone == "Z":
        return 0
    seconds = (int(zone[1:3]) * 60 + int(zone[-2:])) * 60
    return -seconds if zone[0] == "-" else seconds


def _units(seconds: Decimal, unit: str) -> int:
    """Raises ValueError for a part of a unit."""
    units = seconds * PER_SECOND[unit]
    if units != int(units):
        raise ValueError(f"{seconds} s have digits beyond {unit}")
    return int(units)
