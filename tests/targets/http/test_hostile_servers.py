"""Servers that break off, stall, lie and flood: whatever they do, an attempt ends once and says how far it came."""

from __future__ import annotations

import gzip
import select
import socket
import zlib

import pytest

from loader.config.sections import Auth, Batching, Timeouts
from loader.outcomes import ACCEPTED, Ending, Fault
from loader.targets.http import curl_exchange, pooled
from tests.targets.http.conftest import jsonl
from tests.targets.http.servers import (
    after_request,
    answer,
    keep_alive,
    read_head,
    read_request,
    reset,
    serving,
    sockets_to,
)

ROW = jsonl(b'{"a":1}')
TRANSPORTS = (pooled, curl_exchange)


def sends(*pieces: bytes, then=None):
    def act(server, connection):
        for piece in pieces:
            connection.sendall(piece)
        if then is not None:
            then(server, connection)

    return after_request(act)


def wait_for_the_end(server, connection):
    server.closing.wait(60)


def endlessly(piece: bytes):
    def act(server, connection):
        while not server.closing.is_set():
            connection.sendall(piece)

    return act


def dribble(server, connection):
    """A byte whenever the reader might lose patience with silence."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not server.closing.wait(0.01):
        connection.sendall(b"x")


AMBIGUOUS = {
    "reset before the answer": (sends(then=lambda _, connection: reset(connection)), "reset"),
    "closed before the answer": (sends(), "reset"),
    "closed within the body": (sends(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234"), "incomplete_answer"),
    "closed within the status line": (sends(b"HTTP/1.1 20"), ("incomplete_answer", "reset")),
    "closed within the head": (sends(b"HTTP/1.1 200 OK\r\nContent-Ty"), "incomplete_answer"),
    "closed between two headers": (sends(b"HTTP/1.1 200 OK\r\nServer: x\r\n"), "incomplete_answer"),
    "closed within a chunk": (
        sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        "incomplete_answer",
    ),
    "closed between chunks": (
        sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"),
        "incomplete_answer",
    ),
    "a chunk without a length": (
        sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n"),
        ("incomplete_answer", "bad_answer"),
    ),
    "a chunk of negative length": (
        sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-9\r\nab\r\n"),
        "bad_answer",
    ),
    "closed after an interim answer": (
        sends(b"HTTP/1.1 103 Early\r\n\r\n"),
        ("incomplete_answer", "reset"),
    ),
    "no HTTP at all": (sends(b"220 mail.example.com ESMTP\r\n"), "bad_answer"),
    "a status that is no number": (sends(b"HTTP/1.1 abc OK\r\n\r\n"), "bad_answer"),
    "headers without end": (sends(b"HTTP/1.1 200 OK\r\n", then=endlessly(b"X-A: b\r\n" * 100)), "bad_answer"),
    "a header without end": (sends(b"HTTP/1.1 200 OK\r\nX-A: ", then=endlessly(b"x" * 65536)), "bad_answer"),
    "interim answers without end": (sends(then=endlessly(b"HTTP/1.1 103 Hints\r\n\r\n" * 50)), "bad_answer"),
    "two lengths": (sends(b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nab"), "bad_answer"),
    "what is no gzip": (sends(answer(200, b"plain", "Content-Encoding: gzip")), "bad_answer"),
    "reset within the head": (
        sends(b"HTTP/1.1 200 OK\r\n", then=lambda _, connection: reset(connection)),
        ("reset", "incomplete_answer"),
    ),
}


@pytest.mark.parametrize(("handle", "error_type"), AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_a_request_without_a_whole_answer_is_ambiguous(sending, handle, error_type):
    with serving(handle) as server:
        cause = sending(server.url, ROW).cause
    assert cause.error_type in error_type
    assert cause.ending is Ending.AMBIGUOUS
    assert cause.retryable
    assert not cause.timeout
    assert len(server.requests) == 1


def test_a_body_without_end_is_cut_off(sending, monkeypatch):
    for module in TRANSPORTS:
        monkeypatch.setattr(module, "ANSWER_LIMIT", 2**20)
    with serving(sends(b"HTTP/1.1 200 OK\r\n\r\n", then=endlessly(b"x" * 65536))) as server:
        cause = sending(server.url, ROW).cause
    assert (cause.error_type, cause.ending) == ("answer_too_large", Ending.AMBIGUOUS)


def test_a_small_answer_that_unpacks_to_a_huge_one_is_cut_off(sending):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(80)) + packer.flush()
    with serving(sends(answer(200, bomb, "Content-Encoding: gzip"))) as server:
        cause = sending(server.url, ROW).cause
    assert (cause.error_type, cause.ending) == ("answer_too_large", Ending.AMBIGUOUS)


def test_an_answer_may_be_compressed(sending):
    body = gzip.compress(b"no such column")
    with serving(sends(answer(422, body, "Content-Encoding: gzip"))) as server:
        assert "no such column" in sending(server.url, ROW).cause.message


def test_silence_ends_with_the_read_timeout(sending):
    with serving(sends(then=wait_for_the_end)) as server:
        cause = sending(server.url, ROW, timeouts=Timeouts(read=0.1)).cause
    assert (cause.error_type, cause.ending, cause.timeout) == ("read_timeout", Ending.AMBIGUOUS, True)


def test_silence_within_a_body_ends_with_the_read_timeout(sending):
    with serving(sends(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12", then=wait_for_the_end)) as server:
        cause = sending(server.url, ROW, timeouts=Timeouts(read=0.1)).cause
    assert (cause.error_type, cause.ending, cause.timeout) == ("read_timeout", Ending.AMBIGUOUS, True)


def test_an_answer_that_dribbles_ends_with_the_attempt(sending):
    """Each byte comes in time for the read timeout; and the cut must not pass for the end of the body."""
    with serving(after_request(dribble)) as server:
        cause = sending(server.url, ROW, timeouts=Timeouts(write=0.3)).cause
    assert (cause.error_type, cause.ending, cause.timeout) == ("attempt_timeout", Ending.AMBIGUOUS, True)


def test_a_server_that_does_not_read_ends_with_a_timeout(sending):
    rows = jsonl(*[b'{"a":"%s"}' % (b"x" * 2**20)] * 16)
    with serving(wait_for_the_end) as server:
        limits = {"timeouts": Timeouts(read=0.2), "batching": Batching(max_bytes=2**30)}
        cause = sending(server.url, rows, **limits).cause
    assert (cause.error_type, cause.ending, cause.timeout) == ("write_timeout", Ending.AMBIGUOUS, True)


@pytest.mark.parametrize("interim", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n"])
def test_interim_answers_are_passed_over(sending, interim):
    with serving(sends(interim, interim, answer(201))) as server:
        assert sending(server.url, ROW) == ACCEPTED


def test_what_comes_after_the_stated_length_is_no_part_of_an_answer(sender):
    handle = keep_alive(lambda seen: answer(422, b"short") + b"and something that nobody asked for")
    with serving(handle) as server:
        target = sender(server.url)
        causes = [target.send(ROW).cause for _ in range(3)]
    assert [cause.message[-5:] for cause in causes] == ["short"] * 3


@pytest.mark.parametrize("status", [200, 204])
def test_an_answer_needs_no_body(sending, status):
    with serving(sends(b"HTTP/1.1 %d OK\r\n\r\n" % status)) as server:
        assert sending(server.url, ROW) == ACCEPTED


def test_redirects_are_not_followed(sending):
    with serving(keep_alive(lambda seen: answer(200))) as other:
        location = f"Location: {other.url}/elsewhere"
        with serving(keep_alive(lambda seen: answer(307, b"", location))) as server:
            cause = sending(server.url, ROW).cause
    assert (cause.error_type, cause.fault) == ("http_307", Fault.SUSPECTED)
    assert "not followed" in cause.hint
    assert not other.requests


def test_a_connection_closed_while_it_was_idle_costs_nothing(sender):
    """The server answers and closes; the next request must go out on a new connection, without ambiguity."""
    with serving(sends(answer(200))) as server:
        target = sender(server.url)
        for _ in range(20):
            assert target.send(ROW) == ACCEPTED
            for idle in sockets_to(server.port):
                with idle:
                    assert select.select([idle], [], [], 60)[0]  # the end has arrived
        assert server.connections == 20


def test_connections_are_kept(sender):
    with serving(keep_alive(lambda seen: answer(200, b"{}"))) as server:
        target = sender(server.url)
        assert [target.send(ROW) for _ in range(20)] == [ACCEPTED] * 20
        assert server.connections == 1


def test_a_pooled_connection_that_breaks_at_the_first_byte_is_replaced_at_once(sender, monkeypatch):
    """As when the server's RST comes between the look at an idle connection and the first byte."""
    monkeypatch.setattr("urllib3.connectionpool.is_connection_dropped", lambda conn: False)
    with serving(keep_alive(lambda seen: answer(200))) as server:
        target = sender(server.url)
        target.send(ROW)
        for idle in sockets_to(server.port):
            with idle:
                idle.shutdown(socket.SHUT_WR)
        assert target.send(ROW) == ACCEPTED
        assert server.connections == 2
        assert len(server.requests) == 2


