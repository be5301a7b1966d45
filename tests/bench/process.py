"""A whole process measured, from its start to its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LAUNCHER = (sys.executable, "-I", "-S", str(Path(__file__).with_name("launcher.py")))


@dataclass(frozen=True)
class Usage:
    """Wall time and CPU (user and system, children that were waited for included) in seconds, peak memory in bytes.

    `peak` is that of the largest single process, and never less than the 10 MB of the launcher.
    """

    wall: float
    cpu: float
    peak: int


class FailedError(Exception):
    """A process did not end as it should; what it said stands in the message."""


def measure(
    argv: Sequence[str],
    output: Path,
    env: Mapping[str, str],
    codes: Sequence[int] = (0,),
    *,
    folder: Path | None = None,
) -> Usage:
    """Run `argv`, in `folder` if there is one, with its output in a file.

    Raises FailedError where its exit code is none of `codes`.
    """
    command, env = [*_LAUNCHER, str(output), *argv], {**os.environ, **env}
    launched = subprocess.run(command, env=env, cwd=folder, stdout=subprocess.PIPE, check=True)
    used = json.loads(launched.stdout)
    code = os.waitstatus_to_exitcode(used["status"])
    if code not in codes:
        raise FailedError(f"{' '.join(argv)} ended with {code}:\n{output.read_text(errors='replace')[-3000:]}")
    return Usage(used["wall"], used["cpu"], used["peak"])
