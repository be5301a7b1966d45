"""Rows are grouped by what their keys have in common, cut within all limits, and none is lost or doubled."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loader.contents import RawJson
from loader.mapping.cql.mapper import CqlRows, Parameter
from loader.mapping.cql.types import CqlType
from loader.outcomes import Cause, Ending
from loader.rows import Batch, Layout, Rows, Source
from loader.targets.cassandra.batcher import BatchLimits, TableBatcher

SOURCE = Source(0, "rows.jsonl", Layout("jsonl"), stream=False, size=None)
WIDE = BatchLimits(rows=1000, partitions=10, max_bytes=40_000, warned_bytes=5_000)
OVERHEAD, CELLS = 10, 2
INT = CqlType("int")
ADDED = CELLS * 16  # what the server counts for a row besides its values


class Mapper:
    """Rows are "KEY:VALUES"; those without a key do not fit, and no row has a value for "never"."""

    parameters = (Parameter("key", INT, required=True), Parameter("never", INT, required=False))

    def map(self, rows: Rows) -> CqlRows:
        parted = [raw.partition(b":") for raw in rows.raw]
        unfit = {i: Cause("bad_value", "no key", Ending.REFUSED) for i, (key, _, _) in enumerate(parted) if not key}
        return CqlRows([values for _, _, values in parted], [key for key, _, _ in parted], unfit, frozenset({0}))


def rows(raw: Sequence[bytes], start: int = 0, source: Source = SOURCE) -> Rows:
    at = range(start, start + len(raw))
    return Rows(source, source.layout, at, [i + 1 for i in at], [100 * i for i in at], RawJson(raw))


def by_first_byte(keys: Sequence[bytes]) -> list[bytes]:
    return [key[:1] for key in keys]


def batcher(limits: BatchLimits = WIDE, group_of=by_first_byte) -> TableBatcher:
    return TableBatcher(Mapper(), group_of, limits, overhead=OVERHEAD, cells=CELLS, stamp=lambda rows: rows)


def keys(batch: Batch) -> list[bytes]:
    return [item.key for item in batch.payload]


def ordinals(batches: Sequence[Batch]) -> list[int]:
    return [ordinal for batch in batches for ordinal in batch.rows.ordinals]


def test_what_rows_have_values_for_is_told_once():
    made = batcher()
    assert [made.add(rows([b"a:x"])).fed, made.add(rows([b"b:x"], 1)).fed, made.flush().fed] == [["key"], [], ()]


def test_rows_of_one_group_fill_batches_and_what_is_left_waits():
    made = batcher()
    cut = made.add(rows([b"a%d:x" % i for i in range(25)]))
    assert [len(batch) for batch in cut.batches] == [10, 10]
    assert [len(batch) for batch in made.flush().batches] == [5]
    assert made.flush().batches == []


def test_rows_of_neighbouring_chunks_go_together_in_order():
    made = batcher()
    assert made.add(rows([b"a%d:x" % i for i in range(6)])).batches == []
    (batch,) = made.add(rows([b"a%d:x" % i for i in range(6, 12)], start=6)).batches
    assert batch.rows.ordinals == range(10)
    assert ordinals(made.flush().batches) == [10, 11]


def test_what_is_left_goes_after_four_chunks():
    made = batcher()
    made.add(rows([b"a1:x"]))
    given_out = [made.add(rows([b"b%d:x" % i], start=i)).batches for i in range(1, 5)]
    assert [ordinals(batches) for batches in given_out] == [[], [], [], [0]]


def test_groups_do_not_mix():
    cut = batcher().add(rows([b"%s%d:x" % (group, i) for i in range(10) for group in (b"a", b"b", b"c")]))
    assert sorted({key[:1] for key in keys(batch)} for batch in cut.batches) == [{b"a"}, {b"b"}, {b"c"}]
    assert [len(batch) for batch in cut.batches] == [10, 10, 10]


def test_many_rows_of_one_partition_share_a_batch_up_to_its_bytes():
    values = b"v" * 900
    cut = batcher().add(rows([b"a:" + values] * 100))
    size = len(values) + OVERHEAD + ADDED
    assert {len(batch) for batch in cut.batches} == {40_000 // size}


def test_a_batch_of_several_partitions_stays_below_what_the_server_warns_of():
    values = b"v" * 900
    cut = batcher().add(rows([b"a%d:" % i + values for i in range(20)]))
    assert {len(batch) for batch in cut.batches} == {5_000 // (len(values) + OVERHEAD + ADDED)}


def test_a_row_larger_than_every_limit_goes_alone():
    made = batcher()
    cut = made.add(rows([b"a1:x", b"a2:" + b"v" * 100_000, b"a3:x"]))
    assert [ordinals([batch]) for batch in (*cut.batches, *made.flush().batches)] == [[0], [1], [2]]


def test_rows_that_do_not_fit_are_refused_and_the_others_go():
    made = batcher()
    cut = made.add(rows([b"a1:x", b":x", b"a2:x"]))
    (refused,) = cut.unfit
    assert (list(refused.rows.lines), [cause.error_type for cause in refused.causes]) == ([2], ["bad_value"])
    assert ordinals(made.flush().batches) == [0, 2]


def test_rows_of_another_source_do_not_join_those_that_wait():
    other = Source(1, "more.jsonl", Layout("jsonl"), stream=False, size=None)
    made = batcher()
    made.add(rows([b"a1:x"]))
    (first,) = made.add(rows([b"a2:x"], start=1, source=other)).batches
    assert first.rows.source is SOURCE
    assert made.flush().batches[0].rows.source is other


def test_without_groups_each_row_goes_alone_in_order():
    cut = batcher(group_of=None).add(rows([b"a:x", b"b:x", b"a:x"]))
    assert [ordinals([batch]) for batch in cut.batches] == [[0], [1], [2]]


def test_a_batch_that_was_too_large_lowers_the_limits():
    made = batcher()
    (batch,) = made.add(rows([b"a%d:" % i + b"v" * 300 for i in range(10)])).batches
    assert made.shrink(batch) == sum(batch.sizes) // 2
    assert {len(batch) for batch in made.add(rows([b"a%d:" % i + b"v" * 300 for i in range(10)])).batches} == {4}


LIMITS = st.builds(
    BatchLimits,
    rows=st.integers(1, 12),
    partitions=st.integers(1, 5),
    max_bytes=st.integers(50, 400),
    warned_bytes=st.integers(50, 300),
)
ROW = st.builds(
    lambda key, size: b"%s:%s" % (key, b"v" * size),
    st.text("abcd", min_size=1, max_size=2).map(str.encode),
    st.integers(0, 90),
)


@given(LIMITS, st.lists(st.lists(ROW, max_size=30), max_size=6))
def test_every_row_goes_once_within_all_limits_and_rows_of_a_partition_in_order(limits, chunks):
    made, start = batcher(limits), 0
    batches: list[Batch] = []
    for chunk in chunks:
        batches += made.add(rows(chunk, start)).batches
        start += len(chunk)
    batches += made.flush().batches
    assert sorted(ordinals(batches)) == list(range(start))
    for batch in batches:
        partitions = len(set(keys(batch)))
        assert len({key[:1] for key in keys(batch)}) == 1
        size = sum(batch.sizes) + ADDED * len(batch)
        most = limits.max_bytes if partitions == 1 else limits.warned_bytes
        assert len(batch) == 1 or (size <= most and partitions <= limits.partitions and len(batch) <= limits.rows)
    raw = [row for chunk in chunks for row in chunk]
    for key in {row.partition(b":")[0] for row in raw}:
        sent = [ordinal for ordinal in ordinals(batches) if raw[ordinal].partition(b":")[0] == key]
        assert all(a < b for a, b in pairwise(sent))