@pytest.mark.parametrize("end", [reset, lambda connection: connection.shutdown(socket.SHUT_RDWR)])
def test_a_request_on_a_pooled_connection_that_breaks_before_the_answer_is_not_sent_again(sender, end):
    """Nothing may begin anew by itself once the first byte went out: the rows may have arrived."""

    def handle(server, connection):
        with connection.makefile("rb") as stream:
            server.requests.append(read_request(stream))
            connection.sendall(answer(200))
            server.requests.append(read_request(stream))
        end(connection)

    with serving(handle) as server:
        target = sender(server.url)
        assert target.send(ROW) == ACCEPTED
        cause = target.send(ROW).cause
        assert (cause.error_type, cause.ending) == ("reset", Ending.AMBIGUOUS)
        assert (server.connections, len(server.requests)) == (1, 2)


def test_a_refusal_that_comes_before_all_was_sent_is_the_answer(sending):
    """A server may say 413 and close without reading the body."""

    def handle(server, connection):
        with connection.makefile("rb", buffering=0) as stream:
            read_head(stream)
        connection.sendall(answer(413, b"too much", "Connection: close"))
        connection.shutdown(socket.SHUT_WR)
        reset(connection)

    rows = jsonl(*[b'{"a":"%s"}' % (b"x" * 2**20)] * 16)
    with serving(handle) as server:
        cause = sending(server.url, rows, batching=Batching(max_bytes=2**30)).cause
    assert (cause.error_type, cause.ending) == ("http_413", Ending.REFUSED)


