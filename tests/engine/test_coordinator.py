"""When a load ends, and how much of its input it reads ahead."""

from __future__ import annotations

import pytest

from loader.config import sections
from loader.outcomes import ACCEPTED
from tests.engine.harness import (
    World,
    ambiguous,
    refused,
    retryable,
    throttled,
    totals,
)


def test_the_run_stops_at_its_deadline():
    world = World(rows=1000, run_timeout=3.0, max_in_flight=1, script=lambda _: (0.5, ACCEPTED))
    end = world.run()
    assert end.stop.exit_code == 3
    assert world.ledger.totals.delivered + world.ledger.handed_back + end.rest == 1000


def test_too_many_errors_stop_the_run():
    errors = sections.Errors(max_errors=5, max_error_ratio=1.0)
    world = World(rows=1000, max_in_flight=1, errors=errors, script=lambda a: refused(422))
    end = world.run()
    assert end.stop.exit_code == 3
    assert totals(world)[1] == 6


def test_the_first_error_stops_the_run_and_waits_for_requests_under_way():
    def script(attempt):
        return refused(422) if attempt.number == 1 else (20.0, ACCEPTED)

    errors = sections.Errors(fail_on_first_error=True)
    world = World(rows=100, max_in_flight=5, errors=errors, script=script)
    end = world.run()
    assert end.stop.exit_code == 3
    assert totals(world) == (4, 1, 0)


def test_max_held_bounds_what_is_read_during_an_outage():
    world = World(rows=10_000, chunk_rows=10, max_held=100 * 200, script=lambda _: retryable(503))
    world.run()
    assert world.ledger.taken <= 130


def test_a_defect_in_the_target_ends_the_run_and_blames_no_row():
    world = World(rows=5, max_in_flight=1, script=lambda _: ambiguous("defect", hint="a traceback"))
    end = world.run()
    assert (end.stop.status, end.stop.exit_code, end.in_doubt) == ("failed", 5, 1)
    assert totals(world) == (0, 0, 0)


@pytest.mark.parametrize("jump", [-(10.0**6), 10.0**6, -1.0])
def test_a_clock_that_is_set_back_or_forth_changes_nothing_but_what_it_shows(jump):
    """All waits are measured by a clock that only goes on; the other one is for people."""

    def run(turned: bool) -> tuple[list[tuple[float, tuple[str, ...]]], tuple[int, int, int]]:
        answers = {1: throttled(7), 2: retryable(503), 5: ambiguous(), 9: throttled(3)}
        world = World(rows=40, script=lambda a: answers.get(a.number, ACCEPTED), max_in_flight=3)
        if turned:
            world.clock.jump = lambda: jump * len(world.target.attempts)
        world.run()
        return [(a.at, a.names) for a in world.target.attempts], totals(world)

    assert run(True) == run(False)
