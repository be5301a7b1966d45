"""Rows that were sent again although they may have arrived: counted, and told at the end."""

from __future__ import annotations

import pytest

from tests.cli.conftest import rows
from tests.targets.http.servers import answer, read_request, serving

ONE_AT_A_TIME = "[batch]\nsize = 10\n[concurrency]\nmax_in_flight = 1\n"


def forgetful(refuse_from: int | None = None):
    """Takes each body twice before it answers, as one whose answers are lost; from some request on says 401."""
    seen: set[bytes] = set()

    def handle(server, connection):
        with connection.makefile("rb") as stream:
            while (request := read_request(stream)) is not None:
                server.requests.append(request)
                if refuse_from is not None and len(server.requests) > refuse_from:
                    connection.sendall(answer(401))
                elif request.body in seen:
                    connection.sendall(answer(200))
                else:
                    seen.add(request.body)
                    return

    return serving(handle)


def test_rows_sent_again_in_doubt_are_told_with_what_that_may_mean(loader):
    """Thousands of rows once stood twice in the target, with exit code 0 and no word of it."""
    loader.write("a.jsonl", rows(30))
    with forgetful() as server:
        loader.configure(ONE_AT_A_TIME)
        done = loader("push", "a.jsonl", "--to", server.url)
    assert (done.code, done.report["delivered"]) == (0, 30)
    assert done.report["sent_again_in_doubt"] == 30
    assert "sent again after an attempt that may have arrived: 30 rows" in done.err
    assert "a target that honours it has them once" in done.err


@pytest.mark.parametrize(
    ("status", "code", "workers"), [(401, 3, "2"), (403, 3, "1"), (404, 3, "1"), (302, 3, "1"), (429, 4, "1")]
)
def test_rows_answered_by_a_no_are_not_in_doubt_when_a_resume_sends_them(loader, status, code, workers):
    """Credentials were mended; the resume then spoke of rows that might stand twice where a 401 had taken none."""
    says = [answer(status, b"", "Retry-After: 1000" if status == 429 else "Location: /other")]

    def respond(server, connection):
        with connection.makefile("rb") as stream:
            while (request := read_request(stream)) is not None:
                server.requests.append(request)
                connection.sendall(says[-1])

    loader.write("a.jsonl", rows(41))
    with serving(respond) as server:
        loader.configure("[batch]\nsize = 10\n")
        first = loader("push", "a.jsonl", "--to", server.url, "--workers", workers)
        assert (first.code, first.report["delivered"], first.report["handed_back_in_doubt"]) == (code, 0, 0)
        asked = {request.headers["idempotency-key"]: request.body for request in server.requests}
        server.requests.clear()
        says.append(answer(200))
        loader.configure("[batch]\nsize = 4\n")
        last = loader("push", "a.jsonl", "--to", server.url, "--workers", workers, "--resume")
    assert (last.code, last.report["delivered"], last.report["sent_again_in_doubt"]) == (0, 41, 0)
    assert "may have arrived" not in last.err
    again = {request.headers["idempotency-key"]: request.body for request in server.requests}
    assert asked.items() <= again.items()  # as they were, under the keys that they had


def test_a_load_without_doubt_says_nothing_of_it(loader, sink):
    loader.write("a.jsonl", rows(30))
    done = loader("push", "a.jsonl", "--to", sink().url)
    assert (done.report["sent_again_in_doubt"], done.report["sent_again_means"]) == (0, [])
    assert "may have arrived" not in done.err


def test_rows_sent_again_in_an_earlier_part_are_told_at_the_end_of_the_load(loader):
    loader.write("a.jsonl", rows(30))
    loader.configure(ONE_AT_A_TIME)
    with forgetful(refuse_from=4) as server:
        first = loader("push", "a.jsonl", "--to", server.url)
        assert (first.code, first.report["delivered"], first.report["sent_again_in_doubt"]) == (3, 20, 20)
        server.requests.clear()
        last = loader("push", "a.jsonl", "--to", server.url, "--resume")
    assert (last.code, last.report["delivered"]) == (0, 30)
    assert last.report["sent_again_in_doubt"] == 30


def test_rows_handed_back_in_doubt_count_when_the_resume_sends_them(loader):
    def respond(server, connection):
        with connection.makefile("rb") as stream:
            while (request := read_request(stream)) is not None:
                server.requests.append(request)
                connection.sendall(answer(207 if len(server.requests) == 1 else 200))

    loader.write("a.jsonl", rows(30))
    loader.configure(ONE_AT_A_TIME)
    with serving(respond) as server:
        first = loader("push", "a.jsonl", "--to", server.url)
        assert (first.code, first.report["handed_back_in_doubt"], first.report["sent_again_in_doubt"]) == (3, 10, 0)
        last = loader("push", "a.jsonl", "--to", server.url, "--resume")
    assert (last.code, last.report["delivered"], last.report["sent_again_in_doubt"]) == (0, 30, 10)
