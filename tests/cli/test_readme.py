"""The first examples of the README, and those of the queue that they leave, go as they stand there, on the samples."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from loader.sink import Rule
from tests.cli.pages import check, steps

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGE = (ROOT / "docs" / "dead-letters.md").read_text()
QUEUES = PAGE.partition("\n## The queue\n")[2].partition("\n## ")[0]


@pytest.fixture
def loaded(loader, sink):
    """The first load and its replay, each of which shows what the README says; returns the command and the target."""
    (loader.folder / "samples").symlink_to(ROOT / "samples")
    (loader.folder / "loader.toml").unlink()
    section = README.partition("\n## A load, and what failed\n")[2].partition("\n## ")[0]
    (push, shown), replay = steps(section)
    check(loader, push, shown, sink(refuse=(Rule.parse("status=bad"),)).url)
    return loader, replay


def test_the_first_load_and_its_replay_show_what_they_are_said_to(loaded, sink):
    loader, (replay, shown) = loaded
    target = sink()
    check(loader, replay, shown, target.url)
    assert [row["status"] for row in target.store.rows()] == ["bad"] * 5


def test_the_commands_for_queues_find_what_they_name(loaded):
    """Those of the queue that the first load leaves."""
    loader, _ = loaded
    typed = [line.partition("#")[0] for line in QUEUES.splitlines() if line.startswith("loader dlq ")]
    assert len(typed) == 3
    for line in typed:
        words = shlex.split(line.partition(">")[0])
        with loader.start(*words[1:]) as process:  # an export has bytes that are no UTF-8, as the samples have
            out, err = process.communicate(timeout=60)
        assert (process.returncode, out != b"", b"warning" in err) == (0, True, False), err
