from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from loader.config.sections import BreakerSettings
from loader.resilience.breaker import Breaker, BreakerState, Change, Health

SETTINGS = BreakerSettings(threshold=3, first_timeout=300.0, timeout=300.0, probes=2, give_up_after=900.0)


@pytest.fixture
def breaker() -> Breaker:
    return Breaker(SETTINGS)


@pytest.fixture
def open_breaker(breaker) -> Breaker:
    """Opened at 0."""
    assert fail(breaker, 0.0, times=3) is Change.OPENED
    return breaker


def fail(breaker: Breaker, now: float, times: int = 1) -> Change:
    for _ in range(times):
        change = breaker.record(breaker.admit(), Health.FAILURE, now)
    return change


def succeed(breaker: Breaker, now: float) -> Change:
    return breaker.record(breaker.admit(), Health.SUCCESS, now)


def test_a_closed_breaker_lets_any_number_pass(breaker):
    assert breaker.state is BreakerState.CLOSED
    assert breaker.allowance(0.0) is None
    assert (breaker.opened_at, breaker.next_probe_at, breaker.gives_up_at) == (None, None, None)


def test_failures_in_a_row_open_it(breaker):
    assert fail(breaker, 5.0, times=2) is Change.NONE
    assert fail(breaker, 6.0) is Change.OPENED
    assert breaker.state is BreakerState.OPEN
    assert (breaker.failures, breaker.opened_at, breaker.next_probe_at) == (3, 6.0, 306.0)


def test_a_success_between_starts_the_row_again(breaker):
    fail(breaker, 0.0, times=2)
    succeed(breaker, 0.0)
    assert fail(breaker, 0.0, times=2) is Change.NONE
    assert fail(breaker, 0.0) is Change.OPENED


def test_neutral_answers_neither_count_nor_start_the_row_again(breaker):
    fail(breaker, 0.0, times=2)
    for _ in range(10):
        assert breaker.record(breaker.admit(), Health.NEUTRAL, 0.0) is Change.NONE
    assert fail(breaker, 0.0) is Change.OPENED


def test_failures_count_in_the_order_of_completion(breaker):
    """Four go out together; the one sent first is answered last."""
    first, *others = [breaker.admit() for _ in range(4)]
    changes = [breaker.record(token, Health.FAILURE, 1.0) for token in others]
    assert changes == [Change.NONE, Change.NONE, Change.OPENED]
    assert breaker.record(first, Health.SUCCESS, 2.0) is Change.NONE
    assert breaker.state is BreakerState.OPEN


def test_an_open_breaker_lets_nothing_pass_until_its_timeout(open_breaker):
    assert open_breaker.allowance(299.999) == 0
    assert open_breaker.advance(299.999) is Change.NONE
    assert open_breaker.allowance(300.0) == 2
    assert open_breaker.state is BreakerState.HALF_OPEN


def test_half_opening_is_told_once(open_breaker):
    assert open_breaker.advance(300.0) is Change.HALF_OPENED
    assert open_breaker.advance(301.0) is Change.NONE
    assert open_breaker.next_probe_at is None


def test_at_most_so_many_probes_go(open_breaker):
    allowances = []
    for _ in range(2):
        allowances.append(open_breaker.allowance(300.0))
        open_breaker.admit()
    assert [*allowances, open_breaker.allowance(300.0)] == [2, 1, 0]


def test_all_probes_accepted_close_it(open_breaker):
    open_breaker.advance(300.0)
    probes = [open_breaker.admit(), open_breaker.admit()]
    assert [open_breaker.record(p, Health.SUCCESS, 301.0) for p in probes] == [Change.NONE, Change.CLOSED]
    assert open_breaker.allowance(301.0) is None
    assert (open_breaker.failures, open_breaker.opened_at) == (0, None)


def pauses(settings: BreakerSettings, times: int) -> list[float]:
    """How long it stays open each time, while every probe fails."""
    breaker, now, found = Breaker(settings), 0.0, []
    fail(breaker, now, times=settings.threshold)
    for _ in range(times):
        found.append(breaker.next_probe_at - now)
        now = breaker.next_probe_at
        breaker.advance(now)
        fail(breaker, now)
    return found


def test_each_failed_probe_doubles_the_pause_up_to_the_timeout():
    """An outage of two seconds once stalled a load for five minutes."""
    assert pauses(BreakerSettings(give_up_after=10_000), 8) == [5, 10, 20, 40, 80, 160, 300, 300]
    assert pauses(BreakerSettings(first_timeout=2, timeout=5), 4) == [2, 4, 5, 5]


def test_a_first_timeout_as_long_as_the_timeout_keeps_the_pause_as_it_is():
    assert pauses(BreakerSettings(first_timeout=300, timeout=300), 3) == [300] * 3


