"""Retry-After gate: a wait that a server asked for, kept by every sender."""

from __future__ import annotations

import math


class Gate:
    """Closes for as long as the server asked, then opens at one request and doubles per success.

    One gate serves one target. `cap` is the most requests that are ever under way there, at least 1: a gate as wide as
    that is fully open, as it is at first.
    """

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._width = cap
        self._closings = 0
        self._closed_until = -math.inf

    @property
    def closed_until(self) -> float:
        """The end of the last closing on the monotonic clock; `-inf` if there was none."""
        return self._closed_until

    def close(self, wait: float, now: float) -> None:
        """Let nothing pass for `wait` seconds. While it is closed, the later end wins."""
        self._closed_until = max(self._closed_until, now + wait)
        self._closings += 1
        self._width = 1

    def allowance(self, now: float) -> int:
        """How many requests may be under way at most: 0 while closed, `cap` when fully open.

        Requests sent before the closing count too, for as long as they are under way.
        """
        return 0 if now < self._closed_until else self._width

    def admit(self) -> int:
        """A token for a request that is sent now; the caller has looked at the allowance."""
        return self._closings

    def succeeded(self, token: int) -> None:
        """The request of `token` succeeded; one sent before the last closing proves nothing and widens nothing."""
        if token == self._closings:
            self._width = min(self._cap, self._width * 2)
