"""The real command in a real process, and a sink to load into."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from loader.sink import FaultSettings, SinkServer, SinkSettings, Store

FAST = """
[retry]
initial_backoff = "10ms"
max_backoff = "50ms"
[breaker]
timeout = "100ms"
"""


@dataclass
class Done:
    code: int
    out: str
    err: str
    report: dict | None


class Loader:
    """Runs `loader` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**os.environ, "NO_COLOR": "1", "NO_PROXY": "127.0.0.1"}

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def start(self, *arguments: str, **options: object) -> subprocess.Popen:
        command = [sys.executable, "-m", "loader", *arguments]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return subprocess.Popen(command, cwd=self.folder, env=self.env, **pipes)

    def __call__(self, *arguments: str, stdin: bytes | None = None) -> Done:
        reports = arguments[0] in ("push", "replay") and "--help" not in arguments
        path = self.folder / "report.json"
        path.unlink(missing_ok=True)
        options = {} if stdin is None else {"stdin": subprocess.PIPE}
        with self.start(*arguments, *(["--report-json", "report.json"] if reports else []), **options) as process:
            out, err = process.communicate(stdin, timeout=60)
        report = json.loads(path.read_bytes()) if path.exists() else None
        return Done(process.returncode, out.decode(), err.decode(), report)

    def letters(self, name: str = "dead.jsonl") -> list[dict]:
        path = self.folder / name
        return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


@pytest.fixture
def loader(tmp_path) -> Loader:
    made = Loader(tmp_path)
    made.write("loader.toml", FAST)
    return made


@dataclass
class Sink:
    store: Store
    url: str


@pytest.fixture
def sink() -> Iterator[Callable[..., Sink]]:
    """Starts sinks with the faults given; all are stopped in the end."""
    opened: list[tuple[SinkServer, Store]] = []

    def start(**faults: object) -> Sink:
        store = Store()
        server = SinkServer(SinkSettings(faults=FaultSettings(**faults)), store)
        server.start()
        opened.append((server, store))
        return Sink(store, f"{server.url}/rows")

    yield start
    for server, store in opened:
        server.stop()
        store.close()


def rows(count: int, start: int = 0) -> str:
    return "".join(json.dumps({"id": i, "name": f"row {i}"}) + "\n" for i in range(start, start + count))


__all__ = ["Done", "Loader", "Sink", "rows", "signal"]
