"""Finds the Java that Apache Cassandra 5.0 runs on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from loader.local.errors import MissingError

# Cassandra 5.0 is released for 11 and 17, and sets a security manager, which later versions refuse
# (https://cassandra.apache.org/doc/5.0/cassandra/installing/installing.html).
VERSION = 17
_SAYS_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


def find_java() -> Path:
    """The Java 17 of JAVA_HOME or, if that is another, of PATH. Raises MissingError."""
    found = []
    for java in _candidates():
        version = _version(java)
        if version == VERSION:
            return java
        found.append(f"{java} is {f'version {version}' if version else 'no Java that runs'}")
    seen = f"; {', '.join(found)}" if found else ""
    raise MissingError(
        f"there is no Java {VERSION}, which Apache Cassandra 5.0 needs{seen}; install it"
        f" (Debian: apt-get install openjdk-{VERSION}-jre-headless) or set JAVA_HOME to one"
    )


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if found := shutil.which("java"):
        yield Path(found)


def _version(java: Path) -> int | None:
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _SAYS_VERSION.search(done.stderr + done.stdout)
    return int(match[1]) if match else None
