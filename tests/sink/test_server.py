"""The server as a whole: many clients, credentials, TLS, the log, and that nothing is left behind."""

from __future__ import annotations

import io
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import trustme

from loader.config.sections import Auth
from loader.sink import FaultSettings, Outage, SinkServer, SinkSettings, Slow, json_lines


def sink_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("sink-")]


def test_rows_posted_by_many_threads_are_all_counted(start, store):
    url = start().url

    def post(worker: int) -> None:
        with requests.Session() as session:
            for n in range(25):
                rows = [{"id": (worker * 25 + n) * 10 + i} for i in range(10)]
                assert session.post(url, json=rows, headers={"Idempotency-Key": f"{worker}-{n}"}).json() == {
                    "stored": 10
                }

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(post, range(16)))
    assert (store.count(), store.distinct("id"), len(store.requests())) == (4000, 4000, 400)


def test_one_key_from_many_threads_is_stored_once(start, store):
    url = start().url

    def post(_: int) -> int:
        return requests.post(url, json={"a": 1}, headers={"Idempotency-Key": "same"}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(post, range(24))) == {200}
    assert store.count() == 1


def test_key_that_comes_again_with_other_rows_is_refused(start, store, http):
    url = start().url
    answers = [http.post(url, json={"a": n}, headers={"Idempotency-Key": "same"}) for n in (1, 2)]
    assert [answer.status_code for answer in answers] == [200, 422]
    assert list(store.rows()) == [{"a": 1}]


@pytest.mark.parametrize("path", ["/", "/count"])
def test_totals_can_be_looked_at_and_looking_is_not_counted(start, store, http, path):
    url = start().url
    http.put(f"{url}/any/path?q=1", json=[{"a": 1}, {"a": 2}])
    assert http.get(url + path).json() == http.get(url + path).json() == store.counts()
    assert store.counts()["requests"] == 1
    assert store.requests()[0].path == "/any/path?q=1"


def test_other_paths_and_methods_are_refused(start, http):
    url = start().url
    assert http.get(f"{url}/rows").status_code == 404
    answer = http.delete(url)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST, PUT, PATCH")


def test_body_without_rows_is_refused_and_recorded(start, store, http):
    answer = http.post(start().url, data=b"{broken")
    assert answer.status_code == 400
    assert "line 1" in answer.json()["error"]
    assert [(record.status, record.rows) for record in store.requests()] == [(400, 0)]


@pytest.mark.parametrize(
    ("auth", "right", "wrong"),
    [
        (Auth("basic", "ann", "p:w"), {"Authorization": "Basic YW5uOnA6dw=="}, {"Authorization": "Basic YW5uOng="}),
        (Auth("bearer", secret="t0ken"), {"Authorization": "Bearer t0ken"}, {"Authorization": "Bearer other"}),
        (Auth("header", secret="s3cret", header="X-Api-Key"), {"x-api-key": "s3cret"}, {"x-api-key": "é"}),
    ],
    ids=["basic", "bearer", "header"],
)
def test_only_the_right_credentials_get_in(store, http, auth, right, wrong):
    with SinkServer(SinkSettings(auth=auth), store) as sink:
        turned_away = [http.post(sink.url, json={"a": 1}, headers=headers) for headers in (None, wrong)]
        assert [answer.status_code for answer in turned_away] == [401, 401]
        assert all("WWW-Authenticate" in answer.headers for answer in turned_away)
        assert http.post(sink.url, json={"a": 1}, headers=right).status_code == 200
    assert store.count() == 1


def test_log_has_a_line_for_each_recorded_request_and_no_credentials(store, http):
    stream = io.StringIO()
    auth = Auth("bearer", secret="t0ken")
    with SinkServer(SinkSettings(auth=auth), store, json_lines(lambda line: stream.write(f"{line}\n"))) as sink:
        headers = {"Authorization": "Bearer t0ken", "Idempotency-Key": "k"}
        http.post(f"{sink.url}/rows", json=[{"a": 1}], headers=headers)
        http.post(f"{sink.url}/rows", json=[{"a": 1}], headers=headers)
        http.get(sink.url, headers=headers)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["id"], line["key"], line["status"], line["stored"]) for line in lines] == [
        (1, "k", 200, 1),
        (2, "k", 200, 0),
    ]
    assert lines[0]["at"].endswith("+00:00")
    assert "t0ken" not in stream.getvalue()


