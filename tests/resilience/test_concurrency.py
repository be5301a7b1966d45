"""The limit against a simulated target: answers are events on a heap, time is a float."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.config.sections import Concurrency
from loader.resilience.concurrency import AdaptiveLimit, ConcurrencyLimit, FixedLimit, concurrency_limit

Answer = Callable[[int], tuple[float, bool]]
"""From the number of requests under way: after how many seconds it comes, and whether it is congested."""


def drive(limit: ConcurrencyLimit, answers: int, answer: Answer, most: int = 10**9) -> list[int]:
    """Keep the target as busy as the limit allows; the limit after each answer."""
    now = 0.0
    under_way: list[tuple[float, int, int, int, float, bool]] = []
    limits: list[int] = []
    for number in range(answers):
        while len(under_way) < min(limit.limit, most):
            rtt, congested = answer(len(under_way) + 1)
            heapq.heappush(under_way, (now + rtt, number, len(under_way), limit.admit(), rtt, congested))
        now, _, _, token, rtt, congested = heapq.heappop(under_way)
        limit.record(token, rtt, congested)
        limits.append(limit.limit)
    return limits


def healthy(rtt: float) -> Answer:
    return lambda under_way: (rtt, False)


def queueing(rtt: float, capacity: int) -> Answer:
    """A target that works on `capacity` requests at once and lets the others wait."""
    return lambda under_way: (rtt * max(1.0, under_way / capacity), False)


def rejecting(rtt: float, capacity: int) -> Answer:
    """A target that answers 429 at once to what is too much."""
    return lambda under_way: (rtt, False) if under_way <= capacity else (rtt / 100, True)


def test_the_mode_chooses_the_limit():
    assert isinstance(concurrency_limit(Concurrency(mode="fixed")), FixedLimit)
    assert isinstance(concurrency_limit(Concurrency(mode="adaptive")), AdaptiveLimit)


def test_a_fixed_limit_stays_where_it_is():
    assert set(drive(FixedLimit(50), 1_000, lambda under_way: (0.1, under_way % 2 == 0))) == {50}


@pytest.mark.parametrize(("cap", "start"), [(1, 1), (5, 5), (8, 8), (100, 8)])
def test_an_adaptive_limit_starts_small(cap, start):
    assert AdaptiveLimit(cap).limit == start


@pytest.mark.parametrize("rtt", [0.0001, 0.1, 30.0])
def test_a_healthy_target_gets_the_cap_after_a_few_round_trips(rtt):
    assert drive(AdaptiveLimit(100), 400, healthy(rtt))[-1] == 100


@pytest.mark.parametrize("rtt", [0.0001, 0.1, 30.0])
@pytest.mark.parametrize("cap", [1, 2, 8, 100, 1_000])
def test_a_target_that_recovered_gets_the_cap_again(rtt, cap):
    limit = AdaptiveLimit(cap)
    assert drive(limit, 2_000, lambda under_way: (rtt, True))[-1] == 1
    assert drive(limit, 40 * cap, healthy(rtt))[-1] == cap


def test_requests_that_were_under_way_together_cut_once():
    limit = AdaptiveLimit(100)
    drive(limit, 400, healthy(0.1))
    tokens = [limit.admit() for _ in range(100)]
    for token in tokens:
        limit.record(token, 30.0, congested=True)
    assert limit.limit == 50


@pytest.mark.parametrize("rtt", [0.0001, 0.1, 30.0])
@pytest.mark.parametrize("capacity", [4, 20, 60])
def test_a_target_that_says_no_is_kept_busy_and_seldom_pressed(rtt, capacity):
    refused = 0

    def answer(under_way: int) -> tuple[float, bool]:
        nonlocal refused
        result = rejecting(rtt, capacity)(under_way)
        refused += result[1]
        return result

    limits = drive(AdaptiveLimit(100), 5_000, answer)[500:]
    assert capacity / 3 <= sum(limits) / len(limits) <= capacity * 1.5
    assert refused < 1_000


@pytest.mark.parametrize(("rtt", "capacity"), [(0.1, 10), (0.1, 40), (30.0, 10)])
def test_a_target_that_queues_is_kept_busy_and_not_flooded(rtt, capacity):
    limits = drive(AdaptiveLimit(capacity * 10), 50_000, queueing(rtt, capacity))[5_000:]
    assert capacity <= sum(limits) / len(limits) <= capacity * 5


@dataclass(frozen=True)
class Server:
    """Works on `workers` requests at once, first come first served; each takes `service` seconds, and `way` to travel.

    Every `pause[0]` seconds it stands still for `pause[1]`.
    """

    workers: int
    service: Callable[[Random], float]
    way: float = 0.0
    pause: tuple[float, float] = (math.inf, 0.0)

    def load(self, limit: ConcurrencyLimit, answers: int) -> tuple[float, float]:
        """Keep it as busy as the limit allows: answers a second, and how many requests were under way on average."""
        random, now, next_pause = Random(5), 0.0, self.pause[0]
        free = [0.0] * self.workers
        under_way: list[tuple[float, int, float, int]] = []
        total = sent = 0
        for _ in range(answers):
            while len(under_way) < limit.limit:
                begin = max(now + self.way, heapq.heappop(free))
                if begin > next_pause:
                    begin = max(begin, next_pause + self.pause[1])
                    next_pause += sum(self.pause)
                end = begin + self.service(random)
                heapq.heappush(free, end)
                sent += 1
                heapq.heappush(under_way, (end + self.way, sent, now, limit.admit()))
            total += len(under_way)
            now, _, since, token = heapq.heappop(under_way)
            limit.record(token, now - since, False)
        return answers / now, total / answers


SERVERS = {
    "batches of a few milliseconds": (Server(8, lambda random: random.expovariate(1 / 0.0015), 0.0003), 64),
    "with pauses of its collector": (Server(8, lambda random: random.expovariate(1 / 0.003), 0.0003, (2.0, 0.2)), 32),
    "a small one": (Server(4, lambda random: random.uniform(0.008, 0.012), 0.0005), 32),
    "a large one": (Server(32, lambda random: random.uniform(0.04, 0.06), 0.01), 100),
    "one that is far away": (Server(1000, lambda _: 0.002, 0.1), 100),
    "one that works alone": (Server(1, lambda _: 0.00004, 0.00005), 100),
}


@pytest.mark.parametrize(("server", "most"), SERVERS.values(), ids=SERVERS)
def test_a_server_is_used_as_well_as_at_the_best_fixed_number_and_not_flooded(server, most):
    best = max(server.load(FixedLimit(fixed), 10_000)[0] for fixed in (1, 8, 16, 32, 64, 100))
    reached, under_way = server.load(AdaptiveLimit(100), 10_000)
    assert reached >= 0.93 * best
    assert under_way <= most


def test_a_target_that_now_and_then_says_no_from_the_start_is_still_used():
    """Cuts may come faster than round trips can be judged."""
    answers = iter(range(10**6))
    limits = drive(AdaptiveLimit(100), 5_000, lambda under_way: (0.1, next(answers) % 20 == 0))
    assert sum(limits[1_000:]) / 4_000 > 3


def test_answers_in_no_time_at_all_are_ordinary():
    limit = AdaptiveLimit(100)
    assert drive(limit, 1_000, healthy(0.0))[-1] == 100
    assert drive(limit, 1_000, healthy(0.004))[-1] == 100
    assert min(drive(limit, 1_000, healthy(0.1))) == 8


@pytest.mark.parametrize("seed", range(3))
def test_noisy_answers_do_not_hold_a_healthy_target_back(seed):
    """Exponentially distributed times with one in a hundred fifty times as long."""
    random = Random(seed)
    limits = drive(
        AdaptiveLimit(100),
        50_000,
        lambda under_way: (random.expovariate(10) * (50 if random.random() < 0.01 else 1), False),
    )
    assert sum(limits[1_000:]) / 49_000 > 80


def test_sub_millisecond_noise_is_no_sign_of_a_queue():
    random = Random(1)
    limits = drive(AdaptiveLimit(100), 20_000, lambda under_way: (0.0001 * random.choice([1, 1, 20]), False))
    assert min(limits[1_000:]) == 100


def test_slow_answers_alone_never_bring_it_below_the_start():
    limit = AdaptiveLimit(100)
    drive(limit, 1_000, healthy(0.01))
    assert min(drive(limit, 1_000, healthy(1.0))) == 8


def test_a_target_that_is_slower_for_good_is_accepted_as_it_is():
    limit = AdaptiveLimit(100)
    drive(limit, 1_000, healthy(0.1))
    assert drive(limit, 6_000, healthy(1.0))[-1] == 100


def test_a_limit_that_is_not_used_does_not_rise():
    assert set(drive(AdaptiveLimit(100), 1_000, healthy(0.1), most=3)) == {8}


@given(
    st.integers(1, 200),
    st.lists(st.tuples(st.booleans(), st.floats(0, 100), st.booleans(), st.integers(0, 50)), max_size=200),
)
def test_the_limit_stays_between_one_and_the_cap_whatever_comes(cap, steps):
    limit = AdaptiveLimit(cap)
    tokens: list[int] = []
    for send, rtt, congested, index in steps:
        if send or not tokens:
            tokens.append(limit.admit())
        else:
            limit.record(tokens.pop(index % len(tokens)), rtt, congested)
        assert 1 <= limit.limit <= cap
