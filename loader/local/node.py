"""One Cassandra process on one folder: started, waited for, stopped, killed, and started again on the same data."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from loader import files
from loader.local import launch
from loader.local.errors import NodeError
from loader.local.jars import Installation
from loader.local.jvm import NodeSettings, command_line, write_files

_READY = "Starting listening for CQL clients"
_POLL_SECONDS = 0.05
_LAST_LINES = 15


class Process:
    """The process that runs, or ran last, in a node's folder, whoever started it.

    The node holds a lock as long as it lives, so there is no stale id: one is read only while the lock is held.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = folder / "lock"

    @property
    def pid(self) -> int | None:
        """The id of the process; None if none runs."""
        try:
            fd = os.open(self._lock, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            if _try_lock(fd, fcntl.LOCK_SH):
                return None
            written = os.read(fd, 20)
        finally:
            os.close(fd)
        return int(written) if written else None

    def launch(self, command: list[str], folder: Path, log: Path, tether: int) -> None:
        """Run `command` in `folder`, its output appended to `log`; `tether` as in `launch`.

        Raises NodeError if a process runs there already, OSError and CalledProcessError if none can be started.
        """
        lock = files.open_private(self._lock, os.O_RDWR | os.O_CREAT)
        output = files.open_private(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            # Someone who looks whether it runs holds the lock for a moment.
            if not _wait_for(lambda: _try_lock(lock, fcntl.LOCK_EX), 1):
                raise NodeError(f"{folder}: a node runs there already")
            os.ftruncate(lock, 0)
            subprocess.run(  # noqa: S603 - our own script
                [sys.executable, "-I", "-S", launch.__file__, str(lock), str(tether), *command],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(lock, tether),
                check=True,
            )
        finally:
            os.close(lock)
            os.close(output)

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it runs."""
        pid = self.pid
        if pid is not None:
            with suppress(ProcessLookupError):  # it ended since
                os.kill(pid, number)

    def wait(self, timeout: float) -> bool:
        """Whether it ended within `timeout` seconds."""
        return _wait_for(lambda: self.pid is None, timeout)


class Node:
    """One Cassandra node. Not thread-safe.

    A node that was started dies with this process, even at a `kill -9` of it, unless it is let go.
    """

    def __init__(self, settings: NodeSettings, installation: Installation) -> None:
        self.settings = settings
        self.log = settings.folder / "cassandra.log"
        self.process = Process(settings.folder)
        self._installation = installation
        self._tether = -1
        self._log_start = 0

    def start(self, timeout: float = 120) -> None:
        """Launch it and wait until it is ready."""
        self.launch()
        self.wait_ready(timeout)

    def launch(self) -> None:
        """Start it on the data it has; it is not ready yet. Raises NodeError if it runs already or cannot be run."""
        held = -1
        try:
            write_files(self.settings)
            self._log_start = self.log.stat().st_size if self.log.exists() else 0
            held, self._tether = os.pipe()
            command = command_line(self.settings, self._installation)
            self.process.launch(command, self.settings.folder, self.log, held)
        except (OSError, subprocess.CalledProcessError) as error:
            raise NodeError(f"{self.settings.folder}: a node cannot be started there: {error}") from error
        finally:
            if held >= 0:
                os.close(held)

    def wait_ready(self, timeout: float = 120) -> None:
        """Wait until clients can connect. Raises NodeError if it dies or is not ready after `timeout` seconds.

        If anything goes wrong meanwhile, an interrupt too, the node is killed.
        """
        try:
            _wait_for(lambda: self._is_ready() or self.process.pid is None, timeout)
            if self.process.pid is None:
                raise NodeError(f"the Cassandra node at {self._address} died at the start:\n{self.last_lines()}")
            if not self._is_ready():
                raise NodeError(
                    f"the Cassandra node at {self._address} was not ready after {timeout:g} s:\n{self.last_lines()}"
                )
        except BaseException:
            self.kill()
            raise

    def let_go(self) -> None:
        """From now on it outlives this process."""
        os.write(self._tether, b"\n")
        self._cut()

    def stop(self, timeout: float = 30) -> None:
        """End it in order (SIGTERM), and by force after `timeout` seconds. Nothing if it does not run."""
        self.process.send(signal.SIGTERM)
        if not self.process.wait(timeout):
            self.kill()
        self._cut()

    def kill(self) -> None:
        """`kill -9`. Nothing if it does not run."""
        self.process.send(signal.SIGKILL)
        if not self.process.wait(30):
            raise NodeError(f"the Cassandra node at {self._address} is still there 30 s after a kill -9")
        self._cut()

    def log_since_start(self) -> str:
        """What it logged since it was started last."""
        with self.log.open("rb") as file:
            file.seek(self._log_start)
            return file.read().decode("utf-8", "replace")

    def last_lines(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.log_since_start().splitlines()[-_LAST_LINES:])

    @property
    def _address(self) -> str:
        return f"{self.settings.address}:{self.settings.native_port}"

    def _is_ready(self) -> bool:
        return _READY in self.log_since_start()

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


def _wait_for(condition: Callable[[], bool], timeout: float) -> bool:
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_SECONDS)
    return True