def test_nobody_listens(sending):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    cause = sending(f"http://127.0.0.1:{port}/", ROW).cause
    assert (cause.error_type, cause.ending, cause.fault) == ("connect_refused", Ending.UNSENT, Fault.NONE)
    assert cause.retryable


def test_a_name_that_does_not_resolve_is_a_fault_at_the_start(sending):
    cause = sending("http://no-such-host.invalid/", ROW).cause
    assert (cause.error_type, cause.ending, cause.fault) == ("dns", Ending.UNSENT, Fault.AT_START)


def test_a_host_that_does_not_answer_ends_with_the_connect_timeout(sending):
    """A listener whose backlog is full drops further calls without a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        callers = [socket.socket() for _ in range(3)]
        try:
            for caller in callers:
                caller.setblocking(False)
                caller.connect_ex(address)
            cause = sending(f"http://127.0.0.1:{address[1]}/", ROW, timeouts=Timeouts(connect=0.2)).cause
        finally:
            for caller in callers:
                caller.close()
    assert (cause.error_type, cause.ending) == ("connect_timeout", Ending.UNSENT)


def test_the_deadline_of_an_attempt_counts_from_its_connect(sending):
    with serving(sends(then=wait_for_the_end)) as server:
        cause = sending(server.url, ROW, timeouts=Timeouts(write=0.2)).cause
    assert cause.timeout
    assert cause.ending is Ending.AMBIGUOUS


def test_one_connection_serves_requests_of_any_size(sender, transport):
    def respond(seen):
        return answer(200, b"%d" % len(seen.body))

    with serving(keep_alive(respond)) as server:
        target = sender(server.url, batching=Batching(max_bytes=2**30))
        for size in (1, 2**22, 1):
            assert target.send(jsonl(b'{"a":"%s"}' % (b"x" * size))) == ACCEPTED
        assert server.connections == (2 if transport == "libcurl" else 1)  # large ones are left to urllib3


WHOLE = b'HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 17\r\n\r\n{"stored": 12345}'
ANSWER_CUTS = (1, 4, 8, 9, 12, 13, 16, 17, 18, 27, 45, 48, 49, 50, 51, len(WHOLE) - 1)


@pytest.mark.parametrize("ending", ["reset", "close"])
@pytest.mark.parametrize("cut", ANSWER_CUTS)
def test_an_answer_that_ends_at_any_byte_is_no_answer(sending, cut, ending):
    """Within the status line, between lines, before the body, before its last byte: never delivered, never refused."""
    end = (lambda _, connection: reset(connection)) if ending == "reset" else None
    with serving(sends(WHOLE[:cut], then=end)) as server:
        cause = sending(server.url, ROW).cause
    assert cause.ending is Ending.AMBIGUOUS
    assert cause.retryable


def test_the_whole_of_that_answer_is_one(sending):
    with serving(sends(WHOLE)) as server:
        assert sending(server.url, ROW) == ACCEPTED


@pytest.mark.parametrize("taken", [0, 1, 7, 30, 100, 5000, 100_000])
def test_a_request_that_is_cut_off_at_any_byte_is_not_delivered(sending, taken):
    def handle(server, connection):
        left = taken
        while left and (data := connection.recv(min(left, 65536))):
            left -= len(data)
        reset(connection)

    rows = jsonl(b'{"a":"%s"}' % (b"x" * 8 * 2**20))
    with serving(handle) as server:
        cause = sending(server.url, rows, batching=Batching(max_bytes=2**30)).cause
    assert cause.ending is Ending.AMBIGUOUS or (taken == 0 and cause.ending is Ending.UNSENT)
    assert cause.retryable


@pytest.mark.parametrize("status", [200, 422, 503])
def test_a_body_without_end_is_cut_off_whatever_the_status(sending, monkeypatch, status):
    for module in TRANSPORTS:
        monkeypatch.setattr(module, "ANSWER_LIMIT", 2**18)
    head = b"HTTP/1.1 %d X\r\nTransfer-Encoding: chunked\r\n\r\n" % status
    with serving(sends(head, then=endlessly(b"10000\r\n" + b"x" * 65536 + b"\r\n"))) as server:
        cause = sending(server.url, ROW).cause
    assert (cause.error_type, cause.ending) == ("answer_too_large", Ending.AMBIGUOUS)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_credentials_never_follow_a_redirect(sending, status):
    with serving(keep_alive(lambda seen: answer(200))) as other:
        location = f"Location: {other.url}/elsewhere"
        with serving(keep_alive(lambda seen: answer(status, b"", location))) as server:
            settings = {"auth": Auth("bearer", secret="s3cret"), "headers": {"Cookie": "s3cret"}}
            cause = sending(server.url, ROW, settings).cause
    assert (cause.error_type, cause.fault) == (f"http_{status}", Fault.SUSPECTED)
    assert (other.connections, len(server.requests)) == (0, 1)


def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next(sender):
    """A second answer behind the first, at once or a moment later, belongs to no request."""

    def handle(server, connection):
        with connection.makefile("rb") as stream:
            while read_request(stream) is not None:
                server.requests.append(None)
                connection.sendall(answer(200))
                if len(server.requests) % 2:
                    connection.sendall(answer(422, b"meant for nobody"))

    with serving(handle) as server:
        target = sender(server.url)
        for _ in range(20):
            assert target.send(ROW) == ACCEPTED
            for idle in sockets_to(server.port):
                with idle:  # the stray one has arrived, unless it was dropped with the first
                    select.select([idle], [], [], 0.2 if len(server.requests) % 2 else 0)


RETRY_AFTER = {
    "0": None,
    "7": 7.0,
    " 7 ": 7.0,
    "0007": 7.0,
    "Wed, 21 Oct 2026 07:28:30 GMT": 30.0,
    "Wednesday, 21-Oct-26 07:28:30 GMT": 30.0,
    "Wed Oct 21 07:28:30 2026": 30.0,
    "Wed, 21 Oct 2026 07:28:60 GMT": 60.0,
    "Wed, 21 Oct 2026 07:28:30 CET": None,
    "Wed, 21 Oct 2026 07:27:00 GMT": None,  # it is over, and asks for nothing
    "-1": None,
    "1.5": 1.5,
    "2.0": 2.0,
    "1e3": None,
    "7 seconds": None,
    "soon": None,
    "": None,
    "99999999999": None,
    "9" * 5000: None,
    "Wed, 21 Oct 9999 07:28:00 GMT": None,
    "Wed, 99 Oct 2026 07:28:00 GMT": None,
    "\xff\xfe": None,
    "NaN": None,
    "inf": None,
}


@pytest.mark.parametrize("text", RETRY_AFTER, ids=lambda text: repr(text[:40]))
def test_retry_after_of_every_shape(sending, text):
    """Seconds, or a date against the answer's own `Date`; what cannot be read is passed over."""
    head = b"HTTP/1.1 429 Slow\r\nDate: Wed, 21 Oct 2026 07:28:00 GMT\r\nContent-Length: 0\r\nRetry-After: %b\r\n\r\n"
    with serving(sends(head % text.encode("latin-1"))) as server:
        cause = sending(server.url, ROW).cause
    assert (cause.status, cause.retryable, cause.throttled) == (429, True, True)
    assert cause.retry_after == RETRY_AFTER[text]
