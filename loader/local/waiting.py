"""Polling waits: for processes that are not children, and for locks."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from loader.durable import files


def wait_for(condition: Callable[[], bool], timeout: float, interval: float = 0.05) -> bool:
    """Ask every `interval` seconds until `condition` holds; False if it does not within `timeout` seconds."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(interval)
    return True


@contextmanager
def exclusively(path: Path) -> Iterator[None]:
    """Hold the lock at `path`, once every process that has it let it go. Raises OSError."""
    fd = files.open_private(path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
