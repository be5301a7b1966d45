from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.resilience.retry_after import LONGEST, limit_reset, retry_after

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
WALL = NOON.timestamp()
YEAR = 365 * 86_400

FORMS = {
    "imf": "%a, %d %b %Y %H:%M:%S GMT",
    "rfc850": "%A, %d-%b-%y %H:%M:%S GMT",
    "asctime": "%a %b %e %H:%M:%S %Y",
}


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("  7\t", 7.0),
        ("0007", 7.0),
        (str(YEAR), float(YEAR)),
        (str(YEAR + 1), None),
        ("9" * 5_000, None),
        ("-1", None),
        ("+1", None),
        ("2.0", 2.0),
        ("1.5", 1.5),
        (".5", None),
        ("2.", None),
        ("1.5.1", None),
        ("1,5", None),
        ("1e3", None),
        ("inf", None),
        ("nan", None),
        ("٣", None),
        ("²", None),
        ("1_0", None),
        ("", None),
        ("   ", None),
        ("soon", None),
        ("120, 120", None),
        ("120 seconds", None),
        (None, None),
    ],
)
def test_seconds_are_ascii_digits_up_to_a_year(value, wait):
    assert retry_after(value, None, WALL) == wait


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("second", [0, 1, 59])
def test_each_form_of_a_date_is_measured_against_the_local_clock(form, second):
    until = NOON.replace(minute=2, second=second)
    assert retry_after(until.strftime(form), None, WALL) == 120 + second


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_servers_own_date_corrects_its_wrong_clock(form):
    """The server's clock is ten years slow; it asks for 90 seconds."""
    date, until = datetime(2016, 3, 1, 11, 59, 0, tzinfo=UTC), datetime(2016, 3, 1, 12, 0, 30, tzinfo=UTC)
    assert retry_after(until.strftime(form), date.strftime(form), WALL) == 90.0


def test_an_unreadable_date_header_falls_back_to_the_local_clock():
    assert retry_after("Sun, 01 Mar 2026 12:01:00 GMT", "yesterday", WALL) == 60.0


@pytest.mark.parametrize(
    "value", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
)
def test_a_date_in_the_past_is_no_wait(value):
    """The three examples of RFC 9110 section 5.6.7."""
    assert retry_after(value, None, WALL) == 0.0


@pytest.mark.parametrize(
    "value",
    [
        "Tue, 02 Mar 2027 12:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Sun, 06 Nov 99999 08:49:37 GMT",
        "Sun, 32 Mar 2026 12:00:00 GMT",
        "Sun, 01 Mar 2026 25:00:00 GMT",
        "Sun, 01 Mar 2026 12:00:00 +999999999999",
        "2026-03-01T12:01:00Z",
        "Sun, 01 Mar 2026",
        "Sun, 01 Mar 2026 12:01:61 GMT",
        "Sun, 01 Mar 2026 12:01:00",
        "Sun, 01 Mar 2026 12:01:00 UTC",
        "Sun, 01 Mar 2026 13:01:00 CET",
        "Sun, 01 Mar 2026 12:01:00 EST",
        "Sun, 01 Mar 2026 12:01:00 +0000",
        "Sun, 1 Mar 2026 12:01:00 GMT",
        "sun, 01 mar 2026 12:01:00 gmt",
        "Son, 01 Mar 2026 12:01:00 GMT",
        "01 Mar 2026 12:01:00 GMT",
        "Sun, 01 Mar 26 12:01:00 GMT",
        "Sun, 01-Mar-26 12:01:00 GMT",
        "Sunday, 01-Mar-2026 12:01:00 GMT",
        "Sun Mar 01 12:01:00 2026 GMT",
        "Sun Mar 1 12:01:00 2026",
        "Sun, 30 Feb 2026 12:01:00 GMT",
    ],
)
def test_dates_beyond_a_year_or_beyond_reading_say_nothing(value):
    assert retry_after(value, None, WALL) is None


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("Monday, 01-Mar-27 12:00:00 GMT", float(YEAR)),
        ("Sunday, 01-Mar-76 12:00:00 GMT", None),  # exactly 50 years on: still the future, far over a year
        ("Sunday, 01-Mar-76 12:00:01 GMT", 0.0),  # more than 50 years on: 1976
        ("Sunday, 01-Mar-70 12:00:00 GMT", None),  # 2070, where a fixed pivot would say 1970
        ("Sunday, 01-Mar-77 12:00:00 GMT", 0.0),
        ("Tuesday, 29-Feb-00 12:00:00 GMT", 0.0),
    ],
)
def test_two_digit_years_lie_at_most_fifty_years_ahead(value, wait):
    assert retry_after(value, None, WALL) == wait


@pytest.mark.parametrize(
    "value", ["Wed, 31 Dec 2026 23:59:60 GMT", "Thursday, 31-Dec-26 23:59:60 GMT", "Thu Dec 31 23:59:60 2026"]
)
def test_a_leap_second_is_valid(value):
    """RFC 9110 section 5.6.7: second = 2DIGIT, 60 for a leap second."""
    assert retry_after(value, None, datetime(2026, 12, 31, 23, 59, 50, tzinfo=UTC).timestamp()) == 10.0


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        (str(int(WALL) + 90), 90.0),
        (str(int(WALL) - 90), 0.0),
        (str(int(WALL) + YEAR + 1), None),
        ("60", 60.0),
        ("0", 0.0),
        ("soon", None),
        ("-5", None),
        ("9" * 400, None),
        (None, None),
    ],
)
def test_a_rate_limit_is_filled_again_at_a_time_or_after_seconds(value, wait):
    assert limit_reset(value, None, WALL) == wait


def test_the_time_of_a_rate_limit_is_measured_by_the_clock_of_the_server():
    assert limit_reset(str(int(WALL) + 30), "Sun, 01 Mar 2026 12:00:20 GMT", WALL - 5000) == 10.0


def test_two_digit_years_cross_the_turn_of_a_century():
    new_years_eve = datetime(2099, 12, 31, 23, 59, 0, tzinfo=UTC).timestamp()
    assert retry_after("Friday, 01-Jan-00 00:00:00 GMT", None, new_years_eve) == 60.0


@given(st.integers(0, YEAR), st.sampled_from(list(FORMS.values())), st.integers(0, 2**32))
def test_any_wait_up_to_a_year_is_read_back_from_any_form(wait, form, sent):
    def as_date(seconds: int) -> str:
        return datetime.fromtimestamp(seconds, UTC).strftime(form)

    # The local clock is of no account for the wait; it only tells the century of a two-digit year.
    assert retry_after(as_date(sent + wait), as_date(sent), sent + 1000.0) == wait


PARTS = "Sun, Sunday, Nov 06 29 -5 1994 94 9999 06-Nov-94 29-Feb-00 31-Dec-9999 08:49:37 8.49 24:60:61 GMT +9999 EST am"
DATE_LIKE = st.lists(st.sampled_from([*PARTS.split(), ",", "-", ":", "\0", "9" * 5_000]), max_size=8).map(" ".join)
ANY_TEXT = st.one_of(st.text(), DATE_LIKE, st.datetimes().map(format_datetime))


@given(ANY_TEXT, st.none() | ANY_TEXT, st.floats(0, 1e11))
def test_no_text_raises_and_every_wait_is_within_a_year(value, date, wall):
    for wait in (retry_after(value, date, wall), limit_reset(value, date, wall)):
        assert wait is None or 0 <= wait <= LONGEST
