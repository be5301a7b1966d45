"""Several workers in virtual time: what parent and worker do is the real thing, only the processes are not."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loader.config import sections
from loader.events import BatchLimitLowered, BreakerOpened, FailedOver, Throttled, Warned
from loader.outcomes import ACCEPTED, Cause, Ending, Result
from loader.workers.messages import Unopened
from tests.engine.harness import World, ambiguous, refused, retryable, suspected, throttled, totals


def letters(world: World) -> dict[int, dict]:
    """The letters by the ordinal of their row; no row has two."""
    decoded = [msgspec.json.decode(line) for line in world.recorded.lines]
    assert len({letter["line"] for letter in decoded}) == len(decoded)
    return {letter["line"] - 1: letter for letter in decoded}


def kill_the_busiest(world: World) -> None:
    alive = [each for each in world.started_workers if not each.is_dead]
    if alive:
        max(alive, key=lambda each: len(each.works)).die()


# -- all goes well


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_any_number_of_workers_brings_every_row_to_the_same_fate(workers):
    def script(attempt):
        if any(ordinal % 10 == 3 for ordinal in attempt.ordinals):
            return refused(422)
        return retryable(503) if attempt.number % 7 == 0 else ACCEPTED

    world = World(rows=500, size=4, chunk_rows=50, script=script, workers=workers)
    assert world.run().stop is None
    assert totals(world) == (450, 50, 0)
    assert sorted(letters(world)) == [i for i in range(500) if i % 10 == 3]
    assert set(world.target.accepted.values()) == {1}
    assert world.pump.state.held == 0


def test_all_workers_have_work():
    world = World(rows=1000, chunk_rows=50, workers=3)
    world.run()
    assert all(len(each.works) > 2 for each in world.started_workers)


def test_requests_of_all_workers_together_keep_to_max_in_flight():
    world = World(rows=300, chunk_rows=20, workers=3, max_in_flight=7, script=lambda _: (0.5, ACCEPTED))
    world.run()
    assert world.target.most_under_way == 7


PARTS = Result(
    rows={0: Cause("http_422", "no", Ending.REFUSED), 1: Cause("http_503", "busy", Ending.REFUSED, retryable=True)}
)
BUSY = sections.BreakerSettings(threshold=2, timeout=30.0, probes=1, give_up_after=3600.0)
NO_BREAKER = sections.BreakerSettings(threshold=0)
WAYS_TO_END: dict[str, dict[str, Any]] = {
    "delivered": {},
    "refused, after halves were": {"script": lambda a: refused(422) if 7 in a.ordinals else ACCEPTED},
    "refused in part, and sent again in part": {"script": lambda a: PARTS if len(a.names) > 1 else ACCEPTED},
    "out of retries": {
        "script": lambda _: retryable(503),
        "retry": sections.Retry(max_retries=1),
        "breaker": NO_BREAKER,
    },
    "out of time": {"script": lambda _: retryable(503), "row_timeout": 5.0, "breaker": NO_BREAKER},
    "unknown": {"script": lambda a: ambiguous() if 9 in a.ordinals else ACCEPTED, "repeatable": False},
    "undecided at first": {"script": lambda a: suspected(404) if a.number < 5 else ACCEPTED},
    "moved to the fallback": {"script": lambda _: retryable(503), "fallback": lambda _: ACCEPTED, "breaker": BUSY},
    "settled when they came again": {"script": lambda a: (0.2, ACCEPTED), "death": 0.5},
}


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Only what nobody refers to goes, and at once."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("way", WAYS_TO_END)
def test_workers_forget_rows_however_they_ended(way, no_collector):
    how = dict(WAYS_TO_END[way])
    death = how.pop("death", None)
    world = World(rows=200, size=3, chunk_rows=20, workers=2, **how)
    if death is not None:
        killing(world, death)
    assert world.run().stop is None
    assert sum(totals(world)) == 200
    world.inbox.get(1.0)
    alive = [each for each in world.started_workers if not each.is_dead]
    assert [each._worker._batches for each in alive] == [{}, {}]


# -- policies are one for all


def test_a_wait_that_one_worker_is_asked_for_is_obeyed_by_all():
    def script(attempt):
        return (0.1, throttled(5.0)) if attempt.number == 1 else (0.1, ACCEPTED)

    world = World(rows=200, chunk_rows=10, workers=2, max_in_flight=4, script=script)
    world.run()
    times = sorted(attempt.at for attempt in world.target.attempts)
    closed = world.clock.time if not world.seen(Throttled) else min(times) + 0.1
    assert not [at for at in times if closed + 0.01 < at < closed + 5.0]
    assert totals(world) == (200, 0, 0)


def test_failures_in_a_row_are_counted_over_all_workers_and_the_trip_stops_all():
    breaker = sections.BreakerSettings(threshold=6, first_timeout=60.0, probes=1, give_up_after=600.0)

    def script(attempt):
        return retryable(503) if attempt.at < 1010.0 and attempt.number > 5 else ACCEPTED

    world = World(rows=300, chunk_rows=10, workers=3, max_in_flight=6, breaker=breaker, script=script)
    world.run()
    opened = world.seen(BreakerOpened)
    assert len(opened) == 1
    assert totals(world) == (300, 0, 0)
    failing = [a.at for a in world.target.attempts if a.at < 1010.0]
    assert not [a for a in world.target.attempts if max(failing) < a.at < max(failing) + 59.0]


def test_probes_are_counted_over_all_workers():
    breaker = sections.BreakerSettings(threshold=3, timeout=10.0, probes=2, give_up_after=100.0)
    script = lambda a: (1.0, retryable(503)) if a.number < 40 else ACCEPTED  # noqa: E731
    world = World(rows=60, chunk_rows=10, workers=3, max_in_flight=12, breaker=breaker, script=script)
    world.run()
    by_time: dict[float, int] = {}
    for attempt in world.target.attempts[12:30]:
        by_time[round(attempt.at, 1)] = by_time.get(round(attempt.at, 1), 0) + 1
    assert max(by_time.values()) <= 2


def test_ten_suspicious_answers_stop_the_run_whichever_workers_they_came_to():
    world = World(rows=100, chunk_rows=10, workers=3, script=lambda _: suspected(404))
    end = world.run()
    assert end.stop is not None
    assert "at fault, not the rows" in end.stop.message
    assert totals(world) == (0, 0, 0)
    assert len(world.target.attempts) <= 20
    assert world.recorded.lines == []


def test_one_error_too_many_stops_all():
    errors = sections.Errors(max_errors=3, max_error_ratio=1.0)
    world = World(rows=500, chunk_rows=10, workers=3, errors=errors, script=lambda _: refused(422))
    assert world.run().stop is not None
    assert 4 <= totals(world)[1] <= 4 + 10


def test_the_fallback_takes_what_workers_cannot_deliver():
    breaker = sections.BreakerSettings(threshold=2, timeout=30.0, probes=1, give_up_after=3600.0)
    world = World(
        rows=60,
        size=2,
        chunk_rows=10,
        workers=2,
        breaker=breaker,
        script=lambda _: retryable(503),
        fallback=lambda _: ACCEPTED,
    )
    world.run()
    assert totals(world)[0] == 60
    assert world.seen(FailedOver)
    assert set(world.other.accepted.values()) == {1}
    assert world.pump.state.held == 0


def test_a_limit_of_bytes_is_learned_once_for_all():
    too_large = Result(Cause("http_413", "no", Ending.REFUSED, status=413, too_large=True))
    script = lambda a: too_large if len(a.names) > 2 else ACCEPTED  # noqa: E731
    world = World(rows=100, size=4, chunk_rows=20, workers=2, max_in_flight=2, script=script)
    world.run()
    assert totals(world) == (100, 0, 0)
    assert world.seen(BatchLimitLowered)
    first, second, _ = world.target.batchers  # of the workers, and the parent's
    assert first.limits == second.limits != []


# -- losses


def killing(world: World, at: float, **more) -> World:
    world.inbox.at(at, lambda: kill_the_busiest(world))
    return world


def test_rows_of_a_lost_worker_go_to_another_and_none_is_lost_or_doubled():
    world = World(
        rows=500,
        size=3,
        chunk_rows=40,
        workers=2,
        script=lambda a: (0.2, refused(422) if 77 in a.ordinals else ACCEPTED),
    )
    killing(world, 0.5)
    killing(world, 1.3)
    assert world.run().stop is None
    assert totals(world) == (499, 1, 0)
    assert list(letters(world)) == [77]
    assert len(world.started_workers) == 4
    assert len(world.seen(Warned)) == 2
    assert world.pump.state.held == 0


def test_a_lost_worker_says_nothing_about_the_target():
    breaker = sections.BreakerSettings(threshold=2)
    world = World(rows=100, chunk_rows=20, workers=2, breaker=breaker, script=lambda _: (0.2, ACCEPTED))
    killing(world, 0.3)
    world.run()
    assert not world.seen(BreakerOpened)
    assert totals(world) == (100, 0, 0)


def test_what_may_not_be_repeated_and_was_under_way_is_unknown_and_all_else_delivered():
    world = World(
        rows=100, chunk_rows=20, workers=2, repeatable=False, max_in_flight=6, script=lambda _: (0.2, ACCEPTED)
    )
    killing(world, 0.3)
    world.run()
    delivered, rejected, unknown = totals(world)
    assert 0 < unknown <= 6
    assert (delivered, rejected) == (100 - unknown, 0)
    assert {letter["class"] for letter in letters(world).values()} == {"unknown"}
    assert {letter["error_type"] for letter in letters(world).values()} == {"worker_lost"}
    names = [name for attempt in world.target.attempts for name in attempt.names]
    assert len(names) == len(set(names)), "a row was sent twice"
    assert {int(name) for name in names} == {ordinal for note in world.recorded.notes for ordinal in note}


def test_a_row_sent_by_a_lost_worker_and_refused_later_is_unknown():
    world = World(rows=1, workers=2, script=lambda a: (1.0, ACCEPTED) if a.number == 1 else refused(422))
    killing(world, 0.5)
    world.run()
    assert totals(world) == (0, 0, 1)


def test_rows_that_a_lost_worker_had_sent_are_in_doubt_when_the_run_stops_before_they_are_settled():
    world = World(rows=4, size=2, workers=2, run_timeout=2.0, script=lambda _: (30.0, ACCEPTED))
    killing(world, 0.5)
    end = world.run()
    assert end.stop is not None
    assert (end.in_doubt, world.ledger.in_doubt) == (4, [(0, 4)])


def test_undecided_rows_of_a_lost_worker_are_asked_about_again():
    world = World(
        rows=6, chunk_rows=3, workers=2, script=lambda a: (2.0, ACCEPTED) if 5 in a.ordinals else (0.1, suspected(403))
    )
    world.inbox.at(0.3, lambda: next(each for each in world.started_workers if 0 in each.works).die())
    world.run()
    assert totals(world) == (1, 5, 0)
    assert sorted(letters(world)) == [0, 1, 2, 3, 4]


def test_a_chunk_at_which_two_workers_die_in_a_row_stops_the_run_as_a_defect():
    world = World(
        rows=100, chunk_rows=50, workers=2, script=lambda a: (60.0, ACCEPTED) if 7 in a.ordinals else ACCEPTED
    )

    def kill_whoever_has_the_row():
        for each in world.started_workers:
            if not each.is_dead and 0 in each.works:
                each.die()
        world.inbox.at(2.0, kill_whoever_has_the_row)

    world.inbox.at(2.0, kill_whoever_has_the_row)
    end = world.run()
    assert end.stop is not None
    assert (end.stop.exit_code, end.stop.status) == (5, "failed")
    assert "at rows.jsonl, among the 50 rows from line 1 on" in end.stop.message
    assert totals(world)[0] == 99
    assert end.in_doubt == 1


def test_a_chunk_of_which_rows_are_settled_between_deaths_is_not_to_blame():
    world = World(rows=200, chunk_rows=200, workers=2, max_in_flight=2, script=lambda _: (0.1, ACCEPTED))
    for at in (0.5, 1.5, 2.5, 3.5):
        killing(world, at)
    assert world.run().stop is None
    assert totals(world) == (200, 0, 0)


def test_a_worker_that_ends_before_it_is_ready_is_replaced():
    world = World(rows=10, workers=2, failed_starts=2)
    assert world.run().stop is None
    assert totals(world) == (10, 0, 0)


def test_workers_of_which_none_gets_ready_stop_the_run():
    world = World(rows=10, workers=2, failed_starts=100)
    end = world.run()
    assert end.stop is not None
    assert end.stop.status == "failed"
    assert "before it was ready" in end.stop.message
    assert len(world.started_workers) == 4


def test_a_target_that_a_worker_cannot_open_stops_the_run_as_a_fault_of_the_target():
    world = World(rows=10, workers=2, script=lambda _: (60.0, ACCEPTED))
    cause = Cause("cql_unreachable", "no node answers", Ending.UNSENT, hint="start it")
    world.inbox.at(0.5, lambda: world.started_workers[1].report_finally(Unopened("table", cause)))
    end = world.run()
    assert end.stop is not None
    assert (end.stop.exit_code, end.stop.hint) == (3, "start it")
    assert "table: no node answers" in end.stop.message


def test_a_defect_in_a_worker_stops_the_run_with_its_traceback():
    world = World(rows=100, chunk_rows=10, workers=2, script=lambda _: (0.2, ACCEPTED))
    world.inbox.at(0.3, world.started_workers[0].break_down)
    end = world.run()
    assert end.stop is not None
    assert end.stop.message == "ValueError: no"
    assert [event.message for event in world.seen(Warned)] == ["Traceback: no"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_dies_when_every_row_has_one_fate_and_the_law_holds(data):
    """Random answers, random deaths; kills come apart enough for progress between them."""
    latencies = st.sampled_from([0.01, 0.05, 0.2])
    answers = {
        "ok": ACCEPTED,
        "refused": refused(422),
        "busy": retryable(503),
        "cut": ambiguous(),
        "parts": Result(rows={0: Cause("http_422", "no", Ending.REFUSED, status=422)}),
    }
    chosen = st.sampled_from([*["ok"] * 6, *answers])
    repeatable = data.draw(st.booleans())
    world = World(
        rows=data.draw(st.integers(1, 120)),
        size=data.draw(st.integers(1, 5)),
        chunk_rows=data.draw(st.integers(1, 40)),
        workers=data.draw(st.integers(2, 3)),
        repeatable=repeatable,
        max_in_flight=data.draw(st.integers(2, 8)),
        retry=sections.Retry(max_retries=2, initial_backoff=0.1),
        breaker=sections.BreakerSettings(threshold=0),
        script=lambda a: (data.draw(latencies), answers[data.draw(chosen)]),
    )
    for at in data.draw(st.lists(st.floats(0.01, 3.0), max_size=3)):
        killing(world, at)
    end = world.run()
    delivered, rejected, unknown = totals(world)
    assert len(letters(world)) == rejected + unknown
    assert world.ledger.states.pending == world.ledger.handed_back
    rejected_rows = {ordinal for ordinal, letter in letters(world).items() if letter["class"] != "unknown"}
    assert not rejected_rows.intersection(map(int, world.target.accepted))
    if end.stop is None:
        assert delivered + rejected + unknown == world.rows
        assert world.pump.state.held == 0
    else:
        assert end.stop.status == "failed"  # one chunk, two deaths
