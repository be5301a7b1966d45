"""Apache Cassandra's jars: fetched once by Maven into a cache, whole or not at all."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from loader.durable import files
from loader.local.errors import MissingError
from loader.local.java import find_java
from loader.local.waiting import exclusively

CASSANDRA = "5.0.5"
_FETCH_SECONDS = 900
_POM = f"""\
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>loader</groupId>
  <artifactId>local-cassandra</artifactId>
  <version>{CASSANDRA}</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.cassandra</groupId>
      <artifactId>cassandra-all</artifactId>
      <version>{CASSANDRA}</version>
    </dependency>
  </dependencies>
</project>
"""


@dataclass(frozen=True, slots=True)
class Installation:
    """What a node runs from: a Java 17, and the folder of Cassandra's jars."""

    java: Path
    jars: Path


def install(say: Callable[[str], None]) -> Installation:
    """Find Java, and fetch the jars, which is said, unless they are in the cache. Safe in several processes at once.

    Raises MissingError where Java 17 or Maven is missing, or Maven fails, or the cache cannot be used.
    """
    java = find_java()
    jars = files.user_cache() / "loader" / f"cassandra-{CASSANDRA}"
    if not jars.is_dir():
        try:
            files.make_folder(jars.parent)
            with exclusively(_beside(jars, "lock")):
                if not jars.is_dir():
                    say(f"fetching Apache Cassandra {CASSANDRA} (66 MB) into {jars}")
                    _fetch(jars)
        except OSError as error:
            raise MissingError(f"{jars}: the jars of Apache Cassandra cannot be kept there: {error}") from error
    return Installation(java, jars)


def _beside(folder: Path, ending: str) -> Path:
    return folder.with_name(f"{folder.name}.{ending}")


def _fetch(jars: Path) -> None:
    """Under the lock: fill a folder beside `jars` and rename it, so that `jars` is whole if it is there."""
    part = _beside(jars, "part")
    shutil.rmtree(part, ignore_errors=True)  # of a process that was killed
    part.mkdir()
    try:
        (part / "pom.xml").write_text(_POM)
        _maven(part)
        if not (part / "lib" / f"cassandra-all-{CASSANDRA}.jar").is_file():
            raise MissingError("Maven ended well, and yet the jars of Apache Cassandra are not there")
        (part / "lib").rename(jars)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _maven(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise MissingError(
            f"there is no Maven (mvn) on PATH, which fetches the jars of Apache Cassandra {CASSANDRA};"
            " install it (Debian: apt-get install maven)"
        )
    command = [maven, "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"]
    try:
        done = subprocess.run(  # noqa: S603 - the user's own Maven
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_FETCH_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise MissingError(f"Maven did not fetch the jars within {_FETCH_SECONDS // 60} minutes") from None
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-10:])
        raise MissingError(f"Maven could not fetch the jars of Apache Cassandra {CASSANDRA}:\n{said}")
