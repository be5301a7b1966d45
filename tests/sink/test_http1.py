"""What stands on the wire, by raw sockets."""

from __future__ import annotations

import gzip
import socket
from contextlib import contextmanager

import pytest

HEAD = b"POST /rows HTTP/1.1\r\nHost: sink\r\n"


@contextmanager
def connected(sink):
    host, port = sink.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        yield connection


def talk(sink, data: bytes) -> bytes:
    """Send all of `data`, say that nothing follows, and read to the end."""
    with connected(sink) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def statuses(answers: bytes) -> list[int]:
    return [int(part[:3]) for part in answers.split(b"HTTP/1.1 ")[1:]]


def test_body_with_a_length_is_stored(start, store):
    answer = talk(start(), HEAD + b'Content-Length: 7\r\n\r\n{"a":1}')
    assert statuses(answer) == [200]
    assert list(store.rows()) == [{"a": 1}]


def test_chunked_body_is_stored_whatever_its_extensions_and_trailers(start, store):
    chunks = b'3;x=y\r\n{"a\r\n4\r\n":1}\r\n0\r\nDigest: none\r\n\r\n'
    answer = talk(start(), HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert statuses(answer) == [200]
    assert list(store.rows()) == [{"a": 1}]


def test_gzip_body_is_stored(start, store):
    body = gzip.compress(b'[{"a":1},{"a":2}]')
    answer = talk(start(), HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert statuses(answer) == [200]
    assert store.count() == 2


def test_one_connection_carries_many_requests_even_sent_ahead(start, store):
    answer = talk(start(), (HEAD + b'Content-Length: 7\r\n\r\n{"a":1}') * 5)
    assert statuses(answer) == [200] * 5
    assert store.count() == 5


@pytest.mark.parametrize(
    "head",
    [b"POST / HTTP/1.0\r\n", b"POST / HTTP/1.1\r\nConnection: close\r\n"],
    ids=["HTTP/1.0", "asked to"],
)
def test_connection_is_closed_after_the_answer_where_it_is_not_kept_alive(start, head):
    with connected(start()) as connection:
        connection.sendall(head + b"Content-Length: 2\r\n\r\n{}")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert statuses(answer) == [200]
    assert b"Connection: close\r\n" in answer


def test_client_that_waits_for_leave_to_send_its_body_gets_it(start):
    with connected(start()) as connection:
        connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")


def test_head_is_answered_without_a_body_and_the_connection_goes_on(start):
    answer = talk(start(), b"HEAD / HTTP/1.1\r\n\r\n" * 2)
    assert statuses(answer) == [200, 200]
    assert answer.endswith(b"\r\n\r\n")


def test_answers_are_dated(start):
    assert b"\r\nDate: " in talk(start(), b"GET / HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"POST /a b HTTP/1.1\r\n\r\n", 400),
        (b"POST / HTTP/2.0\r\n\r\n", 400),
        (HEAD + b"no colon\r\n\r\n", 400),
        (HEAD + b"Folded : value\r\n\r\n", 400),
        (HEAD + b"Content-Length: -1\r\n\r\n", 400),
        (HEAD + b"Content-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: br, chunked\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}..", None),
        (HEAD + b"Content-Length: 99999999999\r\n\r\n", 413),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n", 413),
        (HEAD + b"X: " + b"x" * 70_000, 431),
        (HEAD + b"Content-Length: 7\r\n\r\n{", None),
        (HEAD + b"Content-Le", None),
        (HEAD, None),
    ],
)
def test_broken_requests_are_answered_where_they_are_whole_and_never_stored(start, store, request_bytes, status):
    with connected(start()) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        try:
            answer = connection.recv(65536)
        except ConnectionResetError:  # what the sink had not read yet makes the system reset the connection
            answer = b""
    assert statuses(answer) in ([] if status is None else [status], [])
    assert store.requests() == []


@pytest.mark.parametrize(
    ("coding", "body", "status"),
    [
        (b"gzip", b"not gzip", 400),
        (b"gzip", gzip.compress(b"{}")[:-4], 400),
        (b"gzip", gzip.compress(b"{}") + b"more", 400),
        (b"br", b"{}", 415),
    ],
)
def test_broken_or_unknown_content_coding_is_refused(start, store, coding, body, status):
    head = HEAD + b"Content-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (coding, len(body))
    assert statuses(talk(start(), head + body)) == [status]
    assert store.count() == 0
