"""One call of the kernel that fails or kills the process: what strace does to the thread that writes, and no other."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass

from tests.command import Loader

CALLS = {"fsync": "EIO", "write": "ENOSPC", "rename": "EIO", "openat": "EACCES", "ftruncate": "EIO"}
"""The calls of which each that touches a file of the load goes wrong, and the error that it has then."""

KILLED = (-9, 137)
"""Exit codes of a command that was killed."""

WANTED = "strace is missing, or may not trace here"
"""Why tests are skipped that need it."""

_LINE = re.compile(r"(\w+)\((?:AT_FDCWD<[^>]*>, )?(.*)")


def is_usable() -> bool:
    """Whether strace is there, and may trace: some containers forbid it."""
    if shutil.which("strace") is None:
        return False
    tried = subprocess.run(["strace", "-qq", "-e", "trace=none", "true"], capture_output=True, check=False)
    return tried.returncode == 0


@dataclass(frozen=True, order=True)
class Point:
    """The call to go wrong: the `number`-th of its kind, from 1. `fault` is "KILL" or the name of an error."""

    call: str
    number: int
    fault: str

    @property
    def injection(self) -> str:
        what = f"signal={self.fault}" if self.fault == "KILL" else f"error={self.fault}"
        return f"inject={self.call}:{what}:when={self.number}"


@dataclass(frozen=True)
class Traced:
    """How a traced command ended, and what it did; negative codes are signals."""

    code: int
    err: str
    lines: list[str]

    def points(self) -> list[Point]:
        """Every call that touched a file of the load, with each way to go wrong."""
        seen: Counter[str] = Counter()
        points: list[Point] = []
        for line in self.lines:
            found = _LINE.match(line)
            if found is None:
                continue
            seen[found[1]] += 1
            if _is_ours(found[2]):
                points += (Point(found[1], seen[found[1]], fault) for fault in (CALLS[found[1]], "KILL"))
        return points

    @property
    def hit(self) -> bool:
        """Whether something went wrong, with a file of the load, and not with one that Python or the system has.

        A command that comes to fewer calls than the one that was looked at, as once Python has compiled its modules,
        may end before anything does.
        """
        touched = [line for line in self.lines if "(INJECTED)" in line]
        if not touched and self.code in KILLED:
            touched = self.lines[-2:]
        found = [_LINE.match(line) for line in touched]
        return any(each is not None and _is_ours(each[2]) for each in found)


def _is_ours(arguments: str) -> bool:
    return ".loader" in arguments or "dead.jsonl" in arguments


def traced(loader: Loader, *arguments: str, point: Point | None = None) -> Traced:
    """Run `loader` with its main thread traced, which alone writes what must not be lost."""
    log = loader.folder / "strace.log"
    calls = ",".join(CALLS)
    faults = ["-e", point.injection] if point is not None else []
    command = ["strace", "-qq", "-y", "-o", str(log), "-e", f"trace={calls}", *faults, sys.executable, "-m", "loader"]
    done = subprocess.run(
        [*command, *arguments],
        cwd=loader.folder,
        env=loader.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return Traced(done.returncode, done.stderr.decode(), log.read_text(errors="replace").splitlines())
