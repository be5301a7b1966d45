from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.config.sections import Errors
from loader.resilience.error_limits import ErrorLimits


@pytest.mark.parametrize(
    ("errors", "settled", "failed", "key"),
    [
        (Errors(), 0, 0, None),
        (Errors(), 999, 999, None),  # before min_rows the share says nothing
        (Errors(), 1_000, 500, None),  # at the limit is not over it
        (Errors(), 1_000, 501, "max_error_ratio"),
        (Errors(min_rows=0), 0, 0, None),
        (Errors(min_rows=0), 1, 1, "max_error_ratio"),
        (Errors(min_rows=0, max_error_ratio=1.0), 10, 10, None),
        (Errors(min_rows=0, max_error_ratio=0.0), 10, 0, None),
        (Errors(min_rows=0, max_error_ratio=0.0), 10, 1, "max_error_ratio"),
        (Errors(min_rows=0, max_error_ratio=0.29), 100, 29, None),
        (Errors(max_errors=2), 10, 2, None),
        (Errors(max_errors=2), 10, 3, "max_errors"),
        (Errors(max_errors=0), 10, 10, None),
        (Errors(fail_on_first_error=True), 10, 0, None),
        (Errors(fail_on_first_error=True), 10, 1, "fail_on_first_error"),
        (Errors(fail_on_first_error=True, max_errors=1), 10, 5, "fail_on_first_error"),
    ],
)
def test_the_sentence_names_the_limit_that_was_exceeded(errors, settled, failed, key):
    sentence = ErrorLimits(errors).exceeded(settled, failed, "read")
    assert (sentence is None) if key is None else (f"errors.{key}" in sentence)


def test_the_sentence_tells_the_numbers():
    assert ErrorLimits(Errors()).exceeded(2_000, 1_500, "read") == (
        "1,500 of the 2,000 rows read failed (75.0%), more than errors.max_error_ratio = 0.5 allows"
    )
    few = ErrorLimits(Errors(max_errors=2))
    assert few.exceeded(10, 3, "read") == "3 rows failed, more than errors.max_errors = 2 allows"


@given(st.integers(0, 2_000), st.integers(0, 2_000), st.integers(0, 100), st.floats(0, 1), st.integers(0, 2_000))
def test_one_more_error_never_makes_an_exceeded_limit_kept(rows, errors, max_errors, ratio, min_rows):
    limits = ErrorLimits(Errors(max_errors=max_errors, max_error_ratio=ratio, min_rows=min_rows))
    failed = min(errors, rows)
    if limits.exceeded(rows, failed, "read") is not None:
        assert limits.exceeded(rows + 1, failed + 1, "read") is not None
