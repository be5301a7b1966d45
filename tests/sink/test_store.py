from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from loader.sink import RequestRecord, Store
from loader.sink.http1 import Reply
from loader.sink.store import KeyReused

NOTE = RequestRecord(1.5, "POST", "/rows", None, 2, 0, None, True)
KEYED = replace(NOTE, key="k1")
OK = Reply(200, b"first")


def test_rows_are_kept_as_texts_in_order_with_their_request(store):
    record, reply = store.accept(NOTE, ['{"a": 1}', '{"a":2}'], OK)
    assert reply == OK
    assert list(store.texts()) == ['{"a": 1}', '{"a":2}']
    assert list(store.rows()) == [{"a": 1}, {"a": 2}]
    assert store.requests() == [record] == [replace(NOTE, stored=2, status=200, id=1)]


def test_repeated_key_gets_the_first_answer_and_stores_nothing(store):
    store.accept(KEYED, ['{"a":1}'], OK, b"body")
    record, reply = store.accept(KEYED, ['{"a":1}'], Reply(207, b"second"), b"body")
    assert (reply, record.stored, record.status) == (OK, 0, 200)
    assert store.count() == 1


def test_key_of_another_body_is_a_mistake_that_stores_nothing(store):
    store.accept(KEYED, ['{"a":1}'], OK, b"body")
    with pytest.raises(KeyReused):
        store.accept(KEYED, ['{"a":2}'], OK, b"other body")
    assert (store.count(), len(store.requests())) == (1, 1)


def test_key_under_which_nothing_was_stored_may_do_better_later(store):
    store.accept(KEYED, [], Reply(207, b"all items failed"))
    _, reply = store.accept(KEYED, ['{"a":1}'], OK)
    assert (reply, store.count()) == (OK, 1)


def test_requests_without_a_key_are_never_the_same(store):
    store.accept(NOTE, ['{"a":1}'], OK)
    store.accept(NOTE, ['{"a":1}'], OK)
    assert store.count() == 2


def test_distinct_compares_values_as_they_are_written(store):
    rows = [
        '{"a.b":1,"c":1}',
        '{"a.b":1}',
        '{"a.b":"1"}',
        '{"a.b":10000000000000000000001}',
        '{"a.b":10000000000000000000002}',
    ]
    store.accept(NOTE, rows, OK)
    assert (store.distinct("a.b"), store.distinct("c"), store.distinct("none"), store.distinct()) == (4, 1, 0, 5)


def test_more_rows_than_a_page_come_out_once_each(store):
    store.accept(NOTE, [f'{{"a":{n}}}' for n in range(2500)], OK)
    assert [row["a"] for row in store.rows()] == list(range(2500))


def test_counts_tell_requests_by_status_and_fault(store):
    store.accept(NOTE, ['{"a":1}'], OK)
    store.record(replace(NOTE, fault="reset_before", complete=False))
    store.record(replace(NOTE, status=503, fault="outage"))
    assert store.counts() == {
        "rows": 1,
        "requests": 3,
        "statuses": {"none": 1, "200": 1, "503": 1},
        "faults": {"outage": 1, "reset_before": 1},
    }


def test_other_processes_see_what_was_accepted_and_a_new_store_takes_it_up(tmp_path):
    path = tmp_path / "sink.db"
    with Store(path) as store:
        store.accept(KEYED, ['{"a":1}'], OK, b"body")
        with closing(sqlite3.connect(path)) as other:
            assert other.execute("SELECT row, key FROM rows").fetchall() == [('{"a":1}', "k1")]
    with Store(path) as store:
        _, reply = store.accept(KEYED, ['{"a":1}'], Reply(200, b"second"), b"body")
        assert (reply, store.count()) == (OK, 1)


def test_failure_in_the_middle_leaves_nothing_of_the_request(store):
    with pytest.raises(sqlite3.Error):
        store.accept(NOTE, ['{"a":1}', object()], OK)
    store.accept(NOTE, ['{"a":2}'], OK)
    assert list(store.texts()) == ['{"a":2}']
    assert len(store.requests()) == 1


def test_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("dear diary, " * 100)
    with pytest.raises(sqlite3.DatabaseError):
        Store(path)
