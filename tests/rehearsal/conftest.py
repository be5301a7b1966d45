"""The command with a folder of rehearsals of its own, and what rehearsals leave behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import Done, Loader


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Where rehearsals that go on have their folders, each called like its keyspace."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "loader" / "rehearsals"


@pytest.fixture
def loader(tmp_path, folder) -> Loader:
    return Loader(tmp_path)


@pytest.fixture
def rehearse(loader, cassandra) -> Callable[..., Done]:
    """Rehearses at the Cassandra of the tests."""
    local = f"{cassandra.host}:{cassandra.port}"
    return lambda *arguments: loader("rehearse", *arguments, "--local", local)


@pytest.fixture
def keyspaces(session) -> Callable[[], set[str]]:
    """The names of all keyspaces of the server."""
    return lambda: {row.keyspace_name for row in session.execute("SELECT keyspace_name FROM system_schema.keyspaces")}
