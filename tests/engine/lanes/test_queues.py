"""The order in which batches of a lane go."""

from __future__ import annotations

from loader.outcomes import ACCEPTED
from tests.engine.harness import (
    World,
    refused,
    retryable,
)


def test_halves_go_before_rows_that_were_never_sent():
    world = World(rows=8, size=4, max_in_flight=2, script=lambda a: refused(400) if a.number == 1 else ACCEPTED)
    world.run()
    assert [a.ordinals for a in world.target.attempts] == [[0, 1, 2, 3], [4, 5, 6, 7], [0, 1], [2, 3]]


def test_one_request_in_flight_means_file_order_even_through_failures():
    world = World(rows=30, size=3, max_in_flight=1, script=lambda a: retryable(503) if a.number % 3 == 0 else ACCEPTED)
    world.run()
    order = [a.ordinals[0] for a in world.target.attempts]
    assert order == sorted(order)
    assert world.target.most_under_way == 1
