"""Requests that were under way when a process died: they go again as they were, to the target that may have them."""

from __future__ import annotations

import json

from loader.checkpoint.log import RowState
from loader.checkpoint.requests import NotedRequests, OpenRequests, SentRequest
from loader.config import sections
from loader.dlq.letter import decode
from loader.events import AlertRaised
from loader.ledger.resume_state import LetterPast, ResumeState
from loader.outcomes import ACCEPTED
from tests.engine.harness import World, refused, retryable, totals


def test_halves_under_way_at_a_lost_worker_go_again_as_they_were():
    def script(attempt):
        if len(attempt.names) == 10:
            return refused(422)
        if attempt.number == 3:
            lost = next(worker for worker in world.started_workers if worker.works)
            world.inbox.at(0.05, lost.die)
        return (1000.0, ACCEPTED) if attempt.number <= 3 else ACCEPTED

    world = World(rows=10, size=10, chunk_rows=10, workers=2, keyed=True, script=script)
    assert world.run().stop is None
    halves = {tuple("01234"), tuple("56789")}
    assert [len(attempt.names) for attempt in world.target.attempts] == [10, 5, 5, 5, 5]
    assert {attempt.names for attempt in world.target.attempts[3:]} == halves
    assert world.ledger.totals.delivered == 10


def _after_a_kill(target: str, script, fallback) -> World:
    """Of 10 rows the first 5 were on their way to `target`; now 3 go in a request."""
    noted = NotedRequests(requests=OpenRequests([SentRequest(target, [(0, 5)])]))
    breaker = sections.BreakerSettings(threshold=2)
    resume_state = ResumeState("run", RowState(), (), noted)
    return World(
        rows=10, size=3, keyed=True, breaker=breaker, resume_state=resume_state, script=script, fallback=fallback
    )


def test_a_request_that_may_have_arrived_before_a_kill_never_goes_to_the_fallback():
    world = _after_a_kill("target", lambda a: retryable(503) if a.at < 1060 else ACCEPTED, lambda _: ACCEPTED)
    assert world.run().stop is None
    assert tuple("01234") in {attempt.names for attempt in world.target.attempts}
    elsewhere = {name for attempt in world.other.attempts for name in attempt.names}
    assert elsewhere
    assert not elsewhere & set("01234")


def test_a_request_that_was_on_its_way_to_the_fallback_goes_there_again():
    world = _after_a_kill("fallback", lambda _: ACCEPTED, lambda _: ACCEPTED)
    assert world.run().stop is None
    assert [attempt.names for attempt in world.other.attempts] == [tuple("01234")]
    assert dict(world.ledger.totals.by_target) == {"target": 5, "fallback": 5}


def test_a_request_that_may_have_arrived_before_a_kill_is_unknown_when_its_time_is_over():
    noted = NotedRequests(requests=OpenRequests([SentRequest("target", [(0, 5)])]))
    resume_state = ResumeState("run", RowState(), (), noted)
    world = World(
        rows=10, size=5, keyed=True, row_timeout=20.0, resume_state=resume_state, script=lambda _: retryable(503)
    )
    world.run()
    classes = {letter["line"] - 1: letter["class"] for letter in map(json.loads, world.recorded.lines)}
    assert classes == dict.fromkeys(range(5), "unknown") | dict.fromkeys(range(5, 10), "exhausted")


STRICT = sections.Errors(fail_on_first_error=True, min_rows=10, max_error_ratio=0.1)


def test_rows_that_a_kill_cut_off_are_unknown_and_stop_no_resume():
    """They tell of the part that was killed, not of the target as it is now."""
    resume_state = ResumeState("run", RowState(notes=[(0, 90)]))
    world = World(rows=100, size=10, chunk_rows=20, repeatable=False, errors=STRICT, resume_state=resume_state)
    assert world.run().stop is None
    assert totals(world) == (10, 0, 90)
    assert world.seen(AlertRaised) == []


def test_letters_that_a_killed_part_left_stop_no_resume():
    before = World(rows=90, size=10, script=lambda _: refused(422))
    before.run()
    left = [LetterPast(decode(line), (0, 0)) for line in before.recorded.lines]
    world = World(rows=100, size=10, chunk_rows=20, errors=STRICT, resume_state=ResumeState("run", RowState(), left))
    assert world.run().stop is None
    assert totals(world) == (10, 90, 0)


def test_what_fails_in_a_resume_is_held_against_its_own_rows():
    errors = sections.Errors(min_rows=10, max_error_ratio=0.5)
    resume_state = ResumeState("run", RowState(notes=[(0, 90)]))
    world = World(
        rows=110, size=10, repeatable=False, errors=errors, resume_state=resume_state, script=lambda _: refused(422)
    )
    stop = world.run().stop
    assert stop is not None
    assert "of the 20 rows read so far failed" in stop.message
