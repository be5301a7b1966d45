"""The worked examples of docs/dead-letters.md are run as they stand there."""

from __future__ import annotations

from pathlib import Path

from tests.cli.pages import check, steps

PAGE = Path(__file__).parents[2] / "docs" / "dead-letters.md"


def test_the_worked_examples_go_as_they_are_told(loader, sink):
    target = sink()
    found = list(steps(PAGE.read_text()))
    assert len(found) > 8
    for command, shown in found:
        check(loader, command, shown, target.url)
    # The first file was loaded twice, and mended in both ways.
    assert sorted(row["id"] for row in target.store.rows()) == ["1", "1", "2", "2", "3", "3"]
    assert {row["name"] for row in target.store.rows()} == {"Anna", "Ben", "Carl, of Ulm"}
