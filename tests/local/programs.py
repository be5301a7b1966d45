"""A PATH of our own: stand-ins for programs, which record how they were called, beside real ones."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.targets.cassandra.nodes import Contact

_ENGINE = Path(__file__).with_name("stand_in_engine.py")


class Programs:
    """A folder of programs that is all of PATH; `calls` are the command lines of the stand-ins, in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = os.environ["PATH"]
        self._record = folder / "calls"
        folder.mkdir()

    def add(self, name: str, script: str, folder: Path | None = None) -> Path:
        """A stand-in that records its call and runs a script of the shell."""
        path = (folder or self.folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        record = f'echo "{name} $*" >> {shlex.quote(str(self._record))}'
        path.write_text(f"#!/bin/sh\n{record}\n{script}\n")
        path.chmod(0o755)
        return path

    def link(self, *names: str) -> None:
        """Real programs of this machine."""
        for name in names:
            found = shutil.which(name, path=self._path)
            assert found, f"this machine has no {name}"
            (self.folder / name).symlink_to(found)

    def calls(self, name: str) -> list[list[str]]:
        lines = self._record.read_text().splitlines() if self._record.exists() else []
        return [words[1:] for words in map(str.split, lines) if words[0] == name]


def replaced_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    made = Programs(folder / "bin")
    monkeypatch.setenv("PATH", str(made.folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return made


@contextmanager
def engine_folder(folder: Path) -> Iterator[Path]:
    """A folder for stand-in engines; the service that they started, if any, is ended."""
    folder.mkdir()
    yield folder
    if (folder / "pid").exists():
        os.kill(int((folder / "pid").read_text()), signal.SIGKILL)


def add_engine(programs: Programs, name: str, folder: Path, cassandra: Contact) -> None:
    """A stand-in for docker or podman whose service is a way to `cassandra`."""
    command = [sys.executable, str(_ENGINE), str(folder), f"{cassandra.host}:{cassandra.port}"]
    programs.add(name, f'exec {shlex.join(command)} "$@"')
