from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loader.config.sections import Batching, FieldMapping
from loader.mapping.json_rows import JsonMapper
from loader.targets.http.request_builder import form_of
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.sized_batcher import SizedBatcher
from loader.texts.text_meaning import TextMeaning
from tests.targets.http.conftest import csv, jsonl


def batcher(size=1000, max_bytes=2**20, mapping=FieldMapping(), **settings):  # noqa: B008
    form = form_of(
        HttpTarget("", "http://localhost/", **settings),
        Batching(size, max_bytes),
        JsonMapper(mapping, TextMeaning()),
    )
    return form, SizedBatcher(form, max_bytes)


def counts(cut):
    return [len(batch) for batch in cut.batches]


def row(size):
    return b'{"a":"%s"}' % (b"x" * (size - 8))


def test_requests_are_cut_by_count():
    _, cutter = batcher(size=3)
    assert counts(cutter.add(jsonl(*[b"{}"] * 7))) == [3, 3, 1]


def test_requests_are_cut_by_the_bytes_of_the_body():
    form, cutter = batcher(max_bytes=1 + 100 + 1 + 100 + 1)
    cut = cutter.add(jsonl(*[row(100)] * 5))
    assert counts(cut) == [2, 2, 1]
    assert len(form.request(cut.batches[0].payload).body) == 203
    _, tighter = batcher(max_bytes=202)
    assert counts(tighter.add(jsonl(*[row(100)] * 3))) == [1, 1, 1]


@given(
    st.lists(st.integers(8, 300), max_size=40),
    st.integers(1, 9),
    st.integers(10, 500),
    st.sampled_from(["array", "ndjson"]),
)
def test_every_row_is_in_one_request_within_the_limits_and_no_request_could_hold_the_next_row(sizes, size, limit, body):
    form, cutter = batcher(size=size, max_bytes=limit, body=body)
    rows = jsonl(*map(row, sizes))
    batches = cutter.add(rows).batches
    assert [ordinal for batch in batches for ordinal in batch.rows.ordinals] == list(rows.ordinals)
    assert [item for batch in batches for item in batch.payload] == rows.raw
    for batch in batches:
        length = len(form.request(batch.payload).body)
        assert len(batch) == 1 or (len(batch) <= size and length <= limit)
        after = batch.rows.ordinals[-1] + 1
        if len(batch) < size and after < len(sizes):
            assert length + 1 + sizes[after] > limit


def test_rows_that_do_not_fit_are_refused_and_the_rest_is_cut_as_if_they_were_not_there():
    _, cutter = batcher(size=2, mapping=FieldMapping(types={"a": "integer"}))
    cut = cutter.add(csv(("a",), ("1",), ("x",), ("2",), ("3",), ("y",)))
    assert [list(batch.rows.ordinals) for batch in cut.batches] == [[0, 2], [3]]
    (refused,) = cut.unfit
    assert list(refused.rows.ordinals) == [1, 4]
    assert [cause.error_type for cause in refused.causes] == ["bad_value", "bad_value"]


def test_nothing_is_held_back():
    _, cutter = batcher()
    assert counts(cutter.add(jsonl(b"{}"))) == [1]
    assert not cutter.flush().batches


def test_a_request_found_too_large_halves_the_limit_for_good():
    _, cutter = batcher()
    (large,) = cutter.add(jsonl(*[row(1000)] * 10)).batches
    half = (10 * 1001 + 1) // 2
    assert cutter.shrink(large) == cutter.max_bytes == half
    assert counts(cutter.add(jsonl(*[row(1000)] * 10))) == [4, 4, 2]
    assert cutter.shrink(large) == half, "an answer to an older, larger request moves nothing"


def test_the_limit_stays_useful():
    _, cutter = batcher()
    (small,) = cutter.add(jsonl(row(20))).batches
    assert cutter.shrink(small) == 1024
    _, tiny = batcher(max_bytes=100)
    assert tiny.shrink(small) == 100


def test_halves_of_a_batch_make_their_own_requests():
    form, cutter = batcher()
    (batch,) = cutter.add(jsonl(b'{"a":1}', b'{"a":2}', b'{"a":3}')).batches
    bodies = [form.request(half.payload).body for half in batch.halves()]
    assert bodies == [b'[{"a":1}]', b'[{"a":2},{"a":3}]']
