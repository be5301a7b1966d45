"""Signals that end a run, and their temporary handlers."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Handler = Callable[[int, FrameType | None], object] | signal.Handlers


@contextmanager
def handled(handler: Handler) -> Iterator[None]:
    """`handler` gets them while this lasts. To be called from the main thread (Python docs, signal.signal)."""
    before = {number: signal.signal(number, handler) for number in ENDING}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


@contextmanager
def as_requests(request: Callable[[str], object]) -> Iterator[None]:
    """Each of them calls `request` with its name while this lasts, from the main thread."""

    def handle(number: int, _frame: FrameType | None) -> None:
        request(signal.Signals(number).name)

    with handled(handle):
        yield
