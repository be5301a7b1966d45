"""Opening of targets that are down at first: one rule for a command and for its worker processes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from loader.config import Config, sections
from loader.outcomes import Cause, Ending, Fault
from loader.targets import opening
from loader.targets.base import TargetDownError
from loader.targets.context import Context
from loader.targets.kinds import ENTRY_POINTS
from loader.targets.opening import open_with_retries
from tests.command import Loader
from tests.packages import install, loader_with
from tests.targets.line_file import LineFile, LineFileTarget

RETRY = sections.Retry(max_retries=3, initial_backoff=1.0, factor=2.0, jitter="none")
DOWN = Cause("down", "nobody answers", Ending.UNSENT)
AT_FAULT = Cause("unknown", "nobody knows it", Ending.UNSENT, fault=Fault.AT_START)


class Attempts:
    """Openings that end as they are told to, the last way ever after; None opens the target."""

    def __init__(self, *causes: Cause | None) -> None:
        self.causes = list(causes)
        self.made = 0
        self.waits: list[tuple[Cause, float]] = []

    def open(self, settings: LineFile, context: Context) -> LineFileTarget:
        cause = self.causes[min(self.made, len(self.causes) - 1)]
        self.made += 1
        if cause is not None:
            raise TargetDownError(cause)
        return LineFileTarget(settings, context)


@pytest.fixture
def opened(monkeypatch, tmp_path) -> Callable[[Attempts], LineFileTarget]:
    """Opens a target by scripted attempts."""

    def run(attempts: Attempts) -> LineFileTarget:
        monkeypatch.setattr(opening, "open_target", attempts.open)
        context = Context.of(Config(retry=RETRY), "r", 0, time.time)
        settings = LineFile("store", f"lines://{tmp_path}/stored")
        target = open_with_retries(settings, context, lambda *wait: attempts.waits.append(wait))
        assert isinstance(target, LineFileTarget)
        return target

    return run


def test_a_target_that_is_down_is_asked_again_after_the_waits_of_retry(opened):
    attempts = Attempts(DOWN, DOWN, None)
    opened(attempts).close()
    assert attempts.waits == [(DOWN, 1.0), (DOWN, 2.0)]


def test_after_the_last_retry_it_is_given_up(opened):
    attempts = Attempts(DOWN)
    with pytest.raises(TargetDownError) as raised:
        opened(attempts)
    assert (raised.value.cause, attempts.made, len(attempts.waits)) == (DOWN, 4, 3)


def test_a_target_at_fault_is_given_up_at_once(opened):
    attempts = Attempts(DOWN, AT_FAULT)
    with pytest.raises(TargetDownError) as raised:
        opened(attempts)
    assert (raised.value.cause, attempts.made) == (AT_FAULT, 2)


_CLOSED_TO_WORKERS = """
import os
from pathlib import Path
from line_file import LineFileKind
from loader.outcomes import Cause, Ending, Fault
from loader.targets.base import TargetDownError

class ClosedKind(LineFileKind):
    def open(self, settings, context):
        with open(settings.password, "a+") as asked:
            print(os.getpid(), file=asked, flush=True)
            asked.seek(0)
            first = int(asked.readline())
        if os.getpid() == first:
            return super().open(settings, context)
        raise TargetDownError(Cause("down", "closed to workers", Ending.UNSENT, fault=Fault({fault!r})))

KIND = ClosedKind()
"""


@pytest.fixture
def asked_by_a_worker(tmp_path) -> Callable[[Fault], int]:
    """How often a worker asks for a target that fails in it, though it opened in the command."""

    def run(fault: Fault) -> int:
        site = tmp_path / "site"
        install(site, "closed", ENTRY_POINTS, {"lines": "closed:KIND"}, _CLOSED_TO_WORKERS.format(fault=fault.value))
        shutil.copy(Path(__file__).parent / "line_file.py", site)
        return _most_asked(loader_with(tmp_path, site))

    return run


def _most_asked(loader: Loader) -> int:
    loader.write("rows.jsonl", '{"id": 1}\n')
    loader.write(
        "loader.toml",
        "[retry]\nmax_retries = 2\ninitial_backoff = 0.001\n"
        f'[target.store]\nurl = "lines://{loader.folder}/stored"\npassword = "{loader.folder}/asked"\n',
    )
    done = loader("push", "rows.jsonl", "--to", "store", "--workers", "2")
    assert done.code == 3, done.err
    assert "store: closed to workers" in done.err
    assert (done.report["read"], done.report["untouched"]) == (0, 1)
    asked = (loader.folder / "asked").read_text().split()
    return max(asked.count(pid) for pid in asked[1:])


def test_a_worker_asks_again_as_the_command_does(asked_by_a_worker):
    assert asked_by_a_worker(Fault.NONE) == 3


def test_a_worker_gives_up_a_target_at_fault_at_once(asked_by_a_worker):
    assert asked_by_a_worker(Fault.AT_START) == 1
