"""Numbers as people spell them in texts: read as they are meant, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.texts.number_spelling import plain_number


@pytest.mark.parametrize(
    ("decimal", "thousands", "text", "plain"),
    [
        (",", "", "1,5", "1.5"),
        (",", "", "-1,5e3", "-1.5e3"),
        (",", ".", "1.234.567,89", "1234567.89"),
        (",", ".", "123", "123"),
        (",", ".", "1234", "1234"),
        (",", ".", ",5", ".5"),
        (".", ",", "+1,234.5", "+1234.5"),
        (".", ",", "12,34,567.8", "1234567.8"),  # lakh and crore
        (".", "'", "1'234", "1234"),
        (",", " ", "1\u00a0234\u202f567,5", "1234567.5"),
        (",", " ", "1 234", "1234"),
        (",", ".", "NaN", "NaN"),
        (",", ".", "", ""),
    ],
)
def test_a_number_is_spelled_as_programs_do(decimal, thousands, text, plain):
    read = plain_number(decimal, thousands)
    assert read is not None
    assert read(text) == plain


@pytest.mark.parametrize(
    ("decimal", "thousands", "text"),
    [
        (",", ".", "1.5"),  # else fifteen
        (",", ".", "1.23"),
        (",", ".", "1234.567"),
        (",", "", "1.5"),
        (".", ",", "1,5"),
        (".", ",", "1,2345"),
        (".", ",", ",123"),
        (",", ".", "1,5,5"),
        (",", ".", "0x1F"),
        (",", ".", "1 234"),
        (",", "", "1_000"),
    ],
)
def test_what_is_spelled_otherwise_is_no_number(decimal, thousands, text):
    with pytest.raises(ValueError, match=r".*"):
        plain_number(decimal, thousands)(text)


@given(st.integers() | st.decimals(allow_nan=False, allow_infinity=False), st.sampled_from([(",", "."), (".", ",")]))
def test_what_python_formats_with_separators_comes_back(number, marks):
    decimal, thousands = marks
    text = f"{number:,f}" if "e" in str(number).lower() else f"{number:,}"
    swapped = text.translate(str.maketrans({",": thousands, ".": decimal}))
    assert plain_number(decimal, thousands)(swapped) == text.replace(",", "")


def test_where_numbers_are_spelled_as_usual_nothing_is_done():
    assert plain_number(".", "") is None
