"""What an answer means for each row, by scripted targets in virtual time."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loader.config import sections
from loader.events import (
    BatchLimitLowered,
    BatchSplit,
    BreakerClosed,
    BreakerHalfOpened,
    BreakerOpened,
    ConnectFailed,
    FailedOver,
    RetryScheduled,
    Throttled,
)
from loader.outcomes import ACCEPTED, Cause, Ending, Fault, Result
from tests.engine.harness import World, ambiguous, refused, retryable, suspected, throttled, unsent


def totals(world: World) -> tuple[int, int, int]:
    t = world.ledger.totals
    return t.delivered, t.rejected, t.unknown


def letters(world: World) -> list[dict]:
    return [msgspec.json.decode(line) for line in world.commit.lines]


# -- delivery and retries


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
    assert sorted(map(sorted, world.commit.notes)) == [[0, 1], [2, 3]]


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


# -- splitting


def test_a_refused_batch_is_halved_until_the_guilty_row_stands_alone():
    world = World(rows=8, size=8, script=lambda a: refused(400) if 5 in a.ordinals else ACCEPTED)
    world.run()
    assert totals(world) == (7, 1, 0)
    assert [a.ordinals for a in world.target.attempts][-1] == [5] or [5] in [a.ordinals for a in world.target.attempts]
    assert letters(world)[0]["source"] == "rows.jsonl"
    assert letters(world)[0]["line"] == 6


def test_halves_go_before_rows_that_were_never_sent():
    world = World(rows=8, size=4, max_in_flight=2, script=lambda a: refused(400) if a.number == 1 else ACCEPTED)
    world.run()
    assert [a.ordinals for a in world.target.attempts] == [[0, 1, 2, 3], [4, 5, 6, 7], [0, 1], [2, 3]]


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


# -- the breaker


def test_the_breaker_opens_after_threshold_failures_and_probes_after_its_timeout():
    breaker = sections.BreakerSettings(first_timeout=300)
    script = lambda a: retryable(503) if a.at < 1100 else ACCEPTED  # noqa: E731
    world = World(rows=50, max_in_flight=5, breaker=breaker, script=script)
    world.run()
    assert totals(world) == (50, 0, 0)
    opened = world.seen(BreakerOpened)
    assert len(opened) == 1
    assert opened[0].probe_in == 300
    assert world.seen(BreakerHalfOpened)
    assert world.seen(BreakerClosed)
    during = [a for a in world.target.attempts if 1002 < a.at < 1300]
    assert during == []


def test_a_short_outage_costs_a_load_seconds():
    """It once stood still for five minutes after one of two seconds."""
    world = World(rows=50, max_in_flight=5, script=lambda a: retryable(503) if a.at < 1002 else ACCEPTED)
    world.run()
    assert totals(world) == (50, 0, 0)
    assert world.clock.time < 1010


def test_the_line_of_the_breaker_carries_the_last_error_in_its_own_words():
    down = Result(Cause("http_503", "HTTP 503: back at noon", Ending.REFUSED, retryable=True, status=503))
    world = World(rows=50, script=lambda a: down if a.number > 5 else ACCEPTED)
    end = world.run()
    assert {(event.error_type, event.error) for event in world.seen(BreakerOpened)} == {
        ("http_503", "HTTP 503: back at noon")
    }
    assert "did not answer well for 900 s; the last error: HTTP 503: back at noon" in end.stop.message


def test_a_failed_request_waits_for_its_backoff_though_the_server_asks_for_less():
    """A Retry-After of 0 once sent all retries of an outage within milliseconds."""
    world = World(script=lambda a: throttled(0.1) if a.number < 3 else ACCEPTED, chance=lambda: 0.5)
    world.run()
    assert [event.wait for event in world.seen(RetryScheduled)] == [0.5, 1.0]


def test_a_failed_request_waits_as_long_as_the_server_asks_where_that_is_longer():
    world = World(script=lambda a: throttled(20.0) if a.number == 1 else ACCEPTED)
    world.run()
    assert [event.wait for event in world.seen(RetryScheduled)] == [20.0]


def test_only_probes_go_while_half_open():
    def script(attempt):
        return retryable(503) if attempt.at < 1290 else (5.0, ACCEPTED)

    world = World(rows=50, max_in_flight=10, script=script)
    world.run()
    late = [a.at for a in world.target.attempts if a.at > 1290]
    assert late[2] == late[0]
    assert late[3] >= late[0] + 5


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


def test_a_target_that_stays_down_ends_the_run_and_blames_no_row():
    world = World(rows=100, script=lambda a: retryable(503), retry=sections.Retry(max_retries=50))
    end = world.run()
    assert end.stop.exit_code == 3
    assert totals(world) == (0, 0, 0)
    assert world.ledger.handed_back + (end.rest or 0) == 100
    assert world.clock.time == pytest.approx(1900, abs=60)


def test_a_late_answer_decides_its_rows_though_it_never_moves_the_breaker():
    def script(attempt):
        if attempt.number == 1:
            return 100.0, ACCEPTED
        return retryable(503) if attempt.at < 1200 else ACCEPTED

    world = World(rows=20, max_in_flight=5, script=script)
    world.run()
    assert world.target.accepted["0"] == 1
    assert totals(world) == (20, 0, 0)


def test_halves_that_fail_while_the_breaker_is_open_are_not_exhausted():
    """They inherit a used-up count, and an attempt that does not count must not use it."""
    breaker = sections.BreakerSettings(threshold=3, timeout=10, probes=1, give_up_after=10_000)
    script = lambda a: retryable(503) if a.at < 1100 else ACCEPTED  # noqa: E731
    world = World(rows=8, size=8, breaker=breaker, retry=sections.Retry(max_retries=1), script=script)
    world.run()
    assert totals(world) == (8, 0, 0)


# -- pace


def test_retry_after_is_waited_for_by_all_senders_and_then_doubles():
    def script(attempt):
        return throttled(20.0) if attempt.at < 1001 and attempt.number > 5 else ACCEPTED

    world = World(rows=40, max_in_flight=8, script=script)
    world.run()
    assert totals(world) == (40, 0, 0)
    after = [a.at for a in world.target.attempts if a.at > 1001]
    first = after[0]
    assert first == pytest.approx(1020.01, abs=0.01)
    assert sum(at < first + 0.005 for at in after) == 1
    assert sum(first + 0.005 < at < first + 0.015 for at in after) == 2
    assert world.seen(Throttled)
    assert not world.seen(BreakerOpened)


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


def test_a_longer_wait_than_max_wait_parks_the_run():
    world = World(rows=30, script=lambda _: throttled(301.0))
    end = world.run()
    assert (end.stop.status, end.stop.exit_code) == ("parked", 4)
    assert end.stop.parked_until == pytest.approx(world.clock.wall() + 301, abs=6)
    assert totals(world) == (0, 0, 0)


@pytest.mark.parametrize(("size", "rate"), [(500, sections.Rate(rows=1000)), (300, sections.Rate(bytes=4000))])
def test_the_rate_is_kept_by_batches(size, rate):
    """At no moment was more sent than the rate allows since the start, but for the batch that went last."""
    world = World(rows=10_000, size=size, chunk_rows=4_000, rate=rate)
    start = world.clock.now()
    world.run()
    sent = 0
    for attempt in world.target.attempts:
        allowed = (attempt.at - start) * (rate.rows or rate.bytes)
        assert sent <= allowed + 1e-6
        assert sent >= allowed - 1e-6  # nor less: there was always something to send
        sent += len(attempt.names) if rate.rows else sum(map(len, attempt.names))
    assert totals(world) == (10_000, 0, 0)


def test_the_rate_is_kept():
    world = World(rows=100, rate=sections.Rate(rows=10))
    world.run()
    assert world.clock.time - 1000 == pytest.approx(9.0, abs=1.5)


# -- target faults


@pytest.mark.parametrize("status", [401, 407])
def test_unauthorized_stops_the_run_at_once(status):
    world = World(rows=50, script=lambda a: refused(status, fault=Fault.CERTAIN) if a.number > 20 else ACCEPTED)
    end = world.run()
    assert end.stop.exit_code == 3
    assert totals(world)[1:] == (0, 0)


def test_ten_suspected_answers_with_nothing_delivered_stop_the_run_and_dead_letter_nothing():
    world = World(rows=100, max_in_flight=4, script=lambda _: suspected(404))
    end = world.run()
    assert end.stop.exit_code == 3
    assert totals(world) == (0, 0, 0)
    assert 10 <= len(world.target.attempts) <= 14


def test_fewer_suspected_answers_decide_when_nothing_else_can_be_sent():
    world = World(rows=3, script=lambda _: suspected(403))
    assert world.run().stop.exit_code == 3
    assert totals(world) == (0, 0, 0)


def test_a_delivery_makes_suspected_answers_faults_of_their_rows():
    world = World(rows=8, size=2, script=lambda a: suspected(404) if a.number <= 3 or 0 in a.ordinals else ACCEPTED)
    assert world.run().stop is None
    assert totals(world) == (7, 1, 0)
    assert letters(world)[0]["error_type"] == "http_404"


def test_a_target_that_was_never_reached_stops_the_run_after_max_retries():
    world = World(rows=50, script=lambda _: unsent(), retry=sections.Retry(max_retries=2))
    end = world.run()
    assert end.stop.exit_code == 3
    assert totals(world) == (0, 0, 0)
    assert not world.seen(BreakerOpened)


def test_the_first_failure_to_connect_of_each_outage_is_told_at_once():
    def script(attempt):
        return unsent("connect_refused") if attempt.number in (1, 2, 5, 6) else ACCEPTED

    world = World(rows=10, max_in_flight=1, script=script)
    world.run()
    assert [(event.error_type, event.error) for event in world.seen(ConnectFailed)] == [
        ("connect_refused", "connect_refused")
    ] * 2
    assert world.events.index(world.seen(ConnectFailed)[0]) < world.events.index(world.seen(RetryScheduled)[0])


def test_an_unknown_name_at_the_start_stops_at_once():
    world = World(rows=5, max_in_flight=1, script=lambda _: unsent("dns", fault=Fault.AT_START))
    assert world.run().stop.exit_code == 3
    assert len(world.target.attempts) == 1


def test_connections_refused_after_a_delivery_never_use_up_retries():
    def script(attempt):
        return unsent() if 1010 < attempt.at < 1800 else (2.0, ACCEPTED)

    world = World(rows=100, max_in_flight=10, retry=sections.Retry(max_retries=1), script=script)
    assert world.run().stop is None
    assert totals(world) == (100, 0, 0)


def test_an_unreachable_target_is_given_up_even_without_a_breaker():
    breaker = sections.BreakerSettings(threshold=0, give_up_after=50)
    world = World(rows=100, breaker=breaker, script=lambda a: ACCEPTED if a.number < 5 else unsent())
    end = world.run()
    assert end.stop.exit_code == 3
    assert totals(world)[1:] == (0, 0)


def test_a_defect_in_the_target_ends_the_run_and_blames_no_row():
    world = World(rows=5, max_in_flight=1, script=lambda _: ambiguous("defect", hint="a traceback"))
    end = world.run()
    assert (end.stop.status, end.stop.exit_code, end.in_doubt) == ("failed", 5, 1)
    assert totals(world) == (0, 0, 0)


# -- deadlines and limits


def test_a_row_out_of_time_is_rejected():
    world = World(
        rows=1, row_timeout=20, retry=sections.Retry(max_retries=1000, max_backoff=5.0), script=lambda _: retryable(503)
    )
    world.run()
    assert totals(world) == (0, 1, 0)
    assert world.clock.time <= 1021


def test_a_row_out_of_time_behind_an_open_breaker_is_rejected_too():
    world = World(rows=30, row_timeout=60, script=lambda _: retryable(503))
    world.run()
    assert totals(world)[1] > 0
    assert letters(world)[0]["class"] == "exhausted"


def test_the_run_stops_at_its_deadline():
    world = World(rows=1000, run_timeout=3.0, max_in_flight=1, script=lambda _: (0.5, ACCEPTED))
    end = world.run()
    assert end.stop.exit_code == 3
    assert world.ledger.totals.delivered + world.ledger.handed_back + end.rest == 1000


def test_too_many_errors_stop_the_run():
    errors = sections.Errors(max_errors=5, max_error_ratio=1.0)
    world = World(rows=1000, max_in_flight=1, errors=errors, script=lambda a: refused(422))
    end = world.run()
    assert end.stop is None or end.stop.exit_code == 3
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


# -- order and concurrency


def test_one_request_in_flight_means_file_order_even_through_failures():
    world = World(rows=30, size=3, max_in_flight=1, script=lambda a: retryable(503) if a.number % 3 == 0 else ACCEPTED)
    world.run()
    order = [a.ordinals[0] for a in world.target.attempts]
    assert order == sorted(order)
    assert world.target.most_under_way == 1


def test_a_few_rows_that_fail_for_ever_do_not_stop_the_others():
    world = World(
        rows=2000,
        max_in_flight=10,
        script=lambda a: retryable(503) if a.ordinals[0] % 100 == 0 else ACCEPTED,
        retry=sections.Retry(max_retries=5),
        breaker=sections.BreakerSettings(threshold=0),  # at the end only rows that fail are left: they would open it
    )
    world.run()
    assert totals(world) == (1980, 20, 0)
    good = [a.at for a in world.target.attempts if a.ordinals[0] % 100]
    assert max(good) - min(good) == pytest.approx(2000 / 10 * 0.01, rel=0.2)


# -- the fallback


def test_the_fallback_takes_rows_while_the_breaker_is_open_and_probes_go_to_the_primary():
    world = World(
        rows=200,
        max_in_flight=4,
        script=lambda a: retryable(503) if a.at < 1200 else ACCEPTED,
        fallback=lambda _: (10.0, ACCEPTED),
    )
    assert world.run().stop is None
    assert totals(world) == (200, 0, 0)
    by_target = world.ledger.totals.by_target
    assert by_target["fallback"] > 0
    assert by_target["target"] > 0
    assert world.seen(FailedOver)


def test_one_request_at_a_time_a_batch_that_went_to_the_fallback_does_not_end_reading():
    """It was counted as waiting for ever after, so that no more rows were asked for, and the run gave up."""
    world = World(
        rows=10,
        chunk_rows=1,
        max_in_flight=1,
        breaker=sections.BreakerSettings(threshold=2),
        script=lambda attempt: retryable(503) if attempt.number <= 2 else ACCEPTED,
        fallback=lambda _: ACCEPTED,
    )
    assert world.run().stop is None
    assert totals(world) == (10, 0, 0)
    assert world.ledger.totals.by_target["fallback"] > 0


def test_rows_that_may_have_arrived_never_go_to_the_fallback():
    world = World(
        rows=30,
        max_in_flight=4,
        script=lambda a: ambiguous() if a.at < 1200 else ACCEPTED,
        fallback=lambda _: ACCEPTED,
    )
    world.run()
    tried = {name for a in world.target.attempts for name in a.names if a.at < 1200}
    assert tried
    assert not tried & set(world.other.accepted)
    assert totals(world) == (30, 0, 0)


def test_a_target_fault_does_not_fail_over():
    world = World(rows=30, script=lambda _: suspected(403), fallback=lambda _: ACCEPTED)
    assert world.run().stop.exit_code == 3
    assert not world.other.attempts


# -- the law

RESULTS = st.sampled_from(
    [
        ACCEPTED,
        retryable(503),
        refused(422),
        refused(413),
        throttled(),
        throttled(7.0),
        throttled(400.0),
        ambiguous(),
        ambiguous("read_timeout", timeout=True),
        unsent(),
        unsent("dns", fault=Fault.AT_START),
        suspected(404),
        suspected(403),
        refused(401, fault=Fault.CERTAIN),
        "items",
    ]
)
WEIGHTED = st.one_of(st.just(ACCEPTED), RESULTS)


@settings(max_examples=300, deadline=None)
@given(
    answers=st.lists(st.tuples(st.floats(0, 40), WEIGHTED), max_size=60),
    rest=st.sampled_from([ACCEPTED, retryable(503), refused(422), ambiguous()]),
    rows=st.integers(0, 40),
    size=st.integers(1, 8),
    in_flight=st.sampled_from([1, 2, 7]),
    repeatable=st.booleans(),
    with_fallback=st.booleans(),
    row_timeout=st.sampled_from([0.0, 25.0]),
    seed=st.randoms(use_true_random=False),
)
def test_the_law_holds_for_any_sequence_of_answers(
    answers, rest, rows, size, in_flight, repeatable, with_fallback, row_timeout, seed
):
    """read = delivered + rejected + unknown, every row in one place, and no good answer forgotten."""

    def script(attempt):
        latency, result = answers[attempt.number - 1] if attempt.number <= len(answers) else (0.1, rest)
        if result == "items":
            causes = [None, retryable(503).cause, refused(422).cause, throttled(3.0).cause]
            rows = {i: cause for i in range(len(attempt.names)) if (cause := seed.choice(causes)) is not None}
            result = Result(rows=rows)
        return latency, result

    world = World(
        rows=rows,
        size=size,
        chunk_rows=9,
        max_in_flight=in_flight,
        repeatable=repeatable,
        script=script,
        fallback=(lambda _: ACCEPTED) if with_fallback else None,
        row_timeout=row_timeout,
        chance=seed.random,
    )
    end = world.run()
    ledger, t = world.ledger, world.ledger.totals
    assert ledger.handed_back + t.read + (end.rest or 0) == rows
    assert ledger.states.pending == ledger.handed_back
    if end.stop is None:
        assert t.read == rows
    assert world.pump.state.held == 0 or end.stop is not None
    dead = [int(letter["row"]) for letter in letters(world)]
    assert len(dead) == len(set(dead)) == t.errors
    accepted = set(world.target.accepted) | (set(world.other.accepted) if with_fallback else set())
    assert not accepted & {str(ordinal) for ordinal in dead}
    if end.stop is None:
        assert t.delivered == len(accepted)
    if not repeatable:
        sent = Counter(name for a in world.target.attempts for name in a.names)
        assert set(world.target.accepted.values()) <= {1}
        assert sent.total() >= len(accepted - set(getattr(world, "other", world.target).accepted))


@pytest.mark.parametrize("jump", [-(10.0**6), 10.0**6, -1.0])
def test_a_clock_that_is_set_back_or_forth_changes_nothing_but_what_it_shows(jump):
    """All waits are measured by a clock that only goes on; the other one is for people."""

    def run(turned: bool) -> tuple[list[tuple[float, tuple[str, ...]]], tuple[int, int, int]]:
        answers = {1: throttled(7), 2: retryable(503), 5: ambiguous(), 9: throttled(3)}
        world = World(rows=40, script=lambda a: answers.get(a.number, ACCEPTED), max_in_flight=3)
        steady = world.clock.wall
        if turned:
            world.clock.wall = lambda: steady() + jump * len(world.target.attempts)
        world.run()
        return [(a.at, a.names) for a in world.target.attempts], totals(world)

    assert run(True) == run(False)
