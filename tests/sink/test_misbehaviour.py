"""Each fault as a client sees it."""

from __future__ import annotations

import socket
import threading
from email.utils import parsedate_to_datetime

import pytest
import requests

from loader.clock import SystemClock
from loader.sink import Outage, RetryAfter, Rule, Slow, StatusShare
from loader.sink.listener import Listener

KEY = {"Idempotency-Key": "k1"}


def refused(address) -> bool:
    try:
        socket.create_connection(address, timeout=10).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return True
    return False


def test_status_by_share_stores_nothing(start, store, http):
    answer = http.post(start(statuses=(StatusShare(502, 1.0),)).url, json={"a": 1})
    assert (answer.status_code, "Retry-After" in answer.headers, store.count()) == (502, False, 0)
    assert [(record.status, record.fault) for record in store.requests()] == [(502, "status_502")]


def test_throttling_asks_for_a_wait_in_seconds(start, http):
    answer = http.post(start(statuses=(StatusShare(429, 1.0),), retry_after=RetryAfter(7)).url, json={"a": 1})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_throttling_asks_for_a_wait_as_a_date(start, http):
    settings = {"statuses": (StatusShare(503, 1.0),), "retry_after": RetryAfter(3600, as_date=True)}
    answer = http.post(start(**settings).url, json={"a": 1})
    until, dated = (parsedate_to_datetime(answer.headers[name]) for name in ("Retry-After", "Date"))
    assert round((until - dated).total_seconds() / 60) == 60


def test_reset_before_storing_stores_nothing(start, store, http):
    with pytest.raises(requests.ConnectionError, match=r"[Rr]eset"):
        http.post(start(reset_before=1.0).url, json={"a": 1})
    assert [(record.status, record.complete, record.stored) for record in store.requests()] == [(None, False, 0)]


def test_key_is_honoured_after_a_reset_after_storing(start, store, http):
    url = start(reset_after=1.0).url
    for _ in range(2):
        with pytest.raises(requests.ConnectionError, match=r"[Rr]eset"):
            http.post(url, json=[{"a": 1}, {"a": 2}], headers=KEY)
    healthy = start().url
    assert http.post(healthy, json=[{"a": 1}, {"a": 2}], headers=KEY).json() == {"stored": 2}
    assert [(record.stored, record.complete) for record in store.requests()] == [(2, False), (0, False), (0, True)]
    assert store.count() == 2


def test_without_a_key_a_reset_after_storing_stores_twice(start, store, http):
    with pytest.raises(requests.ConnectionError):
        http.post(start(reset_after=1.0).url, json={"a": 1})
    http.post(start().url, json={"a": 1})
    assert store.count() == 2


def test_slow_answer_comes_and_is_recorded(start, store, http):
    assert http.post(start(slow=Slow(1.0, 0.01)).url, json={"a": 1}).status_code == 200
    assert [(record.fault, record.stored) for record in store.requests()] == [("slow", 1)]


def test_refused_row_is_422_alone_and_400_for_its_whole_batch(start, store, http):
    url = start(refuse=(Rule("s", "bad"),)).url
    assert http.post(url, json={"s": "bad"}).status_code == 422
    assert http.post(url, json=[{"s": "good"}, {"s": "bad"}]).status_code == 400
    assert store.count() == 0
    assert http.post(url, json=[{"s": "good"}]).status_code == 200
    assert store.count() == 1


def test_batches_are_rejected_whole_and_lone_rows_are_not(start, store, http):
    url = start(reject_batches=1.0).url
    assert http.post(url, json=[{"a": 1}, {"a": 2}]).status_code == 400
    assert http.post(url, json={"a": 1}).status_code == 200
    assert store.count() == 1


def test_rows_that_fail_forever_take_their_request_with_them(start, store, http):
    url = start(fail_forever=(Rule("s", "never"),), retry_after=RetryAfter(1)).url
    answers = [http.post(url, json=[{"s": "never"}, {"s": "good"}], headers=KEY) for _ in range(3)]
    assert [(answer.status_code, answer.headers["Retry-After"]) for answer in answers] == [(503, "1")] * 3
    assert store.count() == 0