def test_failure_to_store_is_an_answer_of_500_and_the_sink_goes_on(start, store, http):
    url = start().url
    store.close()
    assert [http.post(url, json={"a": 1}).status_code for _ in range(2)] == [500, 500]


def test_clients_with_a_certificate_are_served_over_tls(tmp_path, store, http):
    authority = trustme.CA()
    certificate, own = authority.issue_cert("127.0.0.1"), authority.issue_cert("client@example.com")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    own.private_key_and_cert_chain_pem.write_to_path(tmp_path / "client.pem")
    settings = SinkSettings(cert=str(tmp_path / "server.pem"), client_ca=str(tmp_path / "ca.pem"))
    http.verify = str(tmp_path / "ca.pem")
    with SinkServer(settings, store) as sink:
        assert sink.url.startswith("https://127.0.0.1:")
        with pytest.raises(requests.ConnectionError):
            http.post(sink.url, json={"a": 1})
        assert http.post(sink.url, json={"a": 1}, cert=str(tmp_path / "client.pem")).status_code == 200
    assert store.count() == 1


def test_peer_that_speaks_no_tls_disturbs_nobody(tmp_path, store, http):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    with SinkServer(SinkSettings(cert=str(tmp_path / "server.pem")), store) as sink:
        with pytest.raises(requests.ConnectionError):
            http.post(sink.url.replace("https", "http"), json={"a": 1})
        assert http.post(sink.url, json={"a": 1}, verify=str(tmp_path / "ca.pem")).status_code == 200


def test_nothing_is_left_behind_by_a_stop(store, http):
    sink = SinkServer(SinkSettings(), store)
    sink.start()
    port = int(sink.url.rpartition(":")[2])
    http.post(sink.url, json={"a": 1})  # its connection is kept open
    with socket.create_connection(("127.0.0.1", port)):  # and one on which nothing ever came
        sink.stop()
        assert sink_threads() == []
        sink.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port)).close()


def test_stop_waits_for_no_slow_answer(store):
    faults = FaultSettings(slow=Slow(1.0, 3600.0))
    stored = threading.Event()
    sink = SinkServer(SinkSettings(faults=faults), store, lambda _: stored.set())
    sink.start()
    with socket.create_connection(("127.0.0.1", int(sink.url.rpartition(":")[2]))) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
        assert stored.wait(30)
        sink.stop()
    assert (sink_threads(), store.count()) == ([], 1)


def test_stop_while_connections_are_refused_leaves_nothing_either(store, http):
    sink = SinkServer(SinkSettings(faults=FaultSettings(outages=(Outage(seconds=3600.0, answer="refuse"),))), store)
    sink.start()
    with pytest.raises(requests.ConnectionError):
        http.post(sink.url, json={"a": 1})
    sink.stop()
    assert sink_threads() == []


def test_port_in_use_is_an_error_at_the_start_that_leaves_nothing(start, store):
    port = int(start().url.rpartition(":")[2])
    second = SinkServer(SinkSettings(port=port), store)
    with pytest.raises(OSError, match="in use"):
        second.start()
    second.stop()


def test_port_of_a_stopped_sink_can_be_taken_at_once(store, http):
    with SinkServer(SinkSettings(), store) as first:
        http.post(first.url, json={"a": 1})
        port = int(first.url.rpartition(":")[2])
    with SinkServer(SinkSettings(port=port), store) as second:
        assert http.get(second.url).json()["rows"] == 1


def test_url_is_not_known_before_the_start(store):
    with pytest.raises(RuntimeError, match="not been started"):
        _ = SinkServer(SinkSettings(), store).url
