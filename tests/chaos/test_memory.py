"""`max_held` bounds what a load holds, and an outage grows nothing: in real processes, and an hour in turned time."""

from __future__ import annotations

import sys
import tracemalloc

import pytest

from loader.config import sections
from loader.outcomes import ACCEPTED
from loader.sink import StatusShare
from tests.bench.process import measure
from tests.engine.harness import World, retryable

_MIB = 2**20


def _peak(loader, *command: str) -> int:
    """The most memory that a process held, in bytes."""
    argv = [sys.executable, "-m", "loader", *command]
    return measure(argv, loader.folder / "said", loader.env, codes=(3,), folder=loader.folder).peak


def _wide(rows: int) -> bytes:
    header = ",".join(f"c{i}" for i in range(40)) + "\n"
    return header.encode() + (b",".join(b"%d" % i for i in range(40)) + b"\n") * rows


INPUTS = {
    "wide.csv": lambda: _wide(200_000),
    "short.jsonl": lambda: b'{"id": 1}\n' * 1_000_000,
    "huge.jsonl": lambda: (b'{"id": "' + b"x" * 8 * _MIB + b'"}\n') * 30,
}


@pytest.mark.parametrize(("name", "most"), [("wide.csv", 72), ("short.jsonl", 72), ("huge.jsonl", 136)])
def test_an_outage_holds_no_more_than_it_may(name, most, loader, sink):
    """Less than the input and far less than what would be made of it; one chunk more than allowed is under way.

    Two rows of 8 MiB each are copied as they are read, cut into chunks, and sent, some of it at the same time.
    """
    target = sink(statuses=(StatusShare(503, 1.0),))
    loader.write(
        "loader.toml",
        target.config
        + "[breaker]\nthreshold = 3\ntimeout = 0.05\n[timeouts]\nrun = 1.5\n[retry]\ninitial_backoff = 0.01\n"
        + '[input]\nmax_row_bytes = "16 MiB"\n',
    )
    loader.write("none.jsonl", b'{"id": 1}\n')
    loader.write(name, INPUTS[name]())
    empty = _peak(loader, "push", "none.jsonl", "--to", target.to)
    held = _peak(loader, "push", name, "--to", target.to, "--max-memory", "16 MiB")
    assert held - empty < most * _MIB, f"{(held - empty) / _MIB:.0f} MiB"


class _Forgotten(list):
    """Takes events and keeps none."""

    def append(self, event) -> None:
        pass


def test_an_hour_of_outage_grows_nothing():
    taken: dict[float, int] = {}

    def script(attempt):
        world.target.attempts.clear()
        elapsed = attempt.at - 1000.0
        for mark in (1800.0, 3500.0):
            if elapsed >= mark and mark not in taken:
                taken[mark] = tracemalloc.get_traced_memory()[0]
        return ACCEPTED if elapsed < 1 else retryable(503)

    world = World(
        rows=100_000,
        size=10,
        script=script,
        max_held=2**20,
        breaker=sections.BreakerSettings(timeout=5.0, give_up_after=10_000.0),
        run_timeout=31800.0,
        events=_Forgotten(),
    )
    tracemalloc.start()
    try:
        world.run()
    finally:
        tracemalloc.stop()
    assert world.end.stop.exit_code == 3
    assert world.pump.state.held < 2**20 + 100 * 1000
    assert taken[3500.0] - taken[1800.0] < 20_000, taken
