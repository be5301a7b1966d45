"""Several worker processes, by real ones: what one worker delivers, any number does, whoever is killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from loader.sink import Rule, Slow, StatusShare
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


def workers_of(process: subprocess.Popen) -> list[int]:
    """The processes that `process` has started and that have not ended."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in path.read_text().split()] if path.exists() else []


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(pids: Iterable[int], seconds: float) -> None:
    deadline, gone = time.monotonic() + seconds, threading.Event()
    while alive := [pid for pid in pids if is_alive(pid)]:
        assert time.monotonic() < deadline, f"still there: {alive}"
        gone.wait(0.01)


def what_became_of(letters: list[dict]) -> list[str]:
    """All that letters say but for what is another one in each run."""
    chance = {"timestamp", "first_error_at", "attempts", "run_id", "idempotency_key", "target"}
    return sorted(
        json.dumps({key: letter[key] for key in letter.keys() - chance}, sort_keys=True) for letter in letters
    )


# -- as with one


def write_mixed_inputs(loader) -> list[str]:
    """JSON Lines and CSV of several chunks, with bad rows of several kinds among them."""
    chance = random.Random(5)
    lines = rows(20_000).splitlines()
    for at in chance.sample(range(20_000), 60):
        lines[at] = chance.choice(['{"id": ', "[1]", '{"id": 1, "name": "\\ud800"}', "nonsense", ""])
    loader.write("a.jsonl", "\n".join(lines) + "\n")
    table = [f'{i},"name, {i}\nmore",{i % 7}' for i in range(20_000, 32_000)]
    for at in chance.sample(range(12_000), 20):
        table[at] = "1,2"
    loader.write("b.csv", "id,name,group\n" + "\n".join(table) + "\n")
    return ["a.jsonl", "b.csv"]


@pytest.mark.parametrize("workers", ["2", "3"])
def test_any_number_of_workers_ends_as_one_does_row_by_row(loader, sink, workers):
    files = write_mixed_inputs(loader)
    loader.write("loader.toml", "[batch]\nsize = 50\n[retry]\ninitial_backoff = 0.01\nmax_retries = 50\n")
    ends = []
    for count in ("1", workers):
        target = sink(refuse=(Rule.parse("name~999"),), statuses=(StatusShare(503, 0.1),))
        done = loader("push", *files, "--to", target.url, "--workers", count, "--dlq", f"dead{count}.jsonl")
        law(done.report)
        kept = ("exit_code", "read", "delivered", "rejected", "unknown", "untouched", "by_type")
        stored = sorted(json.dumps(row) for row in target.store.rows())
        ends.append(([done.report[key] for key in kept], stored, what_became_of(loader.letters(f"dead{count}.jsonl"))))
    with_one, with_several = ends
    assert with_several == with_one
    assert with_one[0][3] > 100


def test_rows_keep_their_keys_whatever_the_number_of_workers(loader, sink):
    loader.write("a.jsonl", rows(300))
    loader.write("loader.toml", ONE_BY_ONE + "[errors]\nmax_error_ratio = 1.0\n")
    target = sink(refuse=(Rule.parse("name~row"),))
    loader("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl", "--workers", "2")
    sent = {request.key for request in target.store.requests()}
    assert sent == {letter["idempotency_key"] for letter in loader.letters()}
    assert len(sent) == 300


def test_one_request_under_way_keeps_the_order_of_the_file_whatever_the_workers(loader, sink):
    loader.write("loader.toml", ONE_BY_ONE + "[concurrency]\nmax_in_flight = 1\nworkers = 3\n")
    loader.write("a.jsonl", rows(200))
    target = sink(statuses=(StatusShare(503, 0.1),))
    assert loader("push", "a.jsonl", "--to", target.url).code == 0
    assert [row["id"] for row in target.store.rows()] == list(range(200))


# -- kills


