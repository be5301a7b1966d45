"""Worked examples of the pages: the commands that stand there, run, beside the lines that they are said to show."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

from tests.command import Loader

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARYING = (
    (re.compile(r"\b\d{8}T\d{6}-[0-9a-f]{6}\b"), "RUN"),
    (re.compile(r"\([\d.,]+ s, [\d,]+ rows/s\)"), "(PACE)"),
)


def steps(text: str) -> Iterator[tuple[str, list[str]]]:
    """The commands of a text, each with the lines that it shows."""
    for block in _BLOCK.findall(text):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = step.splitlines()
            yield command, shown


def plain(line: str) -> str:
    for pattern, name in _VARYING:
        line = pattern.sub(name, line)
    return line


def check(loader: Loader, command: str, shown: list[str], url: str) -> None:
    """Run a command against the target at `url`, and compare what it shows."""
    typed = command.replace("http://127.0.0.1:8080/rows", url)
    script = f'loader() {{ "{sys.executable}" -m loader "$@"; }}\n{typed}'
    done = subprocess.run(
        ["bash", "-c", script], check=False, cwd=loader.folder, env=loader.env, capture_output=True, text=True
    )
    lines = (done.stdout + done.stderr).replace(url, "http://127.0.0.1:8080/rows").splitlines()
    assert [plain(line) for line in lines if not line.startswith("warning: ")] == list(map(plain, shown)), command
