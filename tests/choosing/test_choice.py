"""Choice of rows: the same rows however chunks are cut, and wherever reading begins."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.choosing import RowChoice
from loader.choosing.sampling import Sampling
from loader.choosing.where import Where
from loader.config.expressions.condition import condition_of
from loader.config.sections import FieldMapping, InputSettings
from loader.contents import RawJson, TextColumns, TypedColumns
from loader.outcomes import LEFT_OUT, Skip
from loader.rows import Chunk, Layout, Source
from loader.sources import parser_for
from loader.texts.text_meaning import TextMeaning

SOURCE = Source(0, "rows.jsonl", Layout("jsonl"), stream=False, size=None)
BOOLEANS = FieldMapping().booleans


def cut(lines: Sequence[bytes], sizes: Sequence[int]) -> Iterator[Chunk]:
    """The lines as chunks of these sizes, again and again."""
    number = ordinal = offset = 0
    while ordinal < len(lines):
        part = lines[ordinal : ordinal + sizes[number % len(sizes)]]
        data = b"".join(line + b"\n" for line in part)
        yield Chunk(number, SOURCE, ordinal, ordinal + 1, offset, len(part), data, offset)
        number, ordinal, offset = number + 1, ordinal + len(part), offset + len(data)


def choice(**settings) -> RowChoice:
    given = InputSettings(**settings)
    return RowChoice(given, BOOLEANS, lambda source: parser_for(source, given))


def chosen(chunks: Sequence[Chunk]) -> list[int]:
    return [
        chunk.ordinal + at
        for chunk in chunks
        for at in range(chunk.rows)
        if not chunk.left_out or not chunk.left_out[at]
    ]


@given(
    st.lists(st.sampled_from([b'{"a":1}', b'{"a":2}', b'{"b":1}', b"bad"]), max_size=60),
    st.integers(0, 20),
    st.integers(0, 20),
    st.sampled_from([1.0, 0.5]),
    st.sampled_from(["", "a = 1"]),
    st.lists(st.integers(1, 9), min_size=1, max_size=3),
    st.integers(0, 9),
)
def test_the_rows_are_the_same_however_chunks_are_cut_and_wherever_reading_begins(
    lines, skip, limit, sample, where, sizes, begin
):
    wanted = [
        at
        for at, line in enumerate(lines)
        if at >= skip
        and Sampling(sample, 3).takes(at, 1)[0]
        and (not where or line in (b'{"a":1}', b"bad"))  # what cannot be read may have been meant
    ]
    if limit:
        wanted = wanted[:limit]
    chooses = choice(skip=skip, limit=limit, sample=sample, seed=3, where=where)
    chunks = list(chooses.among(cut(lines, sizes), 0))
    assert chosen(chunks) == wanted
    if limit and len(wanted) == limit:
        assert chunks[-1].ordinal <= wanted[-1]  # nothing is read behind it
    # A resume begins at a later chunk, and knows how many were chosen before.
    later = [chunk for chunk in chunks if chunk.number >= begin]
    again = chooses.among((replace(chunk, left_out=b"") for chunk in later), len(chosen(chunks)) - len(chosen(later)))
    assert list(again) == later


def test_a_chunk_tells_why_each_row_is_left_out():
    lines = [b'{"a":1}', b'{"a":1}', b'{"a":2}', b'{"a":1}', b'{"a":1}']
    [chunk] = choice(skip=1, limit=2, where="a = 1").among(cut(lines, [9]), 0)
    whys = [LEFT_OUT[code - 1] if code else None for code in chunk.left_out]
    assert whys == [Skip.BEFORE, None, Skip.WHERE, None, Skip.LIMIT]


def test_without_a_choice_chunks_are_as_they_were_read():
    chunks = list(cut([b"{}"] * 5, [2]))
    assert all(one is two for one, two in zip(choice().among(chunks, 0), chunks, strict=True))


def test_a_sample_is_of_its_share_and_never_another_one():
    """These ordinals are for ever: a resume by a later version has the same rows."""
    taken = [at for at, takes in enumerate(Sampling(0.01, 0).takes(0, 100_000)) if takes]
    assert taken[:8] == [66, 169, 260, 337, 340, 597, 616, 815]
    assert 900 < len(taken) < 1100
    other = [at for at, takes in enumerate(Sampling(0.01, 1).takes(0, 100_000)) if takes]
    assert len(set(taken) & set(other)) < 50
    assert all(Sampling(1.0, 0).takes(5, 2000))


ROWS = [
    {"t": "paid", "n": 10, "b": True, "deep": {"list": [1, {"x": "y"}]}, "dot.ted": 1},
    {"t": "open", "n": 9.5, "b": False, "dot": {"ted": 2}},
    {"t": None, "n": "10", "b": "true"},
    {},
]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('t = "paid"', [True, False, False, False]),
        ('t != "paid"', [False, True, True, True]),
        ('t > "open"', [True, False, False, False]),
        ("t", [True, True, False, False]),
        ("not t", [False, False, True, True]),
        ("t = null", [False, False, True, True]),
        ("t != null", [True, True, False, False]),
        ("n = 10.0", [True, False, False, False]),
        ("n < 10", [False, True, False, False]),
        ("n >= 9.5", [True, True, False, False]),
        ('n = "10"', [False, False, True, False]),
        ("b = true", [True, False, False, False]),
        ("b = 1", [False, False, False, False]),
        ("b != false", [True, False, True, True]),
        ('deep.list[1].x = "y"', [True, False, False, False]),
        ("deep.list[0] = 1 and n", [True, False, False, False]),
        ("deep.list[7]", [False, False, False, False]),
        ("dot.ted = 1", [True, False, False, False]),
        ("dot.ted >= 1", [True, True, False, False]),
        ('"dot.ted"', [True, False, False, False]),
        ("t and n = 9.5", [False, True, False, False]),
        ('"odd\\"name"', [False, False, False, False]),
    ],
)
def test_json_rows_are_held_against_a_condition(condition, holds):
    where = Where(condition_of(condition), TextMeaning(), BOOLEANS)
    assert where.holds(RawJson([json.dumps(row).encode() for row in ROWS])) == holds


def test_numbers_are_compared_exactly():
    content = RawJson([b'{"n":18446744073709551617}', b'{"n":0.1000000000000000000001}', b'{"n":1e400}', b'{"n":0.1}'])
    for condition, holds in (
        ("n = 18446744073709551617", [True, False, False, False]),
        ("n > 18446744073709551616", [True, False, True, False]),
        ("n = 0.1", [False, False, False, True]),
        ("n > 0.1", [True, True, True, False]),
    ):
        assert Where(condition_of(condition), TextMeaning(), BOOLEANS).holds(content) == holds, condition


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('t = "paid"', [True, False, False]),
        ('t = ""', [False, False, True]),
        ("n > 9", [True, True, False]),
        ("n = 10", [True, True, False]),
        ('n = "10"', [False, False, False]),
        ('n = "10.0"', [True, False, False]),
        ("b = true", [True, False, False]),
        ("b = false", [False, True, False]),
        ("n", [True, True, False]),
        ("not t", [False, False, True]),
        ("b = null", [False, False, True]),
        ("nowhere", [False, False, False]),
        ("dot.ted = 1", [True, False, False]),
    ],
)
def test_a_text_is_read_as_what_it_is_compared_with(condition, holds):
    columns = ("t", "n", "b", "dot.ted")
    fields = [("paid", "10.0", "Yes", "1"), ("open", " 1e1", "f", "x"), ("", "n/a", "-", None)]
    content = TextColumns(columns, [b""] * 3, fields)
    where = Where(condition_of(condition), TextMeaning(("-", "n/a")), BOOLEANS)
    assert where.holds(content) == holds


def test_typed_values_are_compared_as_json():
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    content = TypedColumns(
        ("at", "n", "l"),
        ([moment, None], [Decimal("1.10"), float("nan")], [[{"x": moment}], []]),
        [1, 1],
    )
    assert msgspec.to_builtins(moment) == "2026-01-02T03:04:05Z"
    for condition, holds in (
        ('at >= "2026-01-02"', [True, False]),
        ("n = 1.1", [True, False]),
        ("n < 5", [True, False]),
        ("n != 1.1", [False, True]),
        ('l[0].x = "2026-01-02T03:04:05Z"', [True, False]),
    ):
        assert Where(condition_of(condition), TextMeaning(), BOOLEANS).holds(content) == holds, condition
