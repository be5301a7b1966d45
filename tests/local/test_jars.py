"""Java is found, and the jars are fetched once and whole, by a stand-in for Maven."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loader.local.errors import MissingError
from loader.local.jars import CASSANDRA, install
from loader.local.waiting import wait_for

_MAVEN = f"/bin/mkdir lib && : > lib/cassandra-all-{CASSANDRA}.jar && /bin/cp pom.xml lib/"
_INSTALL = "from loader.local.jars import install; install(print)"


def _java(version):
    return f"echo 'openjdk version \"{version}\" 2025-04-15' >&2"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "loader"


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_jars_are_fetched_once(programs, cache):
    java = programs.add("java", _java("17.0.15"))
    programs.add("mvn", _MAVEN)
    said: list[str] = []
    first, second = install(said.append), install(said.append)
    assert (first, first.java) == (second, java)
    assert programs.calls("mvn") == [["-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"]]
    assert said == [f"fetching Apache Cassandra {CASSANDRA} (66 MB) into {first.jars}"]
    assert _names(first.jars) == [f"cassandra-all-{CASSANDRA}.jar", "pom.xml"]
    assert f"<version>{CASSANDRA}</version>" in (first.jars / "pom.xml").read_text()
    assert _names(cache) == [f"cassandra-{CASSANDRA}", f"cassandra-{CASSANDRA}.lock"]


def test_processes_that_want_the_jars_at_once_fetch_them_once(programs, cache):
    programs.add("java", _java("17.0.15"))
    programs.add("mvn", f"{_MAVEN} && /bin/sleep 0.3")
    processes = [subprocess.Popen([sys.executable, "-c", _INSTALL]) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert len(programs.calls("mvn")) == 1


def test_a_fetch_that_was_killed_leaves_nothing_in_the_way(programs, cache):
    programs.add("java", _java("17.0.15"))
    programs.add("mvn", f"{_MAVEN} && : > half-way && exec /bin/sleep 60")
    command = [sys.executable, "-c", _INSTALL]
    with subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL) as process:
        assert wait_for((cache / f"cassandra-{CASSANDRA}.part" / "half-way").exists, 60)
        os.killpg(process.pid, signal.SIGKILL)
    programs.add("mvn", _MAVEN)
    assert install(print).jars.is_dir()
    assert not list(cache.glob("*.part"))


def test_a_fetch_that_fails_says_what_maven_said_and_leaves_nothing(programs, cache):
    programs.add("java", _java("17.0.15"))
    programs.add("mvn", f"{_MAVEN}; echo '[ERROR] Could not transfer artifact'; exit 1")
    with pytest.raises(MissingError, match=r"(?s)Maven could not fetch.*Could not transfer artifact"):
        install(print)
    assert _names(cache) == [f"cassandra-{CASSANDRA}.lock"]


def test_a_maven_that_brings_no_jars_is_not_believed(programs, cache):
    programs.add("java", _java("17.0.15"))
    programs.add("mvn", "/bin/mkdir lib")
    with pytest.raises(MissingError, match="the jars of Apache Cassandra are not there"):
        install(print)
    assert _names(cache) == [f"cassandra-{CASSANDRA}.lock"]


def test_without_maven_it_says_how_to_get_it(programs, cache):
    programs.add("java", _java("17.0.15"))
    with pytest.raises(MissingError, match=r"there is no Maven \(mvn\) on PATH.*apt-get install maven"):
        install(print)


def test_without_java_it_says_how_to_get_it(programs, cache):
    with pytest.raises(MissingError, match=r"there is no Java 17.*apt-get install openjdk-17-jre-headless.*JAVA_HOME"):
        install(print)


@pytest.mark.parametrize(
    ("says", "known"), [("21.0.1", "version 21"), ("1.8.0_292", "version 8"), ("", "no Java that runs")]
)
def test_another_java_is_named(programs, cache, says, known):
    java = programs.add("java", _java(says) if says else "exit 1")
    with pytest.raises(MissingError, match=f"{java} is {known}"):
        install(print)


def test_java_home_comes_before_path_if_it_is_a_java_17(programs, cache, monkeypatch, tmp_path):
    programs.add("mvn", _MAVEN)
    on_path = programs.add("java", _java("17.0.1"))
    at_home = programs.add("java", _java("17.0.15"), tmp_path / "home" / "bin")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert install(print).java == at_home
    programs.add("java", _java("21"), tmp_path / "home" / "bin")
    assert install(print).java == on_path


def test_the_cache_is_in_the_home_folder_by_default(programs, monkeypatch, tmp_path):
    programs.add("java", _java("17.0.15"))
    programs.add("mvn", _MAVEN)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    (tmp_path / "me").mkdir()
    assert install(print).jars == Path(tmp_path / "me" / ".cache" / "loader" / f"cassandra-{CASSANDRA}")