def test_killed_workers_lose_no_row_and_double_no_letter(loader, sink):
    """Single workers are killed with kill -9 again and again while faults go on; one run sees it through."""
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    target = sink(
        statuses=(StatusShare(500, 0.03),), reset_after=0.02, refuse=(Rule.parse("name~77"),), slow=Slow.parse("1:5ms")
    )
    loader.write("loader.toml", ONE_BY_ONE + "[concurrency]\nmax_in_flight = 16\n")
    loader.write("a.jsonl", rows(4000))
    kills = 0
    with loader.start(
        "push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl", "--workers", "3", "--report-json", "report.json"
    ) as process:
        for _ in range(6):
            wait_for_progress(target, chance.randrange(150, 400), process)
            if victims := workers_of(process):
                os.kill(chance.choice(victims), signal.SIGKILL)
                kills += 1
        _, err = process.communicate(timeout=90)
    report = json.loads((loader.folder / "report.json").read_bytes())
    bad = [i for i in range(4000) if "77" in str(i)]
    assert (process.returncode, report["read"]) == (1, 4000), (seed, err)
    assert kills >= 4, seed
    law(report)
    assert ids(target) == [i for i in range(4000) if "77" not in str(i)], seed
    assert sorted(letter["row"]["id"] for letter in loader.letters()) == bad, seed
    assert "ended by SIGKILL; its rows go to another" in err.decode()


def wait_for_progress(target, requests: int, process: subprocess.Popen) -> None:
    seen = len(target.store.requests())
    pause = threading.Event()
    while len(target.store.requests()) < seen + requests and process.poll() is None:
        pause.wait(0.01)


def test_rows_of_a_killed_worker_that_may_not_be_repeated_are_unknown_and_never_sent_again(loader, sink):
    target = sink(slow=Slow.parse("1:100ms"))
    once = (
        f'[target.once]\nurl = "{target.url}"\nrepeatable = false\n[concurrency]\nmax_in_flight = 6\nmode = "fixed"\n'
    )
    loader.write("loader.toml", ONE_BY_ONE + once)
    loader.write("a.jsonl", rows(150))
    with loader.start("push", "a.jsonl", "--to", "once", "--dlq", "dead.jsonl", "--workers", "2") as process:
        wait_for_request(target, 20)
        busiest = max(workers_of(process), key=lambda pid: Path(f"/proc/{pid}/stat").read_text().split()[13])
        for pid in workers_of(process):
            os.kill(pid, signal.SIGSTOP)  # so that requests are under way at whichever is killed
        os.kill(busiest, signal.SIGKILL)
        for pid in workers_of(process):
            os.kill(pid, signal.SIGCONT)
        process.communicate(timeout=60)
    assert process.returncode in (0, 1)
    sent = [row["id"] for row in target.store.rows()]
    assert len(sent) == len(set(sent)), "a row was sent twice"
    unknown = {letter["row"]["id"] for letter in loader.letters()}
    assert {letter["class"] for letter in loader.letters()} <= {"unknown"}
    assert set(sent) | unknown == set(range(150))


def test_a_chunk_that_kills_its_workers_stops_the_run_with_exit_code_5(loader, sink):
    target = sink(slow=Slow.parse("1:30s"))
    loader.write("loader.toml", ONE_BY_ONE)
    loader.write("a.jsonl", rows(2))
    with loader.start("push", "a.jsonl", "--to", target.url, "--workers", "2") as process:
        for requests in (2, 4):
            wait_for_request(target, requests)
            for pid in workers_of(process):
                os.kill(pid, signal.SIGKILL)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 5
    assert "the second one in a row at a.jsonl, among the 2 rows from line 1 on" in err.decode()


