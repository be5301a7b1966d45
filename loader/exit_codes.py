"""Exit codes and their meanings."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the process; they speak of the whole load, all its parts together."""

    OK = 0
    DEAD_LETTERS = 1
    USAGE = 2
    STOPPED = 3
    PARKED = 4
    DEFECT = 5
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.OK: "every row was delivered",
    ExitCode.DEAD_LETTERS: "ran to the end, some rows are in the dead letter queue, or --require-rows found none",
    ExitCode.USAGE: "usage, config, an input or a path must be mended; nothing was read",
    ExitCode.STOPPED: "stopped early (target down or at fault, too many errors, disk full); resumable",
    ExitCode.PARKED: "parked: the server asked for a longer wait than throttle.max_wait; resumable",
    ExitCode.DEFECT: "a defect of loader",
    ExitCode.INTERRUPTED: "interrupted; resumable",
}

_GRAVEST_FIRST = (
    ExitCode.DEFECT,
    ExitCode.INTERRUPTED,
    ExitCode.PARKED,
    ExitCode.STOPPED,
    ExitCode.USAGE,
    ExitCode.DEAD_LETTERS,
    ExitCode.OK,
)


def gravest(codes: Iterable[ExitCode]) -> ExitCode:
    """The one that stands for all of them: 5, 130, 4, 3, 1, 0 in this order."""
    found = set(codes)
    return next((code for code in _GRAVEST_FIRST if code in found), ExitCode.OK)
