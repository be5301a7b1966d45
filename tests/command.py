"""The real command in a real process, and what it leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loader.local import waiting
from tests import forked

FAST = """
[retry]
initial_backoff = "10ms"
max_backoff = "50ms"
[breaker]
timeout = "100ms"
"""


@dataclass
class Done:
    """How a command ended; `report` is None where it wrote none."""

    code: int
    out: str
    err: str
    report: dict | None


class Loader:
    """Runs `loader` in a folder of its own, with a config of short waits."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**os.environ, "NO_COLOR": "1", "NO_PROXY": "127.0.0.1"}
        self.configure("")

    def configure(self, text: str) -> None:
        """Let `loader.toml` say this, besides short waits."""
        self.write("loader.toml", FAST + text)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen:
        command = [sys.executable, "-m", "loader", *arguments]
        pipes: dict[str, Any] = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE) | {"stdin": subprocess.DEVNULL}
        return subprocess.Popen(command, cwd=self.folder, env=self.env, **pipes | options)

    def __call__(self, *arguments: str, stdin: bytes | None = None) -> Done:
        reports = arguments[0] in ("push", "replay", "rehearse") and "--help" not in arguments
        path = self.folder / "report.json"
        path.unlink(missing_ok=True)
        code, out, err = self._run([*arguments, *(["--report-json", "report.json"] if reports else [])], stdin)
        report = json.loads(path.read_bytes()) if path.exists() else None
        return Done(code, out.decode(), err.decode(), report)

    def _run(self, arguments: Sequence[str], stdin: bytes | None) -> tuple[int, bytes, bytes]:
        if forked.can_begin_with(self.env):
            return forked.run(arguments, folder=self.folder, env=self.env, stdin=stdin, timeout=60)
        with self.start(*arguments, stdin=subprocess.PIPE) as process:
            out, err = process.communicate(stdin, timeout=60)
        return process.returncode, out, err

    def letters(self, name: str = "dead.jsonl") -> list[dict]:
        path = self.folder / name
        return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def law(report: dict) -> None:
    """Read = delivered + rejected + unknown."""
    assert report["read"] == report["delivered"] + report["rejected"] + report["unknown"]


def wait_for(condition: Callable[[], bool], timeout: float = 200) -> None:
    """Look until `condition` holds; fails after `timeout` seconds."""
    assert waiting.wait_for(condition, timeout, 0.01), "it did not come to that in time"
