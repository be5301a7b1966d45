"""The process that runs in a folder, whoever started it: launched, found again, stopped, killed."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from loader.durable import files
from loader.local import launch
from loader.local.errors import NodeError
from loader.local.waiting import wait_for

_KILL_SECONDS = 30


class Process:
    """The one process of a folder. Not thread-safe; several processes may look at one folder.

    The process holds a lock on `FOLDER/lock` as long as it lives, and its id stands in there: it is never another's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = folder / "lock"
        self._tether = -1

    @property
    def pid(self) -> int | None:
        """The id of the process; None if none runs."""
        try:
            fd = os.open(self._lock, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            written = b"" if _try_lock(fd, fcntl.LOCK_SH) else os.read(fd, 20)
        finally:
            os.close(fd)
        return int(written) if written else None

    def launch(self, command: Sequence[str], log: Path) -> None:
        """Run `command` in the folder, its output appended to `log`. It is no child of this process.

        And yet it dies with this process, even at a `kill -9` of it, unless it is let go. Raises NodeError if one runs
        already, OSError and CalledProcessError if none can be started.
        """
        lock = files.open_private(self._lock, os.O_RDWR | os.O_CREAT)
        output = files.open_private(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        held, tether = os.pipe()
        try:
            # Whoever looks whether it runs holds the lock for a moment.
            if not wait_for(lambda: _try_lock(lock, fcntl.LOCK_EX), 1):
                raise NodeError(f"{self._folder}: a node runs there already")
            os.ftruncate(lock, 0)
            subprocess.run(  # noqa: S603 - our own script
                [sys.executable, "-I", "-S", launch.__file__, self._lock, str(lock), str(held), *command],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(lock, held),
                check=True,
            )
            self._tether, tether = tether, -1
        finally:
            for fd in (lock, output, held, tether):
                if fd >= 0:
                    os.close(fd)

    def let_go(self) -> None:
        """From now on it outlives this process, which launched it."""
        os.write(self._tether, b"\n")
        self._cut()

    def stop(self, timeout: float = 30) -> None:
        """End it in order (SIGTERM), and by force after `timeout` seconds. Nothing if none runs."""
        self._send(signal.SIGTERM)
        if not self._has_ended(timeout):
            self.kill()
        self._cut()

    def kill(self) -> None:
        """`kill -9`. Nothing if none runs."""
        self._send(signal.SIGKILL)
        if not self._has_ended(_KILL_SECONDS):
            raise NodeError(f"{self._folder}: the node is still there {_KILL_SECONDS} s after a kill -9")
        self._cut()

    def _send(self, number: signal.Signals) -> None:
        pid = self.pid
        if pid is not None:
            with suppress(ProcessLookupError):  # it ended since
                os.kill(pid, number)

    def _has_ended(self, timeout: float) -> bool:
        return wait_for(lambda: self.pid is None, timeout)

    def _cut(self) -> None:
        if self._tether >= 0:
            os.close(self._tether)
            self._tether = -1


def _try_lock(fd: int, kind: int) -> bool:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
