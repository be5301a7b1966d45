from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loader.resilience.alert import Alert, AlertWindow


def test_a_share_at_the_limit_is_no_alert_and_one_above_is():
    window = AlertWindow(0.1, least=1)
    window.add(90, 9, now=0.0)
    window.add(10, 1, now=1.0)
    assert window.check(1.0) is None
    window.add(0, 0, now=1.0)
    window.add(1, 1, now=2.0)
    assert window.check(2.0) == Alert(11 / 101, 11, 101)


def test_it_is_raised_once_until_the_share_fell_again():
    window = AlertWindow(0.1, least=1)
    window.add(10, 5, now=0.0)
    assert window.check(0.0) is not None
    window.add(10, 5, now=1.0)
    assert window.check(1.0) is None
    window.add(180, 10, now=2.0)  # 20 of 200: at the limit
    assert window.check(2.0) is None
    window.add(10, 10, now=3.0)
    assert window.check(3.0) == Alert(30 / 210, 30, 210)


def test_rows_of_more_than_a_minute_ago_are_forgotten():
    window = AlertWindow(0.1, least=1)
    window.add(10, 10, now=0.5)
    assert window.check(59.9) is not None
    assert window.check(60.0) is None
    window.add(10, 2, now=60.0)
    assert window.check(60.0) == Alert(0.2, 2, 10)


def test_a_minute_without_rows_ends_the_alert():
    window = AlertWindow(0.1, least=1)
    window.add(1, 1, now=0.0)
    window.check(0.0)
    assert window.check(1_000.0) is None
    window.add(1, 1, now=1_001.0)
    assert window.check(1_001.0) is not None


def test_the_worst_is_remembered():
    window = AlertWindow(0.1, least=1)
    assert window.worst is None
    for now, failed in ((0.0, 5), (100.0, 9), (200.0, 3), (300.0, 0)):
        window.add(10, failed, now)
        window.check(now)
    assert window.worst == Alert(0.9, 9, 10)


def test_a_ratio_of_one_never_alerts():
    window = AlertWindow(1.0, least=1)
    window.add(10, 10, now=0.0)
    assert window.check(0.0) is None


@given(st.floats(0, 1), st.lists(st.tuples(st.floats(0, 90), st.integers(0, 9), st.integers(0, 9)), max_size=100))
def test_it_agrees_with_a_window_that_remembers_every_row(ratio, steps):
    window, now, settled, above = AlertWindow(ratio, least=1), 0.0, [], False
    for idle, accepted, failed in steps:
        now += idle
        window.add(accepted + failed, failed, now)
        settled.append((int(now), accepted + failed, failed))
        last_minute = [(rows, bad) for second, rows, bad in settled if second > int(now) - 60]
        rows, bad = (sum(column) for column in zip(*last_minute, strict=True))
        was_above, above = above, rows > 0 and bad / rows > ratio
        assert window.check(now) == (Alert(bad / rows, bad, rows) if above and not was_above else None)
        assert len(window._buckets) <= 60


def test_few_rows_raise_no_alert_whatever_their_share():
    window = AlertWindow(0.1)
    window.add(99, 99, now=0.0)
    assert window.check(0.0) is None
    assert window.worst is None
    window.add(1, 0, now=1.0)
    assert window.check(1.0) == Alert(0.99, 99, 100)
