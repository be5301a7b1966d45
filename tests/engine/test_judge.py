"""What an answer means for each row: delivered, sent again, split or dead, by scripted targets in virtual time."""

from __future__ import annotations

from collections import Counter

import pytest

from loader.config import sections
from loader.events import (
    BatchLimitLowered,
    BatchSplit,
    RetryScheduled,
)
from loader.outcomes import ACCEPTED, Cause, Ending, Result
from tests.engine.harness import (
    World,
    ambiguous,
    letters,
    refused,
    retryable,
    suspected,
    throttled,
    totals,
    unsent,
)


def test_every_row_is_delivered_once_when_all_goes_well():
    world = World(rows=1000, size=7, chunk_rows=100)
    assert world.run().stop is None
    assert totals(world) == (1000, 0, 0)
    assert set(world.target.accepted.values()) == {1}


def test_a_retryable_failure_is_tried_again_after_its_backoff():
    world = World(script=lambda a: retryable(503) if a.number < 3 else ACCEPTED, chance=lambda: 0.5)
    world.run()
    waits = [event.wait for event in world.seen(RetryScheduled)]
    assert waits == [0.5, 1.0]
    times = [a.at for a in world.target.attempts]
    assert times[1] - times[0] == pytest.approx(0.5 + 0.01)
    assert totals(world) == (1, 0, 0)


def test_a_row_is_rejected_as_exhausted_after_max_retries():
    world = World(script=lambda _: retryable(503), retry=sections.Retry(max_retries=5))
    world.run()
    assert len(world.target.attempts) == 6
    assert totals(world) == (0, 1, 0)
    (letter,) = letters(world)
    assert (letter["class"], letter["error_type"], letter["attempts"]) == ("exhausted", "http_503", 6)


def test_a_row_with_an_ambiguous_attempt_and_no_accepted_one_is_unknown():
    world = World(script=lambda a: ambiguous() if a.number == 1 else refused(422))
    world.run()
    assert totals(world) == (0, 0, 1)
    assert letters(world)[0]["class"] == "unknown"


def test_a_row_accepted_after_an_ambiguous_attempt_is_delivered():
    world = World(script=lambda a: ambiguous() if a.number == 1 else ACCEPTED)
    world.run()
    assert totals(world) == (1, 0, 0)


def test_rows_that_may_not_be_repeated_are_unknown_at_the_first_ambiguous_attempt_and_noted_before_it():
    world = World(rows=4, size=2, repeatable=False, script=lambda a: ambiguous() if 0 in a.ordinals else ACCEPTED)
    world.run()
    assert totals(world) == (2, 0, 2)
    assert len(world.target.attempts) == 2
    assert sorted(map(sorted, world.recorded.notes)) == [[0, 1], [2, 3]]


def test_rows_sent_again_in_doubt_are_counted_once_each():
    def script(attempt):
        if 3 in attempt.ordinals:
            return ambiguous("read_timeout", timeout=True) if attempt.at < 1010 else ACCEPTED
        return retryable(503) if attempt.number < 3 else ACCEPTED

    world = World(rows=8, size=4, script=script)
    world.run()
    assert totals(world) == (8, 0, 0)
    assert len([a for a in world.target.attempts if 3 in a.ordinals]) > 3
    assert world.ledger.totals.sent_again == {"target": 4}, "those of the request in doubt, halves included"


def test_rows_in_doubt_that_go_nowhere_again_are_not_counted():
    world = World(rows=4, size=2, repeatable=False, script=lambda a: ambiguous() if 0 in a.ordinals else ACCEPTED)
    world.run()
    assert totals(world) == (2, 0, 2)
    assert not world.ledger.totals.sent_again


def test_a_failed_request_waits_for_its_backoff_though_the_server_asks_for_less():
    """A Retry-After of 0 once sent all retries of an outage within milliseconds."""
    world = World(script=lambda a: throttled(0.1) if a.number < 3 else ACCEPTED, chance=lambda: 0.5)
    world.run()
    assert [event.wait for event in world.seen(RetryScheduled)] == [0.5, 1.0]


def test_a_failed_request_waits_as_long_as_the_server_asks_where_that_is_longer():
    world = World(script=lambda a: throttled(20.0) if a.number == 1 else ACCEPTED)
    world.run()
    assert [event.wait for event in world.seen(RetryScheduled)] == [20.0]


def test_attempts_that_fail_while_the_breaker_is_not_closed_use_up_no_retries():
    breaker = sections.BreakerSettings(threshold=2, timeout=10, probes=1, give_up_after=10_000)
    world = World(
        rows=1,
        breaker=breaker,
        retry=sections.Retry(max_retries=3),
        script=lambda a: retryable(503) if a.number < 30 else ACCEPTED,
    )
    world.run()
    assert totals(world) == (1, 0, 0)


def test_connections_refused_after_a_delivery_never_use_up_retries():
    def script(attempt):
        return unsent() if 1010 < attempt.at < 1800 else (2.0, ACCEPTED)

    world = World(rows=100, max_in_flight=10, retry=sections.Retry(max_retries=1), script=script)
    assert world.run().stop is None
    assert totals(world) == (100, 0, 0)


