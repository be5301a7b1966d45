"""Row sets as runs `(first, count)`, ascending and disjoint, and their shortest text form."""

from __future__ import annotations

import re
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence

Run = tuple[int, int]

_SETTLED = re.compile(rb"[^\0]+")
_ONES = bytes([ord("0")]) + bytes([ord("1")]) * 255


def runs_of(states: bytes | bytearray) -> list[Run]:
    """The runs of bytes that are not 0."""
    return [(match.start(), match.end() - match.start()) for match in _SETTLED.finditer(states)]


def ordinal_runs(ordinals: Sequence[int]) -> list[Run]:
    """Ordinals, mostly ascending, as runs."""
    if isinstance(ordinals, range) and ordinals.step == 1:
        return [(ordinals.start, len(ordinals))]
    runs: list[Run] = []
    first = stop = -1
    for ordinal in ordinals:
        if ordinal != stop:
            if first >= 0:
                runs.append((first, stop - first))
            first = ordinal
        stop = ordinal + 1
    if first >= 0:
        runs.append((first, stop - first))
    return runs


def without(runs: Iterable[Run], taken: Sequence[Run]) -> list[Run]:
    """What of `runs`, in any order and overlapping as they may, is not in `taken` (ascending); merged."""
    left: list[Run] = []
    place = 0
    for first, stop in _merged(runs):
        while place < len(taken) and sum(taken[place]) <= first:
            place += 1
        start, index = first, place
        while index < len(taken) and taken[index][0] < stop:
            if start < taken[index][0]:
                left.append((start, taken[index][0] - start))
            start = max(start, sum(taken[index]))
            index += 1
        if start < stop:
            left.append((start, stop - start))
    return left


def _merged(runs: Iterable[Run]) -> list[tuple[int, int]]:
    """The runs as ascending pairs of first and stop that do not touch."""
    merged: list[tuple[int, int]] = []
    for first, count in sorted(runs):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], first + count))
        else:
            merged.append((first, first + count))
    return merged


def pack(states: bytes | bytearray) -> str:
    """The bytes of `states` that are not 0, as text: runs like "0+500,612+1", or "=" and a bitmap, if that is shorter.

    The bitmap has the lowest bit first, deflated, in base64. Never "": that no row is settled is "0+0".
    """
    runs = ",".join(f"{first}+{count}" for first, count in runs_of(states) or [(0, 0)])
    if len(runs) <= 32:  # shorter than any deflated bitmap that is worth its while
        return runs
    bits = int(bytes(states).translate(_ONES)[::-1], 2)
    bitmap = "=" + b64encode(zlib.compress(bits.to_bytes((len(states) + 7) // 8, "little"), 9)).decode()
    return min(runs, bitmap, key=len)


def unpack(text: str, rows: int) -> bytes:
    """One byte a row: 1 where `pack` found one that is not 0. Raises ValueError for what `pack` never made."""
    states = bytearray(rows)
    if text.startswith("="):
        try:
            bits = int.from_bytes(zlib.decompress(b64decode(text[1:], validate=True)), "little")
        except zlib.error as error:
            raise ValueError(str(error)) from error
        digits = f"{bits:0{rows}b}"[::-1].encode()
        states[:] = bytes(digit - ord("0") for digit in digits)
    else:
        for run in text.split(","):
            first, count = map(int, run.split("+"))
            states[first : first + count] = b"\1" * count
    if len(states) != rows:
        raise ValueError(f"more than {rows} rows are settled")
    return bytes(states)