def test_elasticsearch_answer_speaks_of_each_row(start, store, http):
    url = start(items="elasticsearch", refuse=(Rule("s", "bad"),)).url
    body = '{"index":{}}\n{"s":"good"}\n{"index":{}}\n{"s":"bad"}\n'
    answer = http.post(f"{url}/_bulk", data=body)
    items = [item["index"] for item in answer.json()["items"]]
    assert (answer.status_code, answer.json()["errors"]) == (200, True)
    assert [item["status"] for item in items] == [201, 422]
    assert "s=bad" in items[1]["error"]["reason"]
    assert list(store.rows()) == [{"s": "good"}]


def test_multi_status_answer_speaks_of_each_row(start, store, http):
    url = start(items="multi-status", fail_forever=(Rule("s", "never"),)).url
    answer = http.post(url, json=[{"s": "never"}, {"s": "good"}])
    assert answer.status_code == 207
    assert [item["status"] for item in answer.json()["items"]] == [503, 201]
    assert list(store.rows()) == [{"s": "good"}]


def test_partial_answer_is_repeated_for_its_key_whatever_chance_says(start, store, http):
    url = start(items="multi-status", item_statuses=(StatusShare(429, 0.5),)).url
    rows = [{"a": n} for n in range(50)]
    first, second = (http.post(url, json=rows, headers=KEY) for _ in range(2))
    assert first.json() == second.json()
    assert store.count() == sum(item["status"] == 201 for item in first.json()["items"])


def test_lone_item_that_failed_by_chance_gets_through_with_the_same_key_later(start, store, http):
    url = start(items="multi-status", item_statuses=(StatusShare(429, 0.7),)).url
    statuses = [http.post(url, json={"a": 1}, headers=KEY).json()["items"][0]["status"] for _ in range(40)]
    assert set(statuses) == {429, 201}
    assert statuses == sorted(statuses, reverse=True)  # once it was stored the answer stays
    assert store.count() == 1


def test_outage_answers_503_and_ends(start, store, http):
    url = start(outages=(Outage(after=1, requests=2),), retry_after=RetryAfter(0)).url
    answers = [http.post(url, json={"a": n}) for n in range(4)]
    assert [answer.status_code for answer in answers] == [200, 503, 503, 200]
    assert store.count() == 2


def test_outage_closes_connections_without_an_answer(start, store, http):
    url = start(outages=(Outage(requests=1, answer="close"),)).url
    with pytest.raises(requests.ConnectionError):
        http.post(url, json={"a": 1})
    assert http.post(url, json={"a": 1}).status_code == 200
    assert [record.fault for record in store.requests()] == ["outage", ""]


def test_looking_does_not_count_for_an_outage_and_is_answered_in_it(start, http):
    url = start(outages=(Outage(after=1),)).url
    assert [http.get(url).status_code for _ in range(3)] == [200] * 3
    assert [http.post(url, json={"a": 1}).status_code for _ in range(2)] == [200, 503]
    assert http.get(url).json()["faults"] == {"outage": 1}


def test_outage_refuses_new_connections(start, http):
    sink = start(outages=(Outage(seconds=3600.0, answer="refuse"),))
    host, port = sink.url.removeprefix("http://").split(":")
    with pytest.raises(requests.ConnectionError):
        http.post(sink.url, json={"a": 1})
    while not refused((host, int(port))):
        pass


def test_refused_connections_are_taken_again_on_the_same_port():
    listener = Listener("127.0.0.1", 0, SystemClock())
    try:
        listener.refuse(3600.0)
        accepted = []
        thread = threading.Thread(target=lambda: accepted.append(listener.accept()))
        thread.start()
        while not refused(listener.address):
            pass
        listener.refuse(0.0)
        while refused(listener.address):
            pass
        thread.join()
    finally:
        listener.close()
    assert listener.accept() is None
    for connection in accepted:
        connection.close()