def test_no_pause_is_longer_than_the_timeout_even_the_first():
    assert pauses(BreakerSettings(timeout=0.25), 3) == [0.25] * 3


def test_probes_that_fail_together_double_the_pause_once():
    breaker = Breaker(BreakerSettings(threshold=1, probes=3))
    fail(breaker, 0.0)
    breaker.advance(5.0)
    for probe in [breaker.admit() for _ in range(3)]:
        breaker.record(probe, Health.FAILURE, 6.0)
    assert breaker.next_probe_at == 16.0


def test_it_is_probed_once_more_when_it_is_given_up():
    breaker = Breaker(BreakerSettings(threshold=1, first_timeout=200, timeout=300, give_up_after=350))
    fail(breaker, 0.0)
    breaker.advance(200.0)
    fail(breaker, 201.0)
    assert (breaker.next_probe_at, breaker.gives_up_at) == (350.0, 350.0)


def test_the_next_outage_begins_with_the_first_pause_again():
    breaker = Breaker(BreakerSettings(threshold=1, probes=1))
    fail(breaker, 0.0)
    breaker.advance(5.0)
    fail(breaker, 5.0)
    breaker.advance(15.0)
    assert succeed(breaker, 15.0) is Change.CLOSED
    fail(breaker, 20.0)
    assert breaker.next_probe_at == 25.0


def test_one_failed_probe_opens_it_for_another_timeout(open_breaker):
    open_breaker.advance(300.0)
    probes = [open_breaker.admit(), open_breaker.admit()]
    assert open_breaker.record(probes[0], Health.FAILURE, 310.0) is Change.OPENED
    assert (open_breaker.opened_at, open_breaker.next_probe_at) == (0.0, 610.0)
    assert open_breaker.record(probes[1], Health.SUCCESS, 311.0) is Change.NONE, "a late answer moves nothing"
    assert open_breaker.allowance(609.0) == 0


def test_a_neutral_probe_gives_its_place_to_another(open_breaker):
    open_breaker.advance(300.0)
    probes = [open_breaker.admit(), open_breaker.admit()]
    open_breaker.record(probes[0], Health.NEUTRAL, 301.0)
    assert open_breaker.allowance(301.0) == 1
    succeed(open_breaker, 302.0)
    assert open_breaker.record(probes[1], Health.SUCCESS, 303.0) is Change.CLOSED


def test_batches_may_come_one_by_one_while_it_is_half_open(open_breaker):
    """Fewer batches than probes: one goes, and the place of the other stays free for whatever comes later."""
    open_breaker.advance(300.0)
    assert succeed(open_breaker, 301.0) is Change.NONE
    assert open_breaker.allowance(10_000.0) == 1
    assert succeed(open_breaker, 10_000.0) is Change.CLOSED


def test_late_answers_from_before_the_trip_move_nothing_in_any_later_state(breaker):
    late = [breaker.admit() for _ in range(8)]
    fail(breaker, 0.0, times=3)
    before = [breaker.record(late.pop(), health, 1.0) for health in (Health.SUCCESS, Health.FAILURE)]
    breaker.advance(300.0)
    during = [breaker.record(late.pop(), health, 300.0) for health in (Health.NEUTRAL, Health.SUCCESS, Health.FAILURE)]
    assert breaker.allowance(300.0) == 2
    succeed(breaker, 301.0)
    succeed(breaker, 301.0)
    after = [breaker.record(late.pop(), Health.FAILURE, 302.0) for _ in range(3)]
    assert set(before + during + after) == {Change.NONE}
    assert breaker.state is BreakerState.CLOSED


def test_a_threshold_of_nothing_keeps_it_closed():
    breaker = Breaker(BreakerSettings(threshold=0))
    assert fail(breaker, 0.0, times=1_000) is Change.NONE
    assert breaker.allowance(0.0) is None
    assert not breaker.gave_up(1e9)


def test_it_gives_up_when_no_success_came_since_it_first_opened(open_breaker):
    for now in (300.0, 600.0):
        open_breaker.advance(now)
        fail(open_breaker, now)
    assert not open_breaker.gave_up(899.999)
    assert open_breaker.gave_up(900.0)


def test_an_accepted_probe_puts_giving_up_off(open_breaker):
    open_breaker.advance(300.0)
    succeed(open_breaker, 300.0)
    fail(open_breaker, 301.0)
    assert open_breaker.gives_up_at == 1_200.0


def test_a_late_success_puts_giving_up_off_and_moves_nothing(breaker):
    late = breaker.admit()
    fail(breaker, 0.0, times=3)
    breaker.record(late, Health.SUCCESS, 20.0)
    assert (breaker.state, breaker.next_probe_at, breaker.gives_up_at) == (BreakerState.OPEN, 300.0, 920.0)


