"""A whole process measured, from its start to its end."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Usage:
    """Wall time and CPU (user and system, children that were waited for included) in seconds, peak memory in bytes.

    `peak` is that of the largest single process.
    """

    wall: float
    cpu: float
    peak: int


class FailedError(Exception):
    """A process did not end as it should; what it said stands in the message."""


def measure(argv: Sequence[str], output: Path, env: Mapping[str, str], codes: Sequence[int] = (0,)) -> Usage:
    """Run `argv` with its output in a file. Raises FailedError where its exit code is none of `codes`."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(output), flags, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    started = time.perf_counter()
    pid = os.posix_spawnp(argv[0], list(argv), {**os.environ, **env}, file_actions=actions)
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - started
    code = os.waitstatus_to_exitcode(status)
    if code not in codes:
        raise FailedError(f"{' '.join(argv)} ended with {code}:\n{output.read_text(errors='replace')[-3000:]}")
    return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)
