"""Seeds, numbers of kills, and what was tried in all.

`LOADER_CHAOS_SEED` repeats a run (as far as the machine's timing allows), `LOADER_CHAOS_KILLS` multiplies the kills of
each story, and the rows with them.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import pytest

from loader.sink import FaultSettings
from tests.chaos.strace import WANTED
from tests.chaos.targets import SinkTarget
from tests.command import Loader

SEED = int(os.environ.get("LOADER_CHAOS_SEED") or secrets.randbelow(10**6))
TIMES = int(os.environ.get("LOADER_CHAOS_KILLS") or 1)


@dataclass
class Tally:
    kills: int = 0
    faults: int = 0
    rows: int = 0


_TALLY = pytest.StashKey[Tally]()


@pytest.fixture(scope="session")
def tally(pytestconfig) -> Tally:
    return pytestconfig.stash.setdefault(_TALLY, Tally())


@pytest.fixture
def chance(request) -> Random:
    """Another for each test, the same for each run with the same seed."""
    return Random(f"{SEED} {request.node.name}")


@pytest.fixture
def loader(tmp_path) -> Loader:
    return Loader(tmp_path)


@pytest.fixture
def sink() -> Iterator:
    """Makes targets: `sink(repeatable=..., faults...)`."""
    made: list[SinkTarget] = []

    def make(*, repeatable: bool = True, **faults) -> SinkTarget:
        made.append(SinkTarget(FaultSettings(**faults), repeatable=repeatable))
        return made[-1]

    yield make
    for target in made:
        target.close()


def pytest_terminal_summary(terminalreporter, config) -> None:
    tally = config.stash.get(_TALLY, None)
    if tally is not None:
        counts = f"{tally.kills} kills, {tally.faults} faults, {tally.rows} rows"
        terminalreporter.write_line(f"chaos: {counts}; the same again with LOADER_CHAOS_SEED={SEED}")
    skipped = [report for report in terminalreporter.stats.get("skipped", ()) if WANTED in str(report.longrepr)]
    if skipped:
        wanted = f"{len(skipped)} tests did not run, as {WANTED} (Debian: apt-get install strace)"
        terminalreporter.write_line(f"{wanted}: calls of the kernel that fail were not tested in full", yellow=True)