def test_a_closed_breaker_never_gives_up_and_the_next_outage_is_timed_anew(open_breaker):
    open_breaker.advance(300.0)
    succeed(open_breaker, 300.0)
    succeed(open_breaker, 300.0)
    assert not open_breaker.gave_up(1e9)
    fail(open_breaker, 5_000.0, times=3)
    assert (open_breaker.opened_at, open_breaker.gives_up_at) == (5_000.0, 5_900.0)


class BreakerAgainstAModel(RuleBasedStateMachine):
    """The model keeps the ends of attempts of the present spell as a list and judges it whole each time."""

    @initialize(threshold=st.integers(0, 4), probes=st.integers(1, 4), first=st.integers(0, 5), most=st.integers(0, 9))
    def start(self, threshold, probes, first, most):
        self.settings = BreakerSettings(threshold, first, most, probes, give_up_after=12.0)
        self.openings = 0  # since it was last closed
        self.breaker = Breaker(self.settings)
        self.now = 0.0
        self.under_way: list[tuple[int, object]] = []  # token, the spell it was sent in
        self.enter(BreakerState.CLOSED)
        self.first_opened: float | None = None
        self.last_success = 0.0

    def enter(self, state: BreakerState) -> None:
        self.state, self.spell, self.since = state, object(), self.now
        self.ends: list[Health] = []

    def probe_at(self) -> float:
        """As of the moment at which it opened."""
        at = self.since + min(self.settings.timeout, self.settings.first_timeout * 2 ** (self.openings - 1))
        ends = max(self.first_opened, self.quiet_when_opened) + 12.0
        return min(at, ends) if self.since < ends else at

    @rule(seconds=st.integers(0, 4))
    def turn_the_clock(self, seconds):
        self.now += seconds
        due = self.state is BreakerState.OPEN and self.now >= self.probe_at()
        assert self.breaker.advance(self.now) is (Change.HALF_OPENED if due else Change.NONE)
        if due:
            self.enter(BreakerState.HALF_OPEN)

    @precondition(lambda self: self.breaker.allowance(self.now) != 0)
    @rule()
    def send(self):
        if self.state is BreakerState.OPEN:  # asking for the allowance at the due time half-opened it
            self.enter(BreakerState.HALF_OPEN)
        self.under_way.append((self.breaker.admit(), self.spell))

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), health=st.sampled_from(Health))
    def complete(self, data, health):
        token, spell = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        change = self.breaker.record(token, health, self.now)
        if health is Health.SUCCESS:
            self.last_success = self.now
        expected = Change.NONE
        if spell is self.spell and self.settings.threshold and health is not Health.NEUTRAL:
            self.ends.append(health)
            expected = self.judge()
        assert change is expected

    def judge(self) -> Change:
        half_open = self.state is BreakerState.HALF_OPEN
        row = self.ends[-self.settings.threshold :]
        trips = [Health.FAILURE] if half_open else [Health.FAILURE] * self.settings.threshold
        if row[-len(trips) :] == trips:
            self.first_opened = self.now if self.first_opened is None else self.first_opened
            self.openings += 1
            self.quiet_when_opened = self.last_success
            self.enter(BreakerState.OPEN)
            return Change.OPENED
        if half_open and len(self.ends) == self.settings.probes:
            self.first_opened = None
            self.openings = 0
            self.enter(BreakerState.CLOSED)
            return Change.CLOSED
        return Change.NONE

    @invariant()
    def agrees_with_the_model(self):
        if not hasattr(self, "breaker"):
            return
        breaker, now = self.breaker, self.now
        if self.state is BreakerState.OPEN and now >= self.probe_at():
            self.enter(BreakerState.HALF_OPEN)
        allowance = breaker.allowance(now)
        assert breaker.state is self.state
        probing = sum(spell is self.spell for _, spell in self.under_way)
        free = {
            BreakerState.CLOSED: None,
            BreakerState.OPEN: 0,
            BreakerState.HALF_OPEN: self.settings.probes - len(self.ends) - probing,
        }
        assert allowance == free[self.state]
        assert self.state is not BreakerState.HALF_OPEN or probing + allowance > 0, "nothing may deadlock"
        assert breaker.opened_at == self.first_opened
        assert (breaker.next_probe_at is not None) == (self.state is BreakerState.OPEN)
        quiet = None if self.first_opened is None else now - max(self.first_opened, self.last_success)
        assert breaker.gave_up(now) == (quiet is not None and quiet >= 12.0)


TestBreakerAgainstAModel = BreakerAgainstAModel.TestCase
