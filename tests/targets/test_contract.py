"""What every target keeps to, whatever carries its rows (`loader/targets/base.py`)."""

from __future__ import annotations

import pytest

from tests.targets.sides import GOOD, KINDS, REFUSED, misfit, opened, row


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def side(request):
    with opened(request.param, request) as made:
        yield made


def rows(count, refused=(), first=0):
    return [row(i, REFUSED if i in refused else GOOD) for i in range(first, first + count)]


def ordinals(batches):
    return [ordinal for batch in batches for ordinal in batch.rows.ordinals]


def test_every_attempt_has_one_result_and_none_comes_from_within_submit(side):
    batches, _ = side.prepare(*rows(200))
    assert len(side.send(*batches)) == len(batches)
    last, _ = side.prepare(*rows(1, first=200))
    side.send(*last)  # a second result of an attempt before would have come by now
    assert (side.results_left, side.from_within) == (0, 0)


def test_each_row_of_a_batch_is_in_its_result_and_what_is_accepted_is_there(side):
    refused = {3, 8, 9, 21}
    batches, _ = side.prepare(*rows(40, refused))
    found = set()
    for batch in batches:
        (result,) = side.send(batch)
        assert result.cause is None
        assert set(result.rows) <= set(range(len(batch)))
        found |= {batch.rows.ordinals[i] for i in result.rows}
    assert found == (refused if side.refuses else set())
    if side.stored is not None:
        assert sorted(side.stored()) == sorted(set(range(40)) - found)


def test_a_batch_can_be_sent_again_and_in_parts(side):
    batches, _ = side.prepare(*rows(8))
    side.send(*batches)
    parts = [batch.take([i]) for batch in batches for i in range(len(batch))]
    assert all(result.cause is None and not result.rows for result in side.send(*parts))


def test_every_row_is_in_one_batch_or_told_once_as_unfit(side):
    odd = {2, 5, 6, 19} if side.has_misfits else set()
    batches, unfit = side.prepare(*(misfit(i) if i in odd else row(i) for i in range(30)))
    told = [ordinal for part in unfit for ordinal in part.rows.ordinals]
    assert sorted(told) == sorted(odd)
    assert sorted(ordinals(batches)) == sorted(set(range(30)) - odd)
    assert all(len(part.causes) == len(part.rows) and all(cause.message for cause in part.causes) for part in unfit)
    assert all(result.cause is None for result in side.send(*batches)), "the others can be sent"


def test_sizes_are_those_of_the_rows_as_they_go_out(side):
    batches, _ = side.prepare(*rows(30))
    for batch in batches:
        assert len(batch.sizes) == len(batch.payload) == len(batch.rows) > 0
        assert all(size > 0 for size in batch.sizes)
        parts = [batch.take([i]) for i in range(len(batch))]
        assert [list(part.sizes) for part in parts] == [[size] for size in batch.sizes]
    side.send(*batches)
    if side.carried is not None:
        assert side.carried() == sum(sum(batch.sizes) + side.around(len(batch)) for batch in batches)


def test_a_limit_of_bytes_is_kept_from_then_on_and_a_larger_row_goes_alone(side):
    side.limit.limit_to(90)
    batches, _ = side.prepare(*rows(10), row(10, "x" * 500), *rows(10, first=11))
    assert sorted(ordinals(batches)) == list(range(21))
    assert all(sum(batch.sizes) <= 90 or len(batch) == 1 for batch in batches)
    large = next(batch for batch in batches if sum(batch.sizes) > 90)
    assert list(large.rows.ordinals) == [10]


def test_a_limit_is_never_raised(side):
    side.limit.limit_to(90)
    side.limit.limit_to(100_000)
    batches, _ = side.prepare(*rows(20))
    assert all(sum(batch.sizes) <= 90 or len(batch) == 1 for batch in batches)


def test_what_was_too_large_is_cut_smaller_for_the_rest_of_the_load(side):
    (batch, *_), _ = side.prepare(*(row(i, "x" * 3000) for i in range(8)))
    limit = side.limit.shrink(batch)
    after, _ = side.prepare(*(row(i, "x" * 3000) for i in range(8, 16)))
    assert sorted(ordinals(after)) == list(range(8, 16))
    assert all(sum(each.sizes) <= limit or len(each) == 1 for each in after)
    assert max(map(len, after)) < len(batch) or len(batch) == 1


def test_closing_waits_for_no_attempt_and_each_still_ends_once(side):
    """Answers are held back until all was closed, twice."""
    batches, _ = side.prepare(*rows(12))
    side.hold()
    for batch in batches:
        side.submit(batch)
    side.target.close()
    side.target.close()
    side.release()
    for batch in batches:
        result = side.next_result()
        assert set(result.rows) <= set(range(len(batch)))
    assert (side.results_left, side.from_within) == (0, 0)


def test_a_target_that_was_never_used_can_be_closed(side):
    side.target.close()
    side.target.close()


def test_its_facts_stay_what_they_are(side):
    facts = (side.target.name, side.target.repeatable, side.target.keyed)
    assert facts[0]
    assert {type(each) for each in facts[1:]} == {bool}
    side.send(*side.prepare(*rows(1))[0])
    assert facts == (side.target.name, side.target.repeatable, side.target.keyed)
