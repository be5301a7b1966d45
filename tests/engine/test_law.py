"""The law of rows under any sequence of answers."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from loader.outcomes import ACCEPTED, Fault, Result
from tests.engine.harness import (
    World,
    ambiguous,
    letters,
    refused,
    retryable,
    suspected,
    throttled,
    unsent,
)

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
        assert set(world.target.accepted.values()) <= {1}
