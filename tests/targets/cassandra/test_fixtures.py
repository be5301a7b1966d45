"""Where the tests' Cassandra comes from, what they say without one, and that none is left behind."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loader.local.folder_process import Process
from loader.local.waiting import wait_for
from tests.local.programs import add_engine, engine_folder, replaced_path

ROOT = Path(__file__).parents[3]
_LOOK = """
def test_it_answers(session, cassandra):
    print("is at", cassandra.host, cassandra.port, cassandra.node)
    assert session.execute("SELECT key FROM system.local").one()
"""
_DIE = """
import os, signal
def test_that_is_killed(cassandra):
    print(f"in <{cassandra.node.settings.folder}>", flush=True)
    assert cassandra.node.pid
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a test in a run of its own, with the setting given."""

    def run(test: str, setting: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setenv("LOADER_TEST_CASSANDRA", setting)
        (tmp_path / "test_one.py").write_text(test)
        plugin = "tests.targets.cassandra.fixtures"
        pytest_ = [sys.executable, "-m", "pytest", "-p", plugin, "-s", "-c", "pyproject.toml"]
        command = [*pytest_, "--rootdir", str(tmp_path), str(tmp_path / "test_one.py")]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)

    return run


@pytest.fixture
def no_java(tmp_path, monkeypatch):
    return replaced_path(tmp_path, monkeypatch)


def test_it_is_the_one_that_is_named(run, cassandra):
    done = run(_LOOK, f"{cassandra.host}:{cassandra.port}")
    assert done.returncode == 0, done.stdout
    assert f"is at {cassandra.host} {cassandra.port} None" in done.stdout


def test_without_any_the_tests_fail_and_say_how_to_get_one(run, no_java):
    done = run(_LOOK, "")
    assert done.returncode == 1
    assert "1 error" in done.stdout.splitlines()[-1]
    assert "this test needs a real Cassandra: install Java 17 and Maven, or set LOADER_TEST_CASSANDRA" in done.stdout
    assert "there is no Java 17" in done.stdout
    assert "docker is not on PATH" in done.stdout


def test_tests_that_are_skipped_are_counted_in_the_last_lines(run, no_java):
    done = run(_LOOK, "skip")
    assert done.returncode == 0
    last = done.stdout.splitlines()[-2:]
    assert last[0].startswith("1 tests did not run, as they need a real Cassandra and LOADER_TEST_CASSANDRA is 'skip'")
    assert "1 skipped" in last[1]


def test_without_java_it_is_in_a_container_that_goes_with_the_run(run, no_java, tmp_path, cassandra):
    with engine_folder(tmp_path / "engine") as folder:
        add_engine(no_java, "docker", folder, cassandra)
        done = run(_LOOK, "")
        assert done.returncode == 0, done.stdout
        assert not (folder / "pid").exists()
    project = no_java.calls("docker")[2][4]
    assert project.startswith("loader-test-")
    assert [call[5:] for call in no_java.calls("docker")[2:]] == [["up", "--detach"], ["down", "--volumes"]]


def test_a_run_that_is_killed_leaves_no_node_behind(run, installation):
    done = run(_DIE, "")
    assert done.returncode == -signal.SIGKILL
    folder = Path(re.search("in <(.*)>", done.stdout)[1])
    assert wait_for(lambda: Process(folder).pid is None, 60)
