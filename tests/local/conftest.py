"""`loader local` on a PATH and with a state folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loader.local.folder_process import Process
from tests.command import Loader
from tests.local.programs import add_engine, engine_folder, replaced_path


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """All of PATH, for this process and those it starts."""
    return replaced_path(tmp_path, monkeypatch)


@contextmanager
def own_state(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loader]:
    """`loader` with a state folder of its own; the node it started, if any, is ended."""
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")  # half the CPU for a start
    yield Loader(folder)
    Process(folder / "state" / "loader" / "local" / "node").kill()


@pytest.fixture
def loader(tmp_path, monkeypatch, programs):
    with own_state(tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def engine(programs, tmp_path, cassandra):
    """Adds a container engine by its name, and returns the folder of its state."""
    with engine_folder(tmp_path / "engine") as folder:

        def add(name: str) -> Path:
            add_engine(programs, name, folder, cassandra)
            return folder

        yield add
