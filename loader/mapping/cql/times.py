"""Codecs of timestamp, date and time."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import repeat
from operator import add, floordiv, itemgetter, sub
from struct import Struct
from typing import Any

from loader.config.sections import EPOCH_UNITS
from loader.mapping.cql.codec import Codec, Parts, packed
from loader.mapping.cql.numbers import NUMBER, digits_and_scale, power_of_ten, whole, wholes

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_WITHOUT_ZONE = datetime(1970, 1, 1)
_MILLISECOND = timedelta(milliseconds=1)
_MICROSECOND = timedelta(microseconds=1)
_DAY_MILLISECONDS = 86_400_000
_DAY_NANOSECONDS = 86_400 * 10**9
_DATE_OFFSET = 2**31  # a date is an unsigned count of days, in the middle of which is 1970-01-01
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

_FIFTH, _ELEVENTH = itemgetter(4), itemgetter(10)
_DATE = re.compile(r"([+-]?[0-9]{4,9})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?")
_UNIT_WORDS = {"epoch_s": "seconds", "epoch_ms": "milliseconds", "epoch_us": "microseconds", "epoch_ns": "nanoseconds"}

_pack_timestamp = Struct(">q").pack
_pack_date = Struct(">I").pack
_pack_time = Struct(">q").pack


def timestamp_codec(kind: str | None) -> Codec:
    """Milliseconds since 1970. Digits beyond are cut off, so that a moment belongs to the millisecond it lies in."""
    if kind is None:
        expected = "a time by ISO 8601, or whole milliseconds since 1970"
        columns = (_iso_timestamps, lambda numbers: packed("q", numbers), lambda texts: packed("q", wholes(texts)))
        return Codec(expected, lambda value: _pack_timestamp(_milliseconds(value)), int | str, columns, size=8)
    if kind in EPOCH_UNITS:
        to_milliseconds = _epoch(kind)
        return Codec(
            f"{_UNIT_WORDS[kind]} since 1970, as a number",
            lambda value: _pack_timestamp(to_milliseconds(value)),
            columns=(whole_epochs := _whole_epochs(kind), lambda texts: whole_epochs(wholes(texts))),
            size=8,
        )
    return Codec(
        f"a time like {kind}", lambda text: _pack_timestamp(_since_epoch(datetime.strptime(text, kind))), str, size=8
    )


def date_codec(kind: str | None) -> Codec:
    """The count of days, unsigned, 2**31 of them before 1970."""
    if kind is None:
        expected = "a date by ISO 8601 (YYYY-MM-DD)"
        return Codec(expected, lambda text: _pack_date(_days(text) + _DATE_OFFSET), str, (_iso_dates,))
    if kind in EPOCH_UNITS:
        to_milliseconds = _epoch(kind)
        return Codec(
            f"{_UNIT_WORDS[kind]} since 1970, as a number",
            lambda value: _pack_date(to_milliseconds(value) // _DAY_MILLISECONDS + _DATE_OFFSET),
        )

    def encode(text: str) -> bytes:
        return _pack_date(datetime.strptime(text, kind).toordinal() - _EPOCH_ORDINAL + _DATE_OFFSET)

    return Codec(f"a date like {kind}", encode, str)


def time_codec(kind: str | None) -> Codec:
    """Nanoseconds since midnight."""
    if kind is None:
        expected = "a time of day (HH:MM:SS.fffffffff), or whole nanoseconds since midnight"
        return Codec(expected, lambda value: _pack_time(_nanoseconds(value)), int | str)
    return Codec(f"a time of day like {kind}", lambda text: _pack_time(_time_of_day(text, kind)), str)


def _number(value: int | str) -> int | None:
    """The whole number that `value` is, in whatever form; None for texts that are no number."""
    return None if isinstance(value, str) and NUMBER.fullmatch(value) is None else whole(value)


def _milliseconds(value: int | str) -> int:
    """Of a time by ISO 8601, or of whole milliseconds."""
    number = _number(value)
    if number is not None:
        return number
    text = str(value)
    if _DATE.fullmatch(text):
        return _days(text) * _DAY_MILLISECONDS
    if text[4] != "-" or text[10] not in "T ":
        raise ValueError(text)
    return _since_epoch(datetime.fromisoformat(text))


def _since_epoch(moment: datetime) -> int:
    return (moment - (_EPOCH if moment.tzinfo else _EPOCH_WITHOUT_ZONE)) // _MILLISECOND


def _iso_timestamps(texts: Sequence[str]) -> Parts:
    # fromisoformat takes any character between date and time, and digits alone, which are milliseconds here.
    if set(map(_FIFTH, texts)) != {"-"} or not set(map(_ELEVENTH, texts)) <= {"T", " "}:
        raise ValueError("not all of the usual form")
    moments = list(map(datetime.fromisoformat, texts))
    epoch = _EPOCH if moments[0].tzinfo else _EPOCH_WITHOUT_ZONE
    return packed("q", map(floordiv, map(sub, moments, repeat(epoch)), repeat(_MILLISECOND)))


def _epoch(kind: str) -> Callable[[int | str], int]:
    """What makes milliseconds of a number of units since 1970, exactly."""
    units = EPOCH_UNITS[kind]

    def milliseconds(value: int | str) -> int:
        digits, scale = digits_and_scale(value)
        if not -30 <= scale <= 30:
            raise ValueError(value)
        return digits * 1000 * power_of_ten(max(-scale, 0)) // (units * power_of_ten(max(scale, 0)))

    return milliseconds


def _whole_epochs(kind: str) -> Callable[[Sequence[Any]], Parts]:
    units = EPOCH_UNITS[kind]

    def column(values: Sequence[Any]) -> Parts:
        if set(map(type, values)) != {int}:
            raise TypeError("not all are whole numbers")
        if units <= 1000:
            return packed("q", [value * (1000 // units) for value in values])
        return packed("q", map(floordiv, values, repeat(units // 1000)))

    return column


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


def _nanoseconds(value: int | str) -> int:
    number = _number(value)
    if number is not None:
        return _within_a_day(number)
    match = _TIME.fullmatch(str(value))
    if match is None:
        raise ValueError(value)
    hours, minutes, seconds, fraction = match.groups("0")
    if int(hours) > 23 or int(minutes) > 59 or int(seconds) > 59:
        raise ValueError(value)
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 10**9 + int(fraction.ljust(9, "0"))


def _within_a_day(nanoseconds: int) -> int:
    if not 0 <= nanoseconds < _DAY_NANOSECONDS:
        raise ValueError(nanoseconds)
    return nanoseconds


def _time_of_day(text: str, pattern: str) -> int:
    moment = datetime.strptime(text, pattern)
    midnight = datetime(moment.year, moment.month, moment.day, tzinfo=moment.tzinfo)
    return (moment - midnight) // _MICROSECOND * 1000
