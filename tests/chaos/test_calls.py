"""Each call that a small load makes on its files fails, or is its last: afterwards a resume ends as it should.

It needs strace (Debian: `apt-get install strace`); without it the last lines of the tests say so.
`make test` takes some of the calls, `make soak` all of them.
"""

from __future__ import annotations

from collections import Counter

import pytest

from loader.sink import Rule
from tests.chaos.conftest import TIMES
from tests.chaos.inputs import REFUSED, Maker
from tests.chaos.story import compare
from tests.chaos.strace import KILLED, WANTED, Point, is_usable, traced
from tests.command import Loader

_SAMPLE = 6  # calls in one test

pytestmark = [
    pytest.mark.timeout(1200 if TIMES > 1 else 300),
    pytest.mark.skipif(not is_usable(), reason=WANTED),
]


def _prepare(folder, target, data: bytes) -> Loader:
    folder.mkdir()
    loader = Loader(folder)
    loader.configure(target.config + "[batch]\nsize = 4\n[errors]\nmax_error_ratio = 1.0\n")
    loader.write("a.jsonl", data)
    return loader


def test_whatever_call_fails_or_kills_a_resume_ends_with_every_row_once(tmp_path, sink, chance, tally):
    refuses = {"refuse": (Rule.parse(f"name~{REFUSED}"),)}
    maker = Maker(chance)
    data = maker.jsonl("a.jsonl", 12) + b'{"id": 100, "name": "cut of\n'
    maker.truth.broken["a.jsonl", 13] = b'{"id": 100, "name": "cut of'
    command = ("push", "a.jsonl", "--to", "sink", "--dlq", "dead.jsonl", "--resume")
    whole = traced(_prepare(tmp_path / "whole", sink(**refuses), data), *command)
    assert whole.code == 1, whole.err
    points = whole.points()
    missing = {"fsync", "write", "rename", "openat"} - {point.call for point in points}
    assert not missing, f"no file was touched by {missing}"
    hits: Counter[str] = Counter()
    for number, point in enumerate(points if TIMES > 1 else chance.sample(points, _SAMPLE)):
        target = sink(**refuses)
        loader = _prepare(tmp_path / str(number), target, data)
        hits[point.fault] += _goes_wrong(loader, command, point)
        done = loader(*command)
        assert done.code == 1, f"{point}: {done.err}"
        compare(maker.truth, target, loader.letters())
        assert done.report["read"] == maker.truth.rows, point
    assert hits.total() > 0, "no call went wrong where it was meant to"
    tally.faults += hits.total() - hits["KILL"]
    tally.kills += hits["KILL"]


def _goes_wrong(loader: Loader, command: tuple[str, ...], point: Point) -> bool:
    """Run into the fault; whether it was one of a file of the load, and not of what Python opens when it starts."""
    ended = traced(loader, *command, point=point)
    if not ended.hit:
        return False
    assert "Traceback" not in ended.err, f"{point}: {ended.err}"
    allowed = KILLED if point.fault == "KILL" else (1, 2, 3)
    assert ended.code in allowed, f"{point}: {ended.code}: {ended.err}"
    return True
