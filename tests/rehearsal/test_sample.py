"""The sample of keys: bounded, and complete for each key that it holds."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from loader.rehearsal.expected import Write, latest
from loader.rehearsal.sample import DistinctKeys, KeySample


def _note(sample: KeySample, key: bytes, number: int, value: bytes = b"v") -> None:
    if sample.takes(key):
        sample.of(key, (key,), len(value)).add(f"c{number}", Write(value, number), latest)


@given(st.lists(st.binary(min_size=1, max_size=2)), st.integers(1, 20))
def test_all_that_was_seen_of_a_key_in_the_sample_is_known(keys, most):
    sample = KeySample(most_keys=most)
    for number, key in enumerate(keys):
        _note(sample, key, number)
    held = {each.key[0]: set(each.writes) for each in sample}
    assert len(held) <= most
    for key, columns in held.items():
        assert columns == {f"c{number}" for number, each in enumerate(keys) if each == key}


def test_a_full_sample_keeps_about_half_of_its_keys_or_more():
    sample = KeySample(most_keys=1000)
    for number in range(50_000):
        _note(sample, b"%d" % number, number)
    assert 350 < len(sample) <= 1000


def test_large_values_make_the_sample_smaller():
    sample = KeySample(most_bytes=100_000)
    for number in range(1000):
        _note(sample, b"%d" % number, 0, bytes(1000))
    assert 10 < len(sample) <= 100


def test_one_key_that_is_written_again_and_again_stays():
    sample = KeySample(most_bytes=10_000)
    for _ in range(1000):
        _note(sample, b"one", 0, bytes(1000))
    assert [each.key for each in sample] == [(b"one",)]


def test_different_keys_are_counted_as_long_as_that_is_exact():
    keys = DistinctKeys(most=1000)
    numbers = [number % 300 for number in range(1000)]
    for number in numbers:
        keys.add(b"%d" % number)
    assert keys.count == len(Counter(numbers)) == 300
    keys.add(b"one too many")
    assert keys.count is None