def test_workers_end_with_their_parent_and_send_no_more(loader, sink):
    target = sink(slow=Slow.parse("1:20ms"))
    loader.write("loader.toml", ONE_BY_ONE)
    loader.write("a.jsonl", rows(20_000))
    with loader.start("push", "a.jsonl", "--to", target.url, "--workers", "3") as process:
        wait_for_request(target, 50)
        pids = workers_of(process)
        process.kill()
        process.communicate()
    assert len(pids) == 3
    wait_until_gone(pids, 2.0)
    count = len(target.store.requests())
    threading.Event().wait(0.1)
    assert len(target.store.requests()) <= count + len(pids)  # what each had under way may be told of yet


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_to_the_whole_group_stops_in_good_order(loader, sink, name):
    """As Ctrl-C on a terminal does: workers let the parent decide, and what is under way is waited for."""
    target = sink(slow=Slow.parse("1:100ms"))
    loader.write("loader.toml", ONE_BY_ONE)
    loader.write("a.jsonl", rows(2000))
    command = ("push", "a.jsonl", "--to", target.url, "--workers", "2", "--report-json", "report.json")
    with loader.start(*command, start_new_session=True) as process:
        wait_for_request(target, 30)
        os.killpg(process.pid, getattr(signal, name))
        _, err = process.communicate(timeout=20)
    report = json.loads((loader.folder / "report.json").read_bytes())
    assert process.returncode == 130
    assert "worker process" not in err.decode()
    assert report["delivered"] == target.store.count()
    assert (report["handed_back_in_doubt"], report["untouched"]) == (0, 2000 - report["delivered"])


def test_no_worker_outlives_a_run(loader, sink):
    target = sink(slow=Slow.parse("1:10ms"))
    loader.write("a.jsonl", rows(3000))
    with loader.start("push", "a.jsonl", "--to", target.url, "--workers", "2") as process:
        wait_for_request(target, 1)
        pids = workers_of(process)
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert len(pids) == 2
    wait_until_gone(pids, 0.0)


def test_a_run_goes_on_with_another_number_of_workers(loader, sink):
    """Killed with three, with one and with two workers; every row ends in the sink once or in the queue once."""
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    target = sink(statuses=(StatusShare(500, 0.05),), reset_after=0.03, refuse=(Rule.parse("name~7"),))
    loader.write("loader.toml", ONE_BY_ONE)
    loader.write("a.jsonl", rows(1500))
    command = ("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl", "--resume", "--workers")
    for workers in ("3", "1", "2", "3"):
        with loader.start(*command, workers) as process:
            wait_for_progress(target, chance.randrange(50, 200), process)
            process.kill()
            process.communicate()
    done = loader(*command, "2")
    assert done.code == 1, (seed, done.err)
    law(done.report)
    assert done.report["read"] == 1500, seed
    assert ids(target) == [i for i in range(1500) if "7" not in str(i)], seed
    dead = sorted(letter["row"]["id"] for letter in loader.letters())
    assert dead == [i for i in range(1500) if "7" in str(i)], seed


# -- what one worker does whatever is asked for


def test_secrets_of_the_config_reach_workers_but_no_command_line(loader, sink):
    target = sink(slow=Slow.parse("1:200ms"))
    loader.write("loader.toml", f'[target.api]\nurl = "{target.url}"\nauth = {{bearer = "canary-7f3a"}}\n')
    loader.write("a.jsonl", rows(10))
    with loader.start("push", "a.jsonl", "--to", "api", "--workers", "2") as process:
        wait_for_request(target, 1)
        for pid in workers_of(process):
            for name in ("cmdline", "environ"):
                assert b"canary" not in Path(f"/proc/{pid}/{name}").read_bytes()
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_workers_are_not_misled_by_modules_in_the_folder_they_are_started_in(loader, sink):
    loader.write("msgspec.py", "raise ImportError('the wrong one')")
    loader.write("a.jsonl", rows(10))
    script = loader.write("start.py", "import sys; sys.path.pop(0)\nfrom loader.cli.main import main\nmain()\n")
    command = [sys.executable, str(script), "push", "a.jsonl", "--to", sink().url, "--workers", "2"]
    done = subprocess.run(command, cwd=loader.folder, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
