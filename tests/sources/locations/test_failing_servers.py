"""Loads from a server that fails at random, killed at random and resumed until they end: every row arrives."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.command import Loader, law, wait_for
from tests.sinks import rows
from tests.sources.locations.web_server import Asked, Reply, serving

COUNT = 20_000
NAMES = "abc"
CONTENTS = {f"/{name}.jsonl": rows(COUNT, start * COUNT).encode() for start, name in enumerate(NAMES)}
CONFIG = """
[retry]
max_retries = 3
initial_backoff = "1ms"
max_backoff = "2ms"
[breaker]
threshold = 1000
[batch]
size = 300
[concurrency]
max_in_flight = 2
[checkpoint]
every = "30ms"
"""
BAD_PARTS = 8


class Faults:
    """What goes wrong: a share of all answers, and one input from some byte on."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._share = 0.25
        self._down: tuple[str, int] | None = None

    def change(self) -> None:
        """Let another input be down, or none."""
        name = self._chance.choice([*NAMES, None])
        self._down = None if name is None else (f"/{name}.jsonl", self._chance.choice([0, 100_000, 500_000]))

    def end(self) -> None:
        self._share, self._down = 0.0, None

    def __call__(self, asked: Asked, reply: Reply) -> Reply | None:
        if self._down is not None and asked.path == self._down[0] and (asked.start or 0) > self._down[1]:
            return None
        if self._chance.random() >= self._share:
            return reply
        cut = replace(reply, cut=self._chance.randrange(len(reply.body) + 1))
        return self._chance.choice([replace(reply, status=503, body=b""), replace(reply, status=500), None, cut])


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "streams"])
@pytest.mark.parametrize(("seed", "workers"), [(1, "1"), (3, "3")])
def test_every_row_arrives_whatever_fails_and_whenever_it_is_killed(tmp_path, sink, seed, workers, ranges):
    chance = random.Random(seed)
    faults, target, loader = Faults(chance), sink(), Loader(tmp_path)
    (tmp_path / "loader.toml").write_text(CONFIG)
    with serving(CONTENTS, ranges=ranges, twist=faults) as web:
        urls = [f"{web.url}{path}" for path in CONTENTS]
        push = ("push", *urls, "--to", target.url, "--workers", workers, "--resume")
        for part in range(2 * BAD_PARTS):
            faults.change() if part < BAD_PARTS else faults.end()
            if part < BAD_PARTS and chance.random() < 0.5:
                enough = len(target.store.requests()) + chance.randrange(60)
                with loader.start(*push) as process:
                    wait_for(lambda: len(target.store.requests()) > enough or process.poll() is not None)  # noqa: B023
                    process.kill()
                continue
            done = loader(*push)
            assert done.code in (0, 2, 3), done.err  # 2: it is down before anything is read
            assert done.code == 0 or "cannot be read" in done.err, done.err
            if done.report is not None:
                law(done.report)
            if done.code == 0:
                break
    assert done.code == 0, done.err
    assert (done.report["read"], done.report["unread"]) == (len(NAMES) * COUNT, [])
    stored = [row["id"] for row in target.store.rows()]
    assert set(stored) == set(range(len(NAMES) * COUNT))
