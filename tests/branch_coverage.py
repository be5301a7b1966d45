"""A pytest plugin that shows which share of the branches of each folder the tests took: `-p tests.branch_coverage`.

It measures the test process alone, keeps what it measured in memory, and holds no share to a bound.
"""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from pathlib import PurePath

import coverage
import pytest

_MOST = 22  # folders shown

_MEASURED = coverage.Coverage(data_file=None, branch=True, source_pkgs=["loader"])


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Begin before a conftest imports the package."""
    _MEASURED.start()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    _MEASURED.stop()
    with tempfile.NamedTemporaryFile() as file:
        _MEASURED.json_report(outfile=file.name)
        report = json.load(file)
    folders: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, measured in report["files"].items():
        counts = folders["/".join(PurePath(name).parent.parts[:2])]
        counts[0] += measured["summary"]["covered_branches"]
        counts[1] += measured["summary"]["num_branches"]
    shares = sorted((taken / of, folder, taken, of) for folder, (taken, of) in folders.items() if of)
    terminalreporter.section("branches taken in the test process, lowest first")
    for share, folder, taken, of in shares[:_MOST]:
        terminalreporter.write_line(f"{share:6.1%}  {taken:5} of {of:5}  {folder}")
