"""How many workers a load has."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from loader.config import Config
from loader.config.sections import Concurrency
from loader.dlq.selection import Selection
from loader.rows import Layout, Source
from loader.run.executions.worker_count import workers_for
from loader.run.plan import Plan, Replay
from loader.sources import Inputs
from loader.targets.http.settings.http_target import HttpTarget

LARGE = 64 * 2**20


class SizedInputs(Inputs):
    """Inputs of which no more is known than their sizes; those without one are streams."""

    def __init__(self, *sizes: int | None) -> None:
        super().__init__(())
        self._sizes = sizes

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(Source(i, "a.jsonl", Layout("jsonl"), size is None, size) for i, size in enumerate(self._sizes))


def plan(*sizes: int | None, url: str = "https://api.example.com/", **concurrency) -> Plan:
    targets = {"": HttpTarget("", url)}
    return Plan(Config(concurrency=Concurrency(**concurrency)), SizedInputs(*(sizes or (LARGE,))), targets)


@pytest.fixture
def eight_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


def test_small_inputs_and_streams_have_one(eight_cores):
    assert workers_for(plan(LARGE - 1)) == 1
    assert workers_for(plan(LARGE, None)) == 1
    assert workers_for(plan(LARGE // 2, LARGE // 2)) == 8


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:8080", "127.9.9.9", "a.localhost"])
def test_a_target_on_this_machine_keeps_a_core(eight_cores, host):
    assert workers_for(plan(url=f"http://{host}/rows")) == 7


@pytest.mark.parametrize("host", ["10.0.0.1", "localhost.example.com", "[2001:db8::1]"])
def test_a_target_elsewhere_does_not(eight_cores, host):
    assert workers_for(plan(url=f"http://{host}/rows")) == 8


def test_what_is_asked_for_counts():
    assert workers_for(plan(1, workers=5)) == 5


def test_dry_runs_replays_and_file_order_have_one_whatever_is_asked_for():
    asked = plan(workers=5)
    assert workers_for(replace(asked, dry_run=True)) == 1
    assert workers_for(replace(asked, replay=Replay(Selection(), {}))) == 1
    assert workers_for(plan(workers=5, max_in_flight=1)) == 1
