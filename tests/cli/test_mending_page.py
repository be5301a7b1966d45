"""The worked examples of docs/dead-letters.md are run as they stand there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "dead-letters.md"

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARYING = (
    (re.compile(r"\b\d{8}T\d{6}-[0-9a-f]{6}\b"), "RUN"),
    (re.compile(r"\([\d.,]+ s, [\d,]+ rows/s\)"), "(PACE)"),
)


def steps() -> Iterator[tuple[str, list[str]]]:
    """The commands of the page, each with the lines that it shows."""
    for block in _BLOCK.findall(PAGE.read_text()):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = step.splitlines()
            yield command, shown


def plain(line: str) -> str:
    for pattern, name in _VARYING:
        line = pattern.sub(name, line)
    return line


def test_the_worked_examples_go_as_they_are_told(loader, sink):
    target = sink()
    found = list(steps())
    assert len(found) > 8
    for command, shown in found:
        typed = command.replace("http://127.0.0.1:8080/rows", target.url)
        script = f'loader() {{ "{sys.executable}" -m loader "$@"; }}\n{typed}'
        done = subprocess.run(
            ["bash", "-c", script], check=False, cwd=loader.folder, env=loader.env, capture_output=True, text=True
        )
        lines = (done.stdout + done.stderr).replace(target.url, "http://127.0.0.1:8080/rows").splitlines()
        assert [plain(line) for line in lines if not line.startswith("warning: ")] == list(map(plain, shown)), command
    # The first file was loaded twice, and mended in both ways.
    assert sorted(row["id"] for row in target.store.rows()) == ["1", "1", "2", "2", "3", "3"]
    assert {row["name"] for row in target.store.rows()} == {"Anna", "Ben", "Carl, of Ulm"}
