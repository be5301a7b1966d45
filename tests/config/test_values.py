"""Kinds of values: what each takes, refuses and writes."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.config.values import (
    RefusedError,
    byte_size,
    duration,
    either,
    list_of,
    nearest,
    number,
    switch,
    table_of,
    text,
    toml,
    whole,
    word,
)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (30, 30.0),
        (0.25, 0.25),
        ("30s", 30.0),
        ("5m", 300.0),
        ("1.5h", 5400.0),
        ("250ms", 0.25),
        ("2 d", 172_800.0),
        (" 10 S ", 10.0),
        ("45", 45.0),
        (0, 0.0),
    ],
)
def test_durations_are_read_as_seconds(value, seconds):
    assert duration().parse(value) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "",
        "s",
        "5 parsecs",
        "-5s",
        "1e3",
        "5m30s",
        -1,
        True,
        None,
        [],
        float("nan"),
        float("inf"),
        1e300,
        "٣s",
        "9" * 5000,
    ],
)
def test_refused_durations_say_what_was_expected(value):
    with pytest.raises(RefusedError, match=r'^expected a duration from 0 to 31622400 seconds: .* "30s", "5m"'):
        duration().parse(value)


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (5, 5),
        ("1 MiB", 2**20),
        ("64MiB", 64 * 2**20),
        ("10 kB", 10_000),
        ("1.5 KiB", 1536),
        ("2gib", 2**31),
        ("1 TB", 10**12),
        ("7 B", 7),
        ("1048576", 2**20),
        ("1.3 MiB", 1_363_148),
        (2.0, 2),
    ],
)
def test_sizes_are_read_as_bytes(value, size):
    assert byte_size().parse(value) == size


@pytest.mark.parametrize("value", ["", "MiB", "1 XB", "10 k", "-1 MiB", -1, 0, 2**60, "0.5 B", False, None, {}])
def test_refused_sizes_say_what_was_expected(value):
    with pytest.raises(RefusedError, match=r'^expected a size of at least 1 bytes: .* "1 MiB", "10 kB"'):
        byte_size().parse(value)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (whole(1, 10), 0, "expected a whole number from 1 to 10"),
        (whole(1, 10), 11, "expected a whole number from 1 to 10"),
        (whole(0), -1, "expected a whole number of at least 0"),
        (whole(0), 2**70, "expected a whole number of at least 0"),
        (whole(0), True, "expected a whole number of at least 0"),
        (whole(0), 1.0, "expected a whole number of at least 0"),
        (number(0, 1), 1.5, "expected a number from 0 to 1"),
        (number(0, 1), float("nan"), "expected a number from 0 to 1"),
        (number(0, 1), False, "expected a number from 0 to 1"),
        (switch(), "true", "expected true or false"),
        (switch(), 1, "expected true or false"),
        (text("one letter", "[a-z]"), "ab", "expected one letter"),
        (text(), 3, "expected a text"),
        (word("full", "none"), "half", 'expected "full" or "none"'),
        (word("a", "b", "c"), 1, 'expected "a", "b" or "c"'),
        (list_of(text()), "a", "expected a list, each item a text"),
        (table_of(text()), [], "expected a table, each value a text"),
        (either("a number or a word", whole(0), word("x")), "y", "expected a number or a word"),
    ],
)
def test_every_refusal_says_what_was_expected(kind, value, expected):
    with pytest.raises(RefusedError) as refused:
        kind.parse(value)
    assert str(refused.value) == expected


def test_a_wrong_word_is_told_the_nearest_one_whatever_its_case():
    with pytest.raises(RefusedError) as refused:
        word("adaptive", "fixed").parse("Adaptiv")
    assert refused.value.refusals[0].nearest == "adaptive"


def test_a_list_refuses_all_its_bad_items_at_once():
    with pytest.raises(RefusedError) as refused:
        list_of(whole(0)).parse([1, "a", 2, -1])
    assert [r.message for r in refused.value.refusals] == [
        "item 2: expected a whole number of at least 0",
        "item 4: expected a whole number of at least 0",
    ]


def test_a_table_refuses_all_its_bad_values_by_name():
    with pytest.raises(RefusedError) as refused:
        table_of(text()).parse({"a": 1, "b": "x", "c": []})
    assert [r.at for r in refused.value.refusals] == [("a",), ("c",)]


def test_nearest_is_empty_where_nothing_is_near():
    assert nearest("zzz", ["format", "header"]) == ""


@given(
    st.recursive(
        st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_written_toml_reads_back(value):
    assert tomllib.loads(f"x = {toml(value)}")["x"] == value


@given(st.integers(0, 2**50))
def test_written_sizes_read_back(size):
    written = tomllib.loads(f"x = {byte_size(0).write(size)}")["x"]
    assert byte_size(0).parse(written) == size


@given(st.integers(0, 86_400_000).map(lambda ms: ms / 1000))
def test_written_durations_read_back(seconds):
    assert duration().parse(tomllib.loads(f"x = {duration().write(seconds)}")["x"]) == seconds
