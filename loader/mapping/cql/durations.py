"""Codec of durations: months, days and nanoseconds."""

from __future__ import annotations

import re

from loader.mapping.cql.codec import Codec
from loader.mapping.cql.vint import signed_vint

_MONTHS = {"y": 12, "mo": 1}
_DAYS = {"w": 7, "d": 1}
_NANOSECONDS = {"h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "µs": 10**3, "ns": 1}

_UNITS = (*_MONTHS, *_DAYS, *_NANOSECONDS)
_STANDARD = re.compile("".join(f"(?:[0-9]{{1,19}}{unit})?" for unit in _UNITS), re.IGNORECASE)
_QUANTITY = re.compile(r"([0-9]+)([^0-9]+)")
_ISO = re.compile(
    r"P(?:(?P<y>[0-9]{1,10})Y)?(?:(?P<mo>[0-9]{1,10})M)?(?:(?P<w>[0-9]{1,10})W)?(?:(?P<d>[0-9]{1,10})D)?"
    r"(?:T(?=[0-9])(?:(?P<h>[0-9]{1,19})H)?(?:(?P<m>[0-9]{1,19})M)?(?:(?P<s>[0-9]{1,19})(?:\.(?P<f>[0-9]{1,9}))?S)?)?"
)
_ISO_ALTERNATIVE = re.compile(
    r"P(?P<y>[0-9]{4})-(?P<mo>[0-9]{2})-(?P<d>[0-9]{2})T(?P<h>[0-9]{2}):(?P<m>[0-9]{2}):(?P<s>[0-9]{2})"
)

_MOST_MONTHS_OR_DAYS = 2**31 - 1
_MOST_NANOSECONDS = 2**63 - 1


def duration_codec() -> Codec:
    """1y2mo3d4h5m6s7ms8us9ns, P1Y2M3DT4H5M6.5S, P2W or P0001-02-03T04:05:06, each perhaps with a minus before it."""
    return Codec("a duration (12h30m, 1mo2d, P1DT12H)", _duration, str)


def _duration(text: str) -> bytes:
    unsigned = text.removeprefix("-")
    counts = _iso_counts(unsigned) if unsigned[:1] == "P" else _standard_counts(unsigned)
    months, days, nanoseconds = (
        sum(count * units[unit] for unit, count in counts.items() if unit in units)
        for units in (_MONTHS, _DAYS, _NANOSECONDS)
    )
    if max(months, days) > _MOST_MONTHS_OR_DAYS or nanoseconds > _MOST_NANOSECONDS:
        raise OverflowError(text)
    sign = -1 if unsigned != text else 1
    return b"".join(signed_vint(sign * count) for count in (months, days, nanoseconds))


def _standard_counts(text: str) -> dict[str, int]:
    if not text or _STANDARD.fullmatch(text) is None:
        raise ValueError(text)
    return {unit.lower(): int(count) for count, unit in _QUANTITY.findall(text)}


def _iso_counts(text: str) -> dict[str, int]:
    match = _ISO.fullmatch(text) or _ISO_ALTERNATIVE.fullmatch(text)
    if match is None or text == "P":
        raise ValueError(text)
    found = {unit: count for unit, count in match.groupdict().items() if count is not None}
    fraction = found.pop("f", "")
    return {unit: int(count) for unit, count in found.items()} | {"ns": int(fraction.ljust(9, "0"))}
