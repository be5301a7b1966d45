"""Exponential backoff with full jitter."""

from __future__ import annotations

from loader.config.sections import Retry


def backoff(retry: Retry, failures: int, chance: float) -> float:
    """Seconds to wait after the `failures`-th failed attempt in a row (the first is 1), in [0, `retry.max_backoff`].

    The ceiling is `initial_backoff * factor ** (failures - 1)`, at most `max_backoff`. Jitter "full" takes the share
    `chance`, in [0, 1), of it; "none" all of it. Source: "Exponential Backoff And Jitter", AWS Architecture Blog.
    """
    ceiling = _ceiling(retry, failures)
    return ceiling * chance if retry.jitter == "full" else ceiling


def _ceiling(retry: Retry, failures: int) -> float:
    if not retry.initial_backoff:
        return 0.0
    try:
        growth = retry.factor ** (failures - 1)
    except OverflowError:  # a factor of 2.0 leaves the range of a float at the 1,025th failure
        return retry.max_backoff
    return min(retry.max_backoff, retry.initial_backoff * growth)