def test_a_slow_api_never_exhausts_a_row():
    served: Counter[int] = Counter()

    def script(attempt):
        served[int(attempt.at)] += 1
        return ACCEPTED if served[int(attempt.at)] <= 2 else throttled()

    world = World(rows=200, max_in_flight=20, retry=sections.Retry(max_retries=2, max_backoff=4.0), script=script)
    world.run()
    assert totals(world) == (200, 0, 0)


def test_429s_without_any_delivery_do_exhaust_a_row():
    world = World(script=lambda _: throttled(), retry=sections.Retry(max_retries=2))
    world.run()
    assert len(world.target.attempts) == 3
    assert totals(world) == (0, 1, 0)


def test_a_delivery_makes_suspected_answers_faults_of_their_rows():
    world = World(rows=8, size=2, script=lambda a: suspected(404) if a.number <= 3 or 0 in a.ordinals else ACCEPTED)
    assert world.run().stop is None
    assert totals(world) == (7, 1, 0)
    assert letters(world)[0]["error_type"] == "http_404"


def test_a_late_answer_decides_its_rows_though_it_never_moves_the_breaker():
    def script(attempt):
        if attempt.number == 1:
            return 100.0, ACCEPTED
        return retryable(503) if attempt.at < 1200 else ACCEPTED

    world = World(rows=20, max_in_flight=5, script=script)
    world.run()
    assert world.target.accepted["0"] == 1
    assert totals(world) == (20, 0, 0)


def test_a_refused_batch_is_halved_until_the_guilty_row_stands_alone():
    world = World(rows=8, size=8, script=lambda a: refused(400) if 5 in a.ordinals else ACCEPTED)
    world.run()
    assert totals(world) == (7, 1, 0)
    assert [a.ordinals for a in world.target.attempts if 5 in a.ordinals] == [[*range(8)], [4, 5, 6, 7], [4, 5], [5]]
    assert letters(world)[0]["source"] == "rows.jsonl"
    assert letters(world)[0]["line"] == 6


def test_a_batch_is_split_after_its_second_timeout():
    world = World(
        rows=2, size=2, script=lambda a: ambiguous("read_timeout", timeout=True) if len(a.names) == 2 else ACCEPTED
    )
    world.run()
    assert [len(a.names) for a in world.target.attempts] == [2, 2, 1, 1]
    assert totals(world) == (2, 0, 0)


def test_halves_of_an_exhausted_batch_get_one_attempt_each():
    world = World(rows=2, size=2, retry=sections.Retry(max_retries=1), script=lambda _: retryable(503))
    world.run()
    assert [len(a.names) for a in world.target.attempts] == [2, 2, 1, 1]
    assert totals(world) == (0, 2, 0)


def test_halves_that_fail_while_the_breaker_is_open_are_not_exhausted():
    """They inherit a used-up count, and an attempt that does not count must not use it."""
    breaker = sections.BreakerSettings(threshold=3, timeout=10, probes=1, give_up_after=10_000)
    script = lambda a: retryable(503) if a.at < 1100 else ACCEPTED  # noqa: E731
    world = World(rows=8, size=8, breaker=breaker, retry=sections.Retry(max_retries=1), script=script)
    world.run()
    assert totals(world) == (8, 0, 0)


def test_413_lowers_the_limit_for_the_rest_of_the_load():
    world = World(rows=4, size=4, script=lambda a: refused(413) if len(a.names) > 2 else ACCEPTED)
    world.run()
    assert totals(world) == (4, 0, 0)
    assert len(world.seen(BatchLimitLowered)) == 1
    assert len(world.seen(BatchSplit)) == 1


def test_each_row_of_an_item_answer_has_its_own_fate():
    def script(attempt):
        if attempt.number > 1:
            return ACCEPTED
        bad = Cause("http_422", "no", Ending.REFUSED, status=422)
        later = Cause("http_503", "later", Ending.REFUSED, retryable=True, status=503)
        return Result(rows={1: bad, 3: later})

    world = World(rows=4, size=4, script=script)
    world.run()
    assert [a.ordinals for a in world.target.attempts] == [[0, 1, 2, 3], [3]]
    assert totals(world) == (3, 1, 0)
    assert letters(world)[0]["line"] == 2


def test_an_item_without_a_readable_answer_is_in_doubt_and_its_neighbours_are_not():
    def script(attempt):
        if attempt.number > 1:
            return refused(422)
        unreadable = Cause("items_mismatch", "?", Ending.AMBIGUOUS, retryable=True)
        later = Cause("http_503", "later", Ending.REFUSED, retryable=True, status=503)
        return Result(rows={0: unreadable, 1: later})

    world = World(rows=3, size=3, script=script)
    world.run()
    assert totals(world) == (1, 1, 1)
    assert {letter["row"]: letter["class"] for letter in letters(world)} == {0: "unknown", 1: "refused"}
