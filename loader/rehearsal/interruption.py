"""Signals during a rehearsal, which has a keyspace to drop."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from loader.signals import handled


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM and SIGHUP raise KeyboardInterrupt in the main thread, as SIGINT does, so that what is left is undone."""
    with handled(signal.default_int_handler):
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """None of them does anything: this takes a second, and must be done."""
    with handled(signal.SIG_IGN):
        yield
