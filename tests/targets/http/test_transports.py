"""Which transport is taken, and how it is told."""

from __future__ import annotations

import select
import sys
import threading
from queue import SimpleQueue
from types import SimpleNamespace

import pytest

from loader.config.sections import Timeouts
from loader.targets.http.connection_setup import open_door
from loader.targets.http.request import Request, Response
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.transports import open_transport
from tests.targets.http.servers import answer, keep_alive, serving


def described(url="http://localhost/", connections=4, **settings) -> str:
    target = HttpTarget("", url, **settings)
    opened = open_transport(target, open_door(target, connections), Timeouts(), connections)
    opened.close()
    return opened.description


def test_libcurl_waits_for_the_last_answers_in_peace_once_it_is_closed(monkeypatch):
    pauses: SimpleQueue[float] = SimpleQueue()
    closed, arrived, release = threading.Event(), threading.Event(), threading.Event()
    answers: SimpleQueue[object] = SimpleQueue()

    def waits(readable: list, writable: list, faulty: list, pause: float) -> object:
        if closed.is_set():
            pauses.put(pause)
        return select.select(readable, writable, faulty, pause)

    def late(_seen: object) -> bytes:
        arrived.set()
        assert release.wait(60)
        return answer(200)

    monkeypatch.setattr("loader.targets.http.curl.select", SimpleNamespace(select=waits))
    with serving(keep_alive(late)) as server:
        target = HttpTarget("", server.url)
        opened = open_transport(target, open_door(target, 2), Timeouts(), 2)
        opened.submit(lambda: Request("/", {}, b"[]"), answers.put)
        assert arrived.wait(60)
        opened.close()
        closed.set()
        assert any(pauses.get(timeout=60) > 0 for _ in range(50))
        release.set()
        assert isinstance(answers.get(timeout=60), Response)


def test_an_interrupt_while_its_thread_starts_closes_nothing_twice(monkeypatch):
    start = threading.Thread.start
    raised: list[object] = []

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading, "excepthook", raised.append)
    target = HttpTarget("", "http://127.0.0.1:1/")
    opened = open_transport(target, open_door(target, 2), Timeouts(), 2)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            opened.submit(lambda: Request("/", {}, b"[]"), lambda _: None)
    opened.close()
    for thread in threading.enumerate():
        if thread.name == "http-curl":
            thread.join(60)
    assert not raised


def test_libcurl_is_taken_where_it_is_installed():
    assert described().startswith("libcurl ")
    assert "urllib3 for larger ones" in described()


def test_without_it_urllib3_is_taken_and_says_what_would_be_faster(monkeypatch):
    monkeypatch.setitem(sys.modules, "pycurl", None)
    assert described() == "urllib3 (the extra `fast` sends small requests several times as fast)"


def test_a_proxy_is_left_to_urllib3():
    assert described(proxy="http://127.0.0.1:3128") == "urllib3 (not libcurl, since there is a proxy)"


def test_more_connections_than_select_can_wait_for_are_left_to_urllib3():
    assert described(connections=500).startswith("libcurl")
    assert described(connections=501) == "urllib3 (not libcurl, since concurrency.max_in_flight is above 500)"


@pytest.mark.parametrize(("version", "reason"), [("8.9.1", "8.9.1 is older than 8.10"), ("7.88.1", "older than 8.10")])
def test_a_libcurl_that_does_not_tell_what_was_sent_is_not_taken(monkeypatch, version, reason):
    monkeypatch.setattr("pycurl.version_info", lambda: (9, version, 0, "", 0, "OpenSSL/3.0.0"))
    assert reason in described()


def test_one_without_openssl_is_taken_for_plain_requests_alone(monkeypatch):
    monkeypatch.setattr("pycurl.version_info", lambda: (9, "8.20.0", 0, "", 0, "GnuTLS/3.7"))
    assert described().startswith("libcurl")
    assert (
        described("https://localhost/") == "urllib3 (not libcurl, since it is built with GnuTLS/3.7, not with OpenSSL)"
    )


def test_a_pycurl_that_does_not_name_connections_is_not_taken(monkeypatch):
    monkeypatch.delattr("pycurl.CONN_ID")
    assert "is older than 7.48" in described()
