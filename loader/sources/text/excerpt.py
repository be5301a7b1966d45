"""What a message shows of a row."""

from __future__ import annotations

_SHOWN = 40  # bytes


def excerpt(row: bytes, at: int) -> str:
    """A few characters of `row` around the byte `at`, all others than printable ASCII escaped."""
    start = max(0, at - _SHOWN // 2)
    return ascii(row[start : start + _SHOWN].decode("utf-8", "ignore"))
