"""A Cassandra in a container: `compose.yaml`, by docker or podman."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from loader.local.address import HOST, Address, answers_cql
from loader.local.errors import MissingError, NodeError
from loader.local.runner import How
from loader.local.waiting import wait_for

COMPOSE_FILE = Path(__file__).with_name("compose.yaml")
_LOOK_SECONDS = 30
_PULL_SECONDS = 1800
_READY_SECONDS = 300


class EngineRunner:
    """Runs it in the engine of this name; `project` is what the engine calls it."""

    def __init__(self, how: How, project: str) -> None:
        self.how = how
        self._project = project

    def prepare(self) -> None:
        """Ask whether the engine and its compose work. Raises MissingError."""
        if shutil.which(self.how) is None:
            raise MissingError(f"{self.how} is not on PATH")
        for look in (["info"], ["compose", "version"]):
            try:
                self._run(*look, timeout=_LOOK_SECONDS)
            except NodeError as error:
                raise MissingError(f"{self.how} does not work: {error}") from error

    def up(self, port: int) -> None:
        """Start it at `port` of loopback, and wait until it answers. Raises NodeError."""
        self._compose("up", "--detach", port=port)
        if not wait_for(lambda: answers_cql(Address(HOST, port)), _READY_SECONDS, interval=1):
            log = self._compose("logs", "--tail", "15")
            raise NodeError(f"the Cassandra in {self.how} did not answer after {_READY_SECONDS} s:\n{log}")

    def down(self, *, purge: bool) -> None:
        """Stop it; its data go too with `purge`. Raises NodeError."""
        self._compose("down", *(["--volumes"] if purge else []))

    def describe(self) -> dict[str, str] | None:
        """What runs, and where its data are; None where nothing runs. Raises NodeError."""
        container = self._compose("ps", "--quiet").strip()
        if not container:
            return None
        return {"runs in": f"{self.how}, container {container[:12]}", "data": f"volume {self._project}_data"}

    def _compose(self, *arguments: str, port: int | None = None) -> str:
        settings = {} if port is None else {"LOADER_LOCAL_PORT": str(port)}
        file = ("--file", str(COMPOSE_FILE), "--project-name", self._project)
        return self._run("compose", *file, *arguments, timeout=_PULL_SECONDS, environment=os.environ | settings)

    def _run(self, *arguments: str, timeout: float, environment: dict[str, str] | None = None) -> str:
        """What it wrote to stdout. Raises NodeError, with the last line it said, unless it ends with 0."""
        try:
            done = subprocess.run(  # noqa: S603 - the user's own engine
                [self.how, *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NodeError(f"{self.how} cannot be used: {error}") from error
        if done.returncode:
            lines = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()
            raise NodeError(f"{self.how} {arguments[0]}: {lines[-1]}")
        return done.stdout
