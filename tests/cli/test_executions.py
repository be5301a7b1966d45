"""Ways to run the work of a load: whatever prepares and sends, one process or several, ends are the same.

By the real command against real servers. What is of worker processes alone is in `test_workers.py`.
"""

from __future__ import annotations

import json
import signal
import socket

import pytest

from loader.sink import Outage, RetryAfter, Rule, Slow, StatusShare
from tests.cli.conftest import rows
from tests.cli.test_push import ids, wait_for_request
from tests.command import law

ONE_BY_ONE = """
[batch]
size = 1
[retry]
initial_backoff = 0.01
max_backoff = 0.05
max_retries = 50
[breaker]
threshold = 0
[checkpoint]
every = 0.02
"""


@pytest.fixture(params=["1", "2"], ids=["in process", "worker processes"])
def workers(request) -> str:
    """What `--workers` is given."""
    return request.param


def test_every_good_row_arrives_exactly_once_under_faults_with_one_row_a_request(loader, sink, workers):
    faults = {
        "statuses": (StatusShare(500, 0.1), StatusShare(429, 0.05)),
        "reset_before": 0.05,
        "reset_after": 0.05,
        "outages": (Outage.parse("after=150,requests=30,answer=close"),),
    }
    target = sink(**faults)
    loader.write("a.jsonl", rows(300))
    retry = "[batch]\nsize = 1\n[retry]\ninitial_backoff = 0.01\nmax_backoff = 0.05\nmax_retries = 50\n"
    loader.write("loader.toml", retry + "[breaker]\ntimeout = 0.1\n")
    done = loader("push", "a.jsonl", "--to", target.url, "--workers", workers)
    assert done.code == 0
    assert ids(target) == list(range(300))


def test_item_answers_give_each_row_its_own_fate(loader, sink, workers):
    target = sink(items="elasticsearch", refuse=(Rule.parse("name=row 3"),), item_statuses=(StatusShare(429, 0.2),))
    loader.write(
        "loader.toml", f'[target.es]\nurl = "{target.url}"\nitems = "elasticsearch"\n[retry]\ninitial_backoff = 0.01\n'
    )
    loader.write("a.jsonl", rows(50))
    done = loader("push", "a.jsonl", "--to", "es", "--dlq", "dead.jsonl", "--workers", workers)
    assert done.code == 1
    assert ids(target) == [i for i in range(50) if i != 3]
    assert [each["row"]["id"] for each in loader.letters()] == [3]


def test_a_target_that_was_never_there_stops_the_run_and_blames_no_row(loader, workers):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    loader.write("a.jsonl", rows(10))
    done = loader("push", "a.jsonl", "--to", f"http://127.0.0.1:{port}/x", "--dlq", "dead.jsonl", "--workers", workers)
    assert (done.code, done.report["status"], done.report["untouched"]) == (3, "stopped", 10)
    assert loader.letters() == []


@pytest.mark.parametrize("status", [401, 403, 404, 501])
def test_a_target_at_fault_stops_the_run_with_a_hint(loader, sink, workers, status):
    target = sink(statuses=(StatusShare(status, 1.0),))
    loader.write("a.jsonl", rows(10))
    done = loader("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl", "--workers", workers)
    assert (done.code, done.report["rejected"], done.report["untouched"]) == (3, 0, 10)
    assert "what to do: " in done.err
    assert loader.letters() == []


def test_a_longer_wait_than_allowed_parks_the_run(loader, sink, workers):
    target = sink(statuses=(StatusShare(429, 1.0),), retry_after=RetryAfter.parse("1000"))
    loader.write("a.jsonl", rows(10))
    done = loader("push", "a.jsonl", "--to", target.url, "--workers", workers)
    assert (done.code, done.report["status"], done.report["untouched"]) == (4, "parked", 10)
    assert done.report["parked_until"]


def test_fail_fast_stops_at_the_first_error(loader, sink, workers):
    loader.write("a.jsonl", "broken\n" + rows(10))
    done = loader("push", "a.jsonl", "--to", sink().url, "--fail-fast", "--dlq", "dead.jsonl", "--workers", workers)
    assert done.code == 3
    assert done.report["rejected"] == 1
    law(done.report)
    assert done.report["read"] + done.report["untouched"] == 11


