from __future__ import annotations

import json
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.resilience.aggregation import MAX_KINDS, MAX_SAMPLE_CHARACTERS, OTHER, ErrorTotals, Sample


def sample(line: int = 1, error: str = "no") -> Sample:
    return Sample("rows.jsonl", line, error)


def totals_of(adds, samples: int = 3) -> ErrorTotals:
    totals = ErrorTotals(samples)
    for line, (error_type, status, rows) in enumerate(adds, start=1):
        totals.add(error_type, status, [sample(line)], rows)
    return totals


ADDS = st.lists(
    st.tuples(
        st.sampled_from(["http_422", "http_500", "reset", "bad_json", OTHER]),
        st.none() | st.integers(400, 404),
        st.integers(1, 1_000),
    )
)


def test_types_are_ordered_by_count_and_then_by_name():
    totals = totals_of([("reset", None, 2), ("bad_json", None, 5), ("http_422", 422, 2)])
    assert list(totals.by_type().items()) == [("bad_json", 5), ("http_422", 2), ("reset", 2)]
    assert list(totals.samples()) == ["bad_json", "http_422", "reset"]


def test_columns_are_counted_and_bounded_and_survive_the_checkpoint():
    totals = ErrorTotals(3)
    for name in ("b", "a", "b", *(f"c{at}" for at in range(MAX_KINDS))):
        totals.add_columns([name])
    assert list(totals.by_column().items())[:3] == [("b", 2), (OTHER, 2), ("a", 1)]
    assert sum(totals.by_column().values()) == MAX_KINDS + 3
    saved = json.loads(json.dumps(totals.to_data()))
    assert ErrorTotals.from_data(3, saved).by_column() == totals.by_column()


def test_one_type_with_several_statuses_is_counted_apart_and_together():
    totals = totals_of([("item_error", 400, 1), ("item_error", 409, 2)])
    assert totals.by_status() == {("item_error", 400): 1, ("item_error", 409): 2}
    assert totals.by_type() == {"item_error": 3}


def test_the_first_samples_of_each_type_are_kept():
    totals = totals_of([("reset", None, 1), ("bad_json", None, 1)] * 5, samples=2)
    assert [s.line for s in totals.samples()["reset"]] == [1, 3]
    assert [s.line for s in totals.samples()["bad_json"]] == [2, 4]


def test_no_samples_are_kept_where_none_are_wanted():
    totals = totals_of([("reset", None, 1)], samples=0)
    assert totals.samples() == {"reset": ()}
    assert totals.total == 1


@pytest.mark.parametrize("length", [MAX_SAMPLE_CHARACTERS, MAX_SAMPLE_CHARACTERS + 1, 10**6])
def test_the_text_of_a_sample_is_cut(length):
    totals = ErrorTotals(1)
    totals.add("reset", None, [sample(error="x" * length)], 1)
    (kept,) = totals.samples()["reset"]
    assert len(kept.error) == MAX_SAMPLE_CHARACTERS
    assert kept.error.endswith("…") == (length > MAX_SAMPLE_CHARACTERS)


def test_kinds_beyond_the_bound_are_counted_and_sampled_as_other():
    totals = totals_of([(f"type_{n}", 500, 1) for n in range(MAX_KINDS + 50)])
    assert len(totals.by_status()) == MAX_KINDS + 1
    assert totals.by_type()[OTHER] == 50
    assert totals.total == MAX_KINDS + 50
    assert [s.line for s in totals.samples()[OTHER]] == [MAX_KINDS + 1, MAX_KINDS + 2, MAX_KINDS + 3]


def test_known_kinds_go_on_being_counted_past_the_bound():
    totals = totals_of([(f"type_{n}", 500, 1) for n in range(MAX_KINDS)] + [("type_0", 500, 9)])
    assert totals.by_type()["type_0"] == 10
    assert OTHER not in totals.by_type()


@given(ADDS)
def test_totals_equal_what_was_added(adds):
    totals = totals_of(adds)
    types: Counter[str] = Counter()
    for error_type, _, rows in adds:
        types[error_type] += rows
    assert totals.by_type() == types
    assert totals.total == sum(totals.by_status().values()) == sum(types.values())


@given(ADDS, ADDS)
def test_totals_survive_their_text_form_and_go_on(first, second):
    totals = totals_of(first)
    again = ErrorTotals.from_data(3, json.loads(json.dumps(totals.to_data())))
    assert again.to_data() == totals.to_data()
    for n, (error_type, status, rows) in enumerate(second):
        totals.add(error_type, status, [sample(n)], rows)
        again.add(error_type, status, [sample(n)], rows)
    assert again.to_data() == totals.to_data()


def test_saved_data_shares_nothing_with_the_totals():
    totals = totals_of([("reset", None, 1)])
    data = totals.to_data()
    totals.add("reset", None, [sample(2)], 1)
    assert data["counts"] == [["reset", None, 1]]
    assert len(data["samples"]["reset"]) == 1


@pytest.mark.parametrize("data", [{}, {"counts": [["reset", None]], "samples": {}}, {"counts": 3, "samples": {}}])
def test_damaged_data_is_refused(data):
    with pytest.raises(msgspec.ValidationError):
        ErrorTotals.from_data(3, data)
