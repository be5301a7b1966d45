"""Garbage collection settings: rare collections while rows are moved."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def relaxed_collection() -> Iterator[None]:
    """Let the collector of this process rest.

    Rows and batches are freed by their counts, and to look through all that are under way again and again takes an
    eighth of a load's time, and a quarter of a worker's.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
