from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.config.sections import Retry
from loader.resilience.backoff import backoff

ALMOST_ONE = 1 - 2**-53


@pytest.mark.parametrize(
    ("failures", "ceiling"),
    [(1, 1.0), (2, 2.0), (3, 4.0), (6, 32.0), (7, 60.0), (8, 60.0), (1_025, 60.0), (10**18, 60.0)],
)
def test_ceiling_doubles_up_to_the_longest_backoff(failures, ceiling):
    assert backoff(Retry(jitter="none"), failures, 0.3) == ceiling


@pytest.mark.parametrize(("chance", "wait"), [(0.0, 0.0), (0.25, 1.0), (0.5, 2.0)])
def test_full_jitter_takes_a_share_of_the_ceiling(chance, wait):
    assert backoff(Retry(), 3, chance) == wait


@pytest.mark.parametrize(
    ("retry", "failures", "wait"),
    [
        (Retry(jitter="none", factor=1.0), 10**18, 1.0),
        (Retry(jitter="none", initial_backoff=0.0), 1, 0.0),
        (Retry(jitter="none", initial_backoff=0.0), 10**18, 0.0),
        (Retry(jitter="none", max_backoff=0.0), 1, 0.0),
        (Retry(jitter="none", initial_backoff=90.0), 1, 60.0),
        (Retry(jitter="none", initial_backoff=1e300, factor=1e300), 2, 60.0),
    ],
)
def test_extreme_settings_have_their_plain_meaning(retry, failures, wait):
    assert backoff(retry, failures, 0.5) == wait


@given(
    st.builds(
        Retry,
        initial_backoff=st.floats(0, 1e6),
        factor=st.floats(1, 1e6),
        max_backoff=st.floats(0, 1e6),
        jitter=st.sampled_from(["full", "none"]),
    ),
    st.integers(1, 10**18),
    st.floats(0, ALMOST_ONE),
)
def test_backoff_is_never_negative_nor_over_the_longest_and_never_shrinks(retry, failures, chance):
    wait = backoff(retry, failures, chance)
    assert 0 <= wait <= retry.max_backoff
    assert wait <= backoff(retry, failures + 1, chance)