def test_limits_stop_in_the_middle_of_a_chunk_of_bad_rows(loader, sink, workers):
    loader.write("a.jsonl", "broken\n" * 3000)
    done = loader("push", "a.jsonl", "--to", sink().url, "--fail-fast", "--workers", workers)
    assert (done.code, done.report["rejected"], done.report["untouched"]) == (3, 1, 2999)
    loader.write("loader.toml", "[errors]\nmax_errors = 7\n")
    assert loader("push", "a.jsonl", "--to", sink().url, "--workers", workers).report["rejected"] == 8


def test_the_fallback_takes_over_while_the_target_is_down(loader, sink, workers):
    down, up = sink(statuses=(StatusShare(503, 1.0),)), sink()
    loader.write(
        "loader.toml",
        f'[target.a]\nurl = "{down.url}"\nfallback = "b"\n[target.b]\nurl = "{up.url}"\n'
        "[batch]\nsize = 1\n[retry]\ninitial_backoff = 0.01\n[breaker]\nthreshold = 3\ntimeout = 60\n",
    )
    loader.write("a.jsonl", rows(30))
    done = loader("push", "a.jsonl", "--to", "a", "--workers", workers)
    assert done.code == 0
    assert ids(up) == list(range(30))
    assert done.report["by_target"] == {"b": 30}


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_stops_in_good_order(loader, sink, workers, name):
    target = sink(outages=(Outage.parse("after=5,answer=503"),))
    loader.write("loader.toml", "[batch]\nsize = 10\n")
    loader.write("a.jsonl", rows(1000))
    command = ("push", "a.jsonl", "--to", target.url, "--workers", workers, "--report-json", "report.json")
    with loader.start(*command) as process:
        wait_for_request(target, 8)
        process.send_signal(name)
        process.communicate(timeout=30)
    report = json.loads((loader.folder / "report.json").read_bytes())
    assert (process.returncode, report["status"]) == (130, "interrupted")
    law(report)
    assert report["read"] + report["untouched"] == 1000
    assert report["delivered"] == target.store.count()


def test_what_may_not_be_repeated_is_unknown_after_a_kill_and_not_sent_again(loader, sink, workers):
    target = sink(slow=Slow.parse("1:30s"))
    loader.write("loader.toml", ONE_BY_ONE + f'[target.once]\nurl = "{target.url}"\nrepeatable = false\n')
    loader.write("a.jsonl", rows(1))
    with loader.start("push", "a.jsonl", "--to", "once", "--dlq", "dead.jsonl", "--workers", workers) as process:
        wait_for_request(target, 1)
        process.kill()
        process.communicate()
    done = loader("push", "a.jsonl", "--to", "once", "--dlq", "dead.jsonl", "--resume", "--workers", workers)
    assert (done.code, done.report["unknown"]) == (1, 1)
    assert [letter["class"] for letter in loader.letters()] == ["unknown"]
    assert len(target.store.requests()) == 1


def test_a_wait_that_the_server_asks_for_is_obeyed_by_all_senders(loader, sink, workers):
    outage = (Outage.parse("after=100,requests=1,answer=429"),)
    target = sink(outages=outage, retry_after=RetryAfter.parse("2"), slow=Slow.parse("1:20ms"))
    loader.write("loader.toml", ONE_BY_ONE + "[concurrency]\nmax_in_flight = 8\n")
    loader.write("a.jsonl", rows(400))
    assert loader("push", "a.jsonl", "--to", target.url, "--workers", workers).code == 0
    asked = next(request.at for request in target.store.requests() if request.status == 429)
    after = [request.at - asked for request in target.store.requests() if request.at > asked]
    under_way = [each for each in after if each < 1.9]
    assert len(under_way) <= 2 * 8, under_way  # what was in flight, and what went before the answer was there
    assert max(under_way, default=0.0) < 0.5
    assert ids(target) == list(range(400))
