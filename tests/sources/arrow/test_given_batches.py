"""Tables, readers and batches that a program gives."""

from __future__ import annotations

import threading

import pyarrow as pa
import pytest

import loader
from loader import UsageError
from loader.sink.fault_settings import Rule


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table(count: int, start: int = 0) -> pa.Table:
    numbers = range(start, start + count)
    return pa.table(
        {"id": pa.array(numbers, pa.int64()), "name": pa.array([f"row {i} " for i in numbers], pa.string())}
    )


def ids(server) -> list[int]:
    return sorted(row["id"] for row in server.store.rows())


class Foreign:
    """A table of another library."""

    def __init__(self, rows: pa.Table) -> None:
        self._rows = rows

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._rows.__arrow_c_stream__(requested_schema)


GIVEN = {
    "a table": lambda: table(30),
    "a reader": lambda: table(30).to_reader(7),
    "a batch": lambda: table(30).to_batches()[0],
    "a list of batches": lambda: table(30).to_batches(max_chunksize=7),
    "a tuple of tables": lambda: (table(10), table(20, 10)),
    "a table of another library": lambda: Foreign(table(30)),
    "a generator with its columns": lambda: pa.RecordBatchReader.from_batches(
        table(0).schema, (batch for batch in table(30).to_batches(max_chunksize=4))
    ),
}


@pytest.mark.parametrize("what", GIVEN)
def test_all_of_its_rows_arrive(what, here, sink):
    server = sink()
    report = loader.load(GIVEN[what](), to=server.url)
    assert (report.status, report.delivered) == ("complete", 30), report.reason
    assert ids(server) == list(range(30))


def test_types_are_those_of_files_and_only_columns_that_are_asked_for_go(here, sink):
    server = sink()
    rows = pa.table({"a": pa.array(["x", "y", "x"]).dictionary_encode(), "b": [b"\xff"] * 3, "c": [1, 2, 3]})
    loader.load(rows, to=server.url, config={"input": {"columns": ["b", "a"]}})
    assert sorted(server.store.texts()) == ['{"b":"/w==","a":"x"}', '{"b":"/w==","a":"x"}', '{"b":"/w==","a":"y"}']


def test_the_place_of_a_row_is_its_index_and_its_letter_is_replayed(here, sink):
    refusing, target = sink(refuse=(Rule.parse("name~row 5 "),)), sink()
    report = loader.load(table(9).to_batches(max_chunksize=2), to=refusing.url, config={"dlq": {"path": "dead.jsonl"}})
    assert (report.delivered, report.rejected) == (8, 1)
    assert [(each.source, each.line) for found in report.samples.values() for each in found] == [("<rows>", 5)]
    assert loader.replay("dead.jsonl", to=target.url).delivered == 1
    assert list(target.store.texts()) == ['{"id":5,"name":"row 5 "}']


def test_a_resume_is_given_the_same_batches_again(here, sink):
    config = {"errors": {"fail_on_first_error": True}, "batch": {"size": 100}, "concurrency": {"max_in_flight": 1}}
    refusing = sink(refuse=(Rule.parse("name~row 9000 "),))
    stopped = loader.load(table(20_000).to_reader(3_000), to=refusing.url, config=config)
    assert stopped.status == "stopped"
    assert 0 < stopped.delivered < 19_999
    again = loader.load(table(20_000).to_reader(1_000), to=refusing.url, config=config, resume=True)
    assert again.run_id == stopped.run_id
    assert again.read == again.delivered + again.rejected + again.unknown == 20_000
    assert again.delivered == 19_999
    assert ids(refusing) == [i for i in range(20_000) if i != 9_000]


def test_batches_that_are_slow_hold_back_none_that_came(here, sink):
    more = threading.Event()

    def slow():
        yield from table(1).to_batches()
        assert more.wait(30), "the first batch was held back"
        yield from table(1, 1).to_batches()

    def look(snapshot: loader.Snapshot) -> None:
        if snapshot.delivered:
            more.set()

    reader = pa.RecordBatchReader.from_batches(table(0).schema, slow())
    report = loader.load(reader, to=sink().url, config={"batch": {"max_wait": "50ms"}}, progress=look)
    assert report.delivered == 2


def test_whatever_a_generator_raises_ends_it_behind_the_batches_before(here, sink):
    def broken():
        yield from table(10).to_batches()
        raise OSError("the disk is gone")

    server = sink()
    report = loader.load(pa.RecordBatchReader.from_batches(table(0).schema, broken()), to=server.url)
    assert (report.status, report.delivered) == ("stopped", 10)
    assert report.reason.endswith("<rows>: record batch 1: OSError: IOError: the disk is gone")


def test_batches_of_other_columns_end_the_input(here, sink):
    report = loader.load([table(2), pa.table({"id": [1]})], to=sink().url)
    assert (report.status, report.delivered) == ("stopped", 2)
    assert "its columns are not those of the first batch" in report.reason


def test_batches_of_a_bare_generator_are_told_what_they_need(here, sink):
    report = loader.load((batch for batch in table(2).to_batches()), to=sink().url)
    assert report.status == "stopped"
    assert "RecordBatchReader.from_batches" in report.reason


def test_columns_that_no_row_can_be_made_of_are_a_usage_error(here, sink):
    with pytest.raises(UsageError, match="has no columns"):
        loader.load(pa.table({}), to=sink().url)


def test_no_batch_is_pulled_where_nothing_can_be_read(here, sink):
    pulled = []

    def batches():
        pulled.append(1)
        yield from table(1).to_batches()

    reader = pa.RecordBatchReader.from_batches(table(0).schema, batches())
    with pytest.raises(UsageError):
        loader.load(reader, to=sink().url, config={"dlq": {"path": "no/such/folder/dead.jsonl"}})
    assert not pulled
