"""Codecs of timestamp, date and time, and of write timestamps.

Without a type, texts are times by ISO 8601 alone, and numbers count in the unit that CQL has for the column where it is
clear that they do. Nothing here depends on the time zone of the machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import repeat
from operator import add, floordiv, itemgetter, sub
from struct import Struct
from typing import Any

from loader.config.mapping_types import FieldType
from loader.mapping.cql.codec import Codec, MisfitError, Parts, packed
from loader.mapping.cql.numbers import NUMBER, digits_and_scale, power_of_ten, whole, wholes
from loader.mapping.cql.patterns import patterns_of, time_reader
from loader.texts.epochs import (
    LAST,
    MICROSECONDS,
    MILLISECONDS,
    NANOSECONDS,
    UNIT_WORDS,
    UNITS,
    clear_from,
    moment,
    readings,
    unclear,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_WITHOUT_ZONE = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_DAY_SECONDS = 86_400
_DAY_NANOSECONDS = _DAY_SECONDS * NANOSECONDS
_DATE_OFFSET = 2**31  # a date is an unsigned count of days, in the middle of which is 1970-01-01
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

_FIFTH, _ELEVENTH = itemgetter(4), itemgetter(10)
_DATE = re.compile(r"([+-]?[0-9]{4,9})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?")
_DAY_PATTERNS = {4: "%H%M", 6: "%H%M%S"}  # by how many digits there are

_pack_int64 = Struct(">q").pack
_pack_date = Struct(">I").pack


def timestamp_codec(kind: FieldType | None, zone: tzinfo | None) -> Codec:
    """Milliseconds since 1970. Digits beyond are cut off, so that a moment belongs to the millisecond it lies in.

    A text that says no zone is of `zone`, None for UTC. Of a time that a clock there shows twice it is the first; one
    that it leaves out is as far behind the jump as it would be without (as java.time has it).
    """
    return _moments(kind, MILLISECONDS, zone)


def write_timestamp_codec(kind: FieldType | None, zone: tzinfo | None) -> Codec:
    """Microseconds since 1970; zones as of timestamps."""
    return _moments(kind, MICROSECONDS, zone)


def date_codec(kind: FieldType | None) -> Codec:
    """The count of days, unsigned, 2**31 of them before 1970."""
    if kind is None:
        expected = "a date by ISO 8601 (YYYY-MM-DD)"
        return Codec(expected, lambda value: _pack_date(_iso_date(value, expected)), int | str, (_iso_dates,))
    if isinstance(kind, str) and kind in UNITS:
        to_seconds = _epoch(kind, 1)
        return Codec(
            f"{UNIT_WORDS[UNITS[kind]]} since 1970, as a number",
            lambda value: _pack_date(to_seconds(value) // _DAY_SECONDS + _DATE_OFFSET),
        )
    parse, offset = time_reader(kind), _DATE_OFFSET - _EPOCH_ORDINAL
    return Codec(f"a date like {_shown(kind)}", lambda value: _pack_date(parse(value).toordinal() + offset), int | str)


def time_codec(kind: FieldType | None) -> Codec:
    """Nanoseconds since midnight."""
    if kind is None:
        expected = "a time of day (HH:MM:SS.fffffffff), or whole nanoseconds since midnight as a number of JSON"
        return Codec(expected, lambda value: _pack_int64(_nanoseconds(value, expected)), int | str)
    if isinstance(kind, str) and kind in UNITS:
        to_nanoseconds = _epoch(kind, NANOSECONDS)
        return Codec(
            f"{UNIT_WORDS[UNITS[kind]]} since midnight, as a number, less than a day",
            lambda value: _pack_int64(_within_a_day(to_nanoseconds(value))),
        )
    parse = time_reader(kind)
    return Codec(f"a time of day like {_shown(kind)}", lambda value: _pack_int64(_time_of_day(parse(value))), int | str)


def _shown(kind: FieldType) -> str:
    return " or ".join(patterns_of(kind))


# -- moments


def _moments(kind: FieldType | None, units: int, zone: tzinfo | None) -> Codec:
    """Moments as a whole number of units since 1970, so many to the second."""
    if kind is None:
        return _plain_moments(units, zone)
    if isinstance(kind, str) and kind in UNITS:
        to_units = _epoch(kind, units)
        whole_epochs = _whole_epochs(kind, units)
        return Codec(
            f"{UNIT_WORDS[UNITS[kind]]} since 1970, as a number",
            lambda value: _pack_int64(to_units(value)),
            columns=(whole_epochs, lambda texts: whole_epochs(wholes(texts))),
            size=8,
        )
    parse = time_reader(kind)
    unit = _MICROSECOND * (MICROSECONDS // units)
    return Codec(
        f"a time like {_shown(kind)}",
        lambda value: _pack_int64(_since_epoch(parse(value), unit, zone)),
        int | str,
        size=8,
    )


def _plain_moments(units: int, zone: tzinfo | None) -> Codec:
    word = UNIT_WORDS[units]
    expected = f"a time by ISO 8601, or whole {word} since 1970 as a number of JSON"
    is_unclear = unclear(units)

    def encode(value: int | str) -> bytes:
        if type(value) is str:
            return _pack_int64(_iso_moment(value, units, expected, zone))
        number = _whole(value, expected)
        if is_unclear(number):
            raise MisfitError(value, f"{expected}; {_as_it_would_be(number, units)}")
        return _pack_int64(number)

    def numbers(values: Sequence[Any]) -> Parts:
        if not clear <= min(values) <= max(values) < last:
            # Such as the one number that stands for no time at all, in row after row.
            rare = {value for value in values if not clear <= value < last}
            if any(map(is_unclear, rare)):
                raise ValueError("not all are clear")
        return packed("q", values)

    clear, last = clear_from(units), LAST * units
    return Codec(expected, encode, int | str, (_iso_moments(units, zone), numbers), size=8)


def _whole(value: int | str, expected: str) -> int:
    """A whole number. Raises MisfitError that names the types for one with a fraction."""
    try:
        return whole(value)
    except ValueError:
        meant = ", ".join(_meant(str(value)))
        raise MisfitError(value, f"{expected}; by mapping.types, {meant}" if meant else expected) from None


def _as_it_would_be(number: int, units: int) -> str:
    """What a number would be that may not be taken for a moment as it is, and what reads it."""
    would_be = f"it would be {moment(number, units)}" if abs(number) < 2**63 else "it is too large"
    own = next(kind for kind, each in UNITS.items() if each == units)
    return f"{would_be}; by mapping.types, {', '.join((*_meant(str(number)), f'{own} takes it as it is'))}"


def _of_digits(text: str, meant: Callable[[str], list[str]]) -> str:
    """What is said of a text of digits where ISO 8601 is expected; "" for any other text."""
    if NUMBER.fullmatch(text) is None or not text[-1:].isdecimal():
        return ""
    types = ", ".join(meant(text)) or f"{', '.join(UNITS)}, or a pattern"
    return f"; digits in a text are a time by mapping.types alone: {types}"


def _meant(digits: str) -> list[str]:
    return [f"{kind} makes it {read}" for kind, read in readings(digits)]


def _meant_of_day(digits: str) -> list[str]:
    pattern = _DAY_PATTERNS.get(len(digits), "")
    try:
        return [f"{pattern} makes it {datetime.strptime(digits, pattern).time().isoformat()}"] if pattern else []
    except ValueError:
        return []


def _iso_moment(text: str, units: int, expected: str, zone: tzinfo | None) -> int:
    if _DATE.fullmatch(text) and zone is None:
        return _days(text) * _DAY_SECONDS * units
    if text[4:5] != "-" or text[10:11] not in (("T", " ") if zone is None else ("T", " ", "")):
        raise MisfitError(text, expected + _of_digits(text, _meant))
    return _since_epoch(datetime.fromisoformat(text), _MICROSECOND * (MICROSECONDS // units), zone)


def _since_epoch(moment: datetime, unit: timedelta, zone: tzinfo | None) -> int:
    if moment.tzinfo is None and zone is not None:
        moment = moment.replace(tzinfo=zone)
    return (moment - (_EPOCH if moment.tzinfo else _EPOCH_WITHOUT_ZONE)) // unit


def _iso_moments(units: int, zone: tzinfo | None) -> Callable[[Sequence[str]], Parts]:
    unit = _MICROSECOND * (MICROSECONDS // units)

    def column(texts: Sequence[str]) -> Parts:
        # fromisoformat takes any character between date and time, and digits alone, which are none.
        if set(map(_FIFTH, texts)) != {"-"} or not set(map(_ELEVENTH, texts)) <= {"T", " "}:
            raise ValueError("not all of the usual form")
        moments = list(map(datetime.fromisoformat, texts))
        if zone is not None:
            moments = [each if each.tzinfo else each.replace(tzinfo=zone) for each in moments]
        epoch = _EPOCH if moments[0].tzinfo else _EPOCH_WITHOUT_ZONE
        return packed("q", map(floordiv, map(sub, moments, repeat(epoch)), repeat(unit)))

    return column


# -- numbers of a unit that is named


def _epoch(kind: str, to: int) -> Callable[[int | str], int]:
    """What makes a whole number of units, `to` a second, of a number of the units of `kind`, exactly."""
    units = UNITS[kind]

    def converted(value: int | str) -> int:
        digits, scale = digits_and_scale(value)
        if not -30 <= scale <= 30:
            raise ValueError(value)
        return digits * to * power_of_ten(max(-scale, 0)) // (units * power_of_ten(max(scale, 0)))

    return converted


def _whole_epochs(kind: str, to: int) -> Callable[[Sequence[Any]], Parts]:
    units = UNITS[kind]

    def column(values: Sequence[Any]) -> Parts:
        if set(map(type, values)) != {int}:
            raise TypeError("not all are whole numbers")
        if units <= to:
            return packed("q", [value * (to // units) for value in values])
        return packed("q", map(floordiv, values, repeat(units // to)))

    return column


def _time_of_day(moment: datetime) -> int:
    midnight = datetime(moment.year, moment.month, moment.day, tzinfo=moment.tzinfo)
    return (moment - midnight) // _MICROSECOND * 1000


# -- dates and times of day by ISO 8601


def _iso_date(value: int | str, expected: str) -> int:
    """A date as it is stored."""
    if type(value) is not str or _DATE.fullmatch(value) is None:
        raise MisfitError(value, expected + _of_digits(str(value), _meant))
    return _days(value) + _DATE_OFFSET


def _days(text: str) -> int:
    """The days from 1970-01-01 to a date of the Gregorian calendar, of any year, the year 0 included."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day = map(int, match.groups())
    # The calendar repeats itself every 400 years, which are 146,097 days; Python's knows the years 1 to 9999.
    cycles, year = divmod(year, 400)
    return date(year or 400, month, day).toordinal() - _EPOCH_ORDINAL + 146_097 * (cycles if year else cycles - 1)


def _iso_dates(texts: Sequence[str]) -> Parts:
    if set(map(len, texts)) != {10} or set(map(_FIFTH, texts)) != {"-"} or set(map(itemgetter(7), texts)) != {"-"}:
        raise ValueError("not all of the usual form")
    ordinals = map(date.toordinal, map(date.fromisoformat, texts))
    return packed("I", map(add, ordinals, repeat(_DATE_OFFSET - _EPOCH_ORDINAL)))


def _nanoseconds(value: int | str, expected: str) -> int:
    if type(value) is not str:
        return _within_a_day(whole(value))
    match = _TIME.fullmatch(value)
    if match is None:
        raise MisfitError(value, expected + _of_digits(value, _meant_of_day))
    hours, minutes, seconds, fraction = match.groups("0")
    if int(hours) > 23 or int(minutes) > 59 or int(seconds) > 59:
        raise ValueError(value)
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 10**9 + int(fraction.ljust(9, "0"))


def _within_a_day(nanoseconds: int) -> int:
    if not 0 <= nanoseconds < _DAY_NANOSECONDS:
        raise ValueError(nanoseconds)
    return nanoseconds
