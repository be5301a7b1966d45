"""The state of a run as the screen has it."""

from __future__ import annotations

import pytest

from loader.clock import SystemClock
from loader.config.sections import Errors
from loader.dlq.letter_factory import LetterFactory
from loader.ledger.ledger import Ledger
from loader.outcomes import Fate
from loader.report.phrases import time_left
from loader.report.snapshot import Pace
from loader.rows import Chunk, Layout, Source
from loader.run.reporting import snapshot
from tests.engine.harness import World

SOURCE = Source(0, "a.jsonl", Layout("jsonl"), stream=False, size=10_000)


@pytest.fixture
def ledger():
    head = LetterFactory("run", "target", lambda text: text)
    return Ledger(head, None, marks=None, limits=Errors(), clock=SystemClock(), notify=lambda _event: None)


def chunk(number: int) -> Chunk:
    """Ten rows of ten bytes each."""
    return Chunk(number, SOURCE, number * 10, number * 10 + 1, number * 100, 10, b"", (number + 1) * 100)


def settle(ledger: Ledger, number: int) -> None:
    ledger.states.settle(range(number * 10, number * 10 + 10), Fate.DELIVERED)
    ledger.totals.delivered += 10


def at(ledger: Ledger, elapsed: float):
    return snapshot([SOURCE], ledger, World().pump, SystemClock(), elapsed)


def test_the_time_left_of_a_resume_counts_only_what_this_part_did(ledger):
    """It passes over what is settled in no time, which says nothing of how fast rows are sent."""
    ledger.totals.delivered = 800
    ledger.before = ledger.totals.copy()
    pace = Pace()
    pace.update(at(ledger, 0.0))
    for number in range(80):
        ledger.open(chunk(number), b"\1" * 10)
    pace.update(at(ledger, 1.0))
    assert pace.bytes == 0
    for number in range(80, 85):
        ledger.open(chunk(number))
        settle(ledger, number)
        pace.update(at(ledger, number - 78.0))  # a chunk of 100 bytes a second
    now = at(ledger, 6.0)
    assert (now.bytes_done, now.bytes_before) == (8500, 8000)
    assert pace.bytes == pytest.approx(500 / 6)
    assert time_left(now, pace.bytes) == "0:18 left"  # 1,500 bytes


def test_a_part_that_is_the_first_did_all_of_it(ledger):
    ledger.open(chunk(0))
    ledger.open(chunk(1))
    settle(ledger, 0)
    now = at(ledger, 1.0)
    assert (now.bytes_done, now.bytes_before) == (100, 0)
