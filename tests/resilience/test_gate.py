from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from loader.resilience.gate import Gate


def test_a_new_gate_is_fully_open():
    gate = Gate(100)
    assert gate.allowance(0.0) == 100
    assert gate.closed_until == -math.inf


def test_a_closed_gate_lets_nothing_pass_until_exactly_its_end():
    gate = Gate(100)
    gate.close(30.0, now=1_000.0)
    assert gate.closed_until == 1_030.0
    assert [gate.allowance(now) for now in (1_000.0, 1_029.999, 1_030.0, 2_000.0)] == [0, 0, 1, 1]


def test_the_later_end_wins():
    gate = Gate(100)
    gate.close(30.0, now=0.0)
    gate.close(5.0, now=10.0)
    assert gate.closed_until == 30.0
    gate.close(30.0, now=20.0)
    assert gate.closed_until == 50.0


def test_an_open_gate_doubles_per_success_until_fully_open():
    gate = Gate(10)
    gate.close(1.0, now=0.0)
    widths = []
    for _ in range(6):
        widths.append(gate.allowance(1.0))
        gate.succeeded(gate.admit())
    assert widths == [1, 2, 4, 8, 10, 10]


def test_a_late_success_from_before_the_closing_does_not_widen_it():
    gate = Gate(10)
    early = gate.admit()
    gate.close(1.0, now=0.0)
    gate.succeeded(early)
    assert gate.allowance(1.0) == 1


def test_a_new_closing_narrows_it_again_and_makes_earlier_tokens_late():
    gate = Gate(10)
    gate.close(1.0, now=0.0)
    gate.succeeded(gate.admit())
    probe = gate.admit()
    gate.close(1.0, now=5.0)
    gate.succeeded(probe)
    assert gate.allowance(6.0) == 1


def test_a_wait_of_nothing_still_opens_at_one():
    gate = Gate(10)
    gate.close(0.0, now=5.0)
    assert gate.allowance(5.0) == 1


STEPS = st.one_of(
    st.tuples(st.just("close"), st.floats(0, 10)),
    st.tuples(st.just("turn"), st.floats(0, 5)),
    st.tuples(st.just("send"), st.just(0)),
    st.tuples(st.sampled_from(["succeed", "fail"]), st.integers(0, 20)),
)


@given(st.integers(1, 20), st.lists(STEPS, max_size=60))
def test_never_more_pass_than_two_to_the_power_of_the_successes_since_the_closing(cap, steps):
    gate, now, closed_until = Gate(cap), 0.0, -1.0
    successes = math.inf  # since the last closing, of requests sent since
    under_way: list[tuple[int, int]] = []  # token, closings when sent
    closings = 0
    for step, value in steps:
        if step == "close":
            gate.close(value, now)
            closed_until, successes, closings = max(closed_until, now + value), 0, closings + 1
        elif step == "turn":
            now += value
        elif step == "send" and len(under_way) < gate.allowance(now):
            under_way.append((gate.admit(), closings))
        elif step in ("succeed", "fail") and under_way:
            token, sent = under_way.pop(int(value) % len(under_way))
            if step == "succeed":
                gate.succeeded(token)
                successes += sent == closings
        assert gate.allowance(now) == (0 if now < closed_until else min(cap, 2**successes))
