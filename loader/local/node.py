"""One Cassandra node on one folder: started, waited for, stopped, killed, and started again on the same data."""

from __future__ import annotations

import subprocess

from loader.local.address import Address, answers_cql
from loader.local.errors import NodeError
from loader.local.folder_process import Process
from loader.local.jars import Installation
from loader.local.jvm import NodeSettings, command_line, write_files
from loader.local.waiting import wait_for

_LAST_LINES = 15


class Node:
    """A node, which dies with this process unless it is let go. Not thread-safe."""

    def __init__(self, settings: NodeSettings, installation: Installation) -> None:
        self.settings = settings
        self.address = Address(settings.address, settings.native_port)
        self.log = settings.folder / "cassandra.log"
        self._process = Process(settings.folder)
        self._command = command_line(settings, installation)
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """The id of its process; None if it does not run."""
        return self._process.pid

    def start(self, timeout: float = 120) -> None:
        """Launch it and wait until it is ready."""
        self.launch()
        self.wait_ready(timeout)

    def launch(self) -> None:
        """Start it on the data it has; it is not ready yet. Raises NodeError if it runs already or cannot be run."""
        try:
            write_files(self.settings)
            self._log_start = self.log.stat().st_size if self.log.exists() else 0
            self._process.launch(self._command, self.log)
        except (OSError, subprocess.CalledProcessError) as error:
            raise NodeError(f"{self.settings.folder}: no node can be started there: {error}") from error

    def wait_ready(self, timeout: float = 120) -> None:
        """Wait until it answers clients. Raises NodeError if it dies or is not ready after `timeout` seconds.

        If anything goes wrong meanwhile, an interrupt too, the node is killed.
        """
        try:
            wait_for(lambda: answers_cql(self.address) or self.pid is None, timeout)
            if self.pid is None:
                raise NodeError(f"the Cassandra node at {self.address} died at the start:\n{self.last_lines()}")
            if not answers_cql(self.address):
                what = f"was not ready after {timeout:g} s"
                raise NodeError(f"the Cassandra node at {self.address} {what}:\n{self.last_lines()}")
        except BaseException:
            self.kill()
            raise

    def let_go(self) -> None:
        """From now on it outlives this process, which launched it."""
        self._process.let_go()

    def stop(self, timeout: float = 30) -> None:
        """End it in order (SIGTERM), and by force after `timeout` seconds. Nothing if it does not run."""
        self._process.stop(timeout)

    def kill(self) -> None:
        """`kill -9`. Nothing if it does not run."""
        self._process.kill()

    def log_since_start(self) -> str:
        """What it logged since it was launched last."""
        with self.log.open("rb") as file:
            file.seek(self._log_start)
            return file.read().decode("utf-8", "replace")

    def last_lines(self) -> str:
        """The last lines of that."""
        return "\n".join(self.log_since_start().splitlines()[-_LAST_LINES:])
