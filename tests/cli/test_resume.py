"""A stopped run goes on where it was: nothing is lost, no letter is written twice, keys stay."""

from __future__ import annotations

import gzip
import json
import os
import random
import threading
from pathlib import Path

import pytest

from loader.keys import row_key
from loader.sink import Outage, RetryAfter, Rule, Slow, StatusShare
from tests.cli.conftest import rows
from tests.cli.test_push import ids, wait_for_request
from tests.command import law

ONE_BY_ONE = "[batch]\nsize = 1\n[retry]\ninitial_backoff = 0.01\n[checkpoint]\nevery = 0.02\n"
PARKING = {"outages": (Outage.parse("after=5,requests=1,answer=429"),), "retry_after": RetryAfter.parse("1000")}
IN_ORDER = ONE_BY_ONE + "[concurrency]\nmax_in_flight = 1\n"


def test_a_parked_run_goes_on_after_the_wait(loader, sink):
    asking = sink(outages=(Outage.parse("after=5,requests=1,answer=429"),), retry_after=RetryAfter.parse("1000"))
    loader.write("loader.toml", ONE_BY_ONE + "[concurrency]\nmax_in_flight = 1\n")
    loader.write("a.jsonl", rows(20))
    parked = loader("push", "a.jsonl", "--to", asking.url)
    assert (parked.code, parked.report["delivered"]) == (4, 5)
    assert f"next: loader push a.jsonl --to {asking.url} --resume" in parked.err
    done = loader("push", "a.jsonl", "--to", asking.url, "--resume")
    assert done.code == 0
    assert done.report["run_id"] == parked.report["run_id"]
    assert (done.report["read"], done.report["delivered"]) == (20, 20)
    assert ids(asking) == list(range(20))


def test_a_finished_run_prints_its_report_and_returns_its_exit_code(loader, sink):
    loader.write("a.jsonl", rows(3) + "broken\n")
    target = sink()
    first = loader("push", "a.jsonl", "--to", target.url)
    again = loader("push", "a.jsonl", "--to", target.url, "--resume")
    assert (first.code, again.code) == (1, 1)
    assert json.loads(again.out)["run_id"] == first.report["run_id"]
    assert target.store.count() == 3


def kept_in(runs: Path) -> str:
    """A config whose runs are kept in that folder, wherever the command is given."""
    return IN_ORDER.replace("[checkpoint]\n", f'[checkpoint]\ndir = "{runs}"\n')


OTHERWISE = {
    "with a dot": lambda folder: "./d.jsonl",
    "absolute": lambda folder: str(folder / "d.jsonl"),
    "by a symlink": lambda folder: "link.jsonl",
    "from another folder": lambda folder: "../d.jsonl",
}


@pytest.mark.parametrize("way", OTHERWISE)
def test_an_input_is_the_same_however_its_path_is_spelled(loader, sink, way):
    """And its rows keep their keys, its letters the name: both have the name that the run began with."""
    asking = sink(**PARKING, refuse=(Rule.parse("id=2"), Rule.parse("id=12")))
    runs = loader.folder / "runs"
    loader.write("loader.toml", kept_in(runs))
    loader.write("d.jsonl", rows(20))
    (loader.folder / "link.jsonl").symlink_to("d.jsonl")
    command = ("--to", asking.url, "--dlq", "dead.jsonl")
    stopped = loader("push", "d.jsonl", *command)
    name = OTHERWISE[way](loader.folder)
    if way == "from another folder":
        loader.folder /= "sub"
        loader.folder.mkdir()
        command = ("--to", asking.url, "-c", "../loader.toml")
    done = loader("push", name, *command, "--resume")
    assert (stopped.code, done.code) == (4, 1)
    assert done.report["run_id"] == stopped.report["run_id"]
    assert (done.report["delivered"], done.report["rejected"]) == (18, 2)
    assert asking.store.count() == 18
    letters = [json.loads(line) for line in (runs.parent / "dead.jsonl").read_text().splitlines()]
    assert [letter["source"] for letter in letters] == ["d.jsonl", "d.jsonl"]
    offsets = [letter["offset"] for letter in letters]
    assert [letter["idempotency_key"] for letter in letters] == [
        row_key(stopped.report["run_id"], 0, "d.jsonl", offset) for offset in offsets
    ]


def test_a_file_of_the_same_name_in_another_folder_is_another_input(loader, sink):
    asking = sink(**PARKING)
    loader.write("loader.toml", kept_in(loader.folder / "runs"))
    loader.write("d.jsonl", rows(20))
    stopped = loader("push", "d.jsonl", "--to", asking.url)
    loader.folder /= "sub"
    loader.folder.mkdir()
    loader.write("d.jsonl", rows(20))
    done = loader("push", "d.jsonl", "--to", asking.url, "-c", "../loader.toml", "--resume")
    assert (done.code, done.report["delivered"]) == (0, 20)
    assert done.report["run_id"] != stopped.report["run_id"]


def test_a_run_is_gone_on_with_by_its_name_from_another_folder(loader, sink):
    asking = sink(**PARKING)
    loader.write("loader.toml", kept_in(loader.folder / "runs"))
    loader.write("d.jsonl", "broken\n" + rows(20))
    stopped = loader("push", "d.jsonl", "--to", asking.url, "--dlq", "dead.jsonl")
    loader.folder /= "sub"
    loader.folder.mkdir()
    done = loader("resume", stopped.report["run_id"], "-c", "../loader.toml", "--report-json", "r.json")
    assert done.code == 1
    assert (json.loads((loader.folder / "r.json").read_bytes())["delivered"], asking.store.count()) == (20, 20)
    assert os.listdir(loader.folder) == ["r.json"]  # its letters stand in the queue of the part before


def test_resume_starts_a_run_where_there_is_none(loader, sink):
    loader.write("a.jsonl", rows(3))
    assert loader("push", "a.jsonl", "--to", sink().url, "--resume").code == 0


def test_a_new_push_says_that_an_unfinished_run_exists(loader, sink):
    asking = sink(**PARKING)
    loader.write("loader.toml", IN_ORDER)
    loader.write("a.jsonl", rows(20))
    run_id = loader("push", "a.jsonl", "--to", asking.url).report["run_id"]
    done = loader("push", "a.jsonl", "--to", asking.url)
    assert f"unfinished run of the same inputs exists, {run_id}" in done.err


@pytest.mark.parametrize("change", ["input", "mapping", "file"])
def test_a_run_whose_input_or_mapping_changed_is_not_resumed(loader, sink, change):
    asking = sink(**PARKING)
    loader.write("loader.toml", IN_ORDER)
    loader.write("a.jsonl", rows(20))
    loader("push", "a.jsonl", "--to", asking.url)
    if change == "file":
        loader.write("a.jsonl", rows(21))
    else:
        keys = {"input": "max_row_bytes = 5000", "mapping": 'fields = {id = "key"}'}
        loader.write("loader.toml", f"[{change}]\n{keys[change]}\n")
    done = loader("push", "a.jsonl", "--to", asking.url, "--resume")
    assert done.code == 2
    assert "cannot be resumed" in done.err
    assert asking.store.count() == 5


def test_resume_by_the_name_of_the_run(loader, sink):
    target = sink(outages=(Outage.parse("after=0,requests=1,answer=429"),), retry_after=RetryAfter.parse("1000"))
    loader.write("a.jsonl", rows(3))
    loader.write("a.jsonl", "broken\n" + rows(3))
    run_id = loader("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl").report["run_id"]
    assert loader("resume", run_id).code == 1
    assert ids(target) == [0, 1, 2]
    assert len(loader.letters()) == 1  # the queue of the first part, which need not be named again


def test_a_queue_shorter_than_recorded_stops_the_resume(loader, sink):
    target = sink(outages=(Outage.parse("after=0,requests=1,answer=429"),), retry_after=RetryAfter.parse("1000"))
    loader.write("a.jsonl", "broken\n" + rows(3))
    loader("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl")
    loader.write("dead.jsonl", "")
    done = loader("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl", "--resume")
    assert done.code == 2
    assert "letters are missing" in done.err


def test_two_processes_never_work_on_one_run(loader, sink):
    target = sink(statuses=(StatusShare(429, 1.0),), retry_after=RetryAfter.parse("100"))
    loader.write("a.jsonl", rows(3))
    with loader.start("push", "a.jsonl", "--to", target.url) as first:
        wait_for_request(target, 1)
        done = loader("push", "a.jsonl", "--to", target.url, "--resume")
        first.kill()
        first.communicate()
    assert done.code == 2
    assert "another process" in done.err


def test_rows_in_doubt_end_as_unknown_unless_a_later_part_delivers_them(loader, sink):
    loader.write("loader.toml", ONE_BY_ONE + "[timeouts]\nwrite = 0.3\n[concurrency]\nmax_in_flight = 1\n")
    loader.write("a.jsonl", rows(1))
    cut = sink(reset_after=1.0)
    with loader.start("push", "a.jsonl", "--to", cut.url, "--report-json", "report.json") as process:
        wait_for_request(cut, 1)
        process.terminate()
        process.communicate(timeout=20)
    report = json.loads((loader.folder / "report.json").read_bytes())
    assert (report["handed_back_in_doubt"], report["untouched"]) == (1, 1)


def test_kill_9_loses_nothing_and_doubles_no_letter(loader, sink):
    """Twelve kills at random moments; every row ends in the sink once or in the queue once."""
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    faults = (StatusShare(500, 0.05),)
    target = sink(statuses=faults, reset_after=0.03, refuse=(Rule.parse("name~7"),))
    good = [i for i in range(1500) if "7" not in str(i)]
    loader.write("loader.toml", ONE_BY_ONE)
    loader.write("a.jsonl", rows(1500))
    command = ("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl", "--resume")
    for _ in range(12):
        with loader.start(*command) as process:
            seen = len(target.store.requests())
            wait_for_request_or_end(target, seen + chance.randrange(60), process)
            process.kill()
            process.communicate()
    done = loader(*command)
    assert done.code == 1, (seed, done.err)
    law(done.report)
    assert done.report["read"] == 1500, seed
    assert ids(target) == good, seed
    dead = sorted(letter["row"]["id"] for letter in loader.letters())
    assert dead == [i for i in range(1500) if "7" in str(i)], seed
    assert done.report["rejected"] + done.report["unknown"] == len(dead), seed


def wait_for_request_or_end(target, count, process) -> None:
    while len(target.store.requests()) < count and process.poll() is None:
        pass


def test_a_compressed_file_is_read_again_and_what_was_settled_skipped(loader, sink):
    asking = sink(outages=(Outage.parse("after=5,requests=1,answer=429"),), retry_after=RetryAfter.parse("1000"))
    loader.write("loader.toml", ONE_BY_ONE + "[concurrency]\nmax_in_flight = 1\n")
    loader.write("a.jsonl.gz", gzip.compress(rows(20).encode()))
    assert loader("push", "a.jsonl.gz", "--to", asking.url).code == 4
    assert loader("push", "a.jsonl.gz", "--to", asking.url, "--resume").code == 0
    assert ids(asking) == list(range(20))


def test_a_stopped_replay_goes_on_too(loader, sink):
    loader.write("a.jsonl", rows(20))
    loader.write("loader.toml", ONE_BY_ONE + "[concurrency]\nmax_in_flight = 1\n")
    loader("push", "a.jsonl", "--to", sink(refuse=(Rule.parse("name~row"),)).url, "--dlq", "dead.jsonl")
    asking = sink(outages=(Outage.parse("after=5,requests=1,answer=429"),), retry_after=RetryAfter.parse("1000"))
    stopped = loader("replay", "dead.jsonl", "--to", asking.url)
    assert (stopped.code, stopped.report["delivered"], stopped.report["untouched"]) == (4, 5, 15)
    done = loader("replay", "dead.jsonl", "--to", asking.url, "--resume")
    assert (done.code, done.report["read"], done.report["skipped"]) == (0, 20, 0)
    assert ids(asking) == list(range(20))


def test_standard_input_goes_on_where_it_was_when_it_is_fed_again(loader, sink):
    asking = sink(**PARKING)
    loader.write("loader.toml", IN_ORDER)
    data = rows(20).encode()
    parked = loader("push", "-", "--to", asking.url, stdin=data)
    assert (parked.code, parked.report["delivered"]) == (4, 5)
    assert "next (feed it the same input from the start): loader push - --to" in parked.err
    done = loader("push", "-", "--to", asking.url, "--resume", stdin=data)
    assert (done.code, done.report["read"], done.report["run_id"]) == (0, 20, parked.report["run_id"])
    assert [row["id"] for row in asking.store.rows()] == list(range(20))
    assert len(asking.store.requests()) == 21  # one more than rows: the 429


def test_a_stream_is_resumed_by_the_name_of_its_run_too(loader, sink):
    asking = sink(**PARKING)
    loader.write("loader.toml", IN_ORDER)
    run_id = loader("push", "-", "--to", asking.url, stdin=rows(20).encode()).report["run_id"]
    assert loader("resume", run_id, stdin=rows(20).encode()).code == 0
    assert ids(asking) == list(range(20))


@pytest.mark.parametrize(
    ("again", "said"),
    [
        (rows(20).replace("row 3", "row X"), "rows from line 1 on are not what they were"),
        (rows(3), "rows from line 1 on are not what they were"),
        ("", "ends before line 1"),
        (rows(20, start=1), "rows from line 1 on are not what they were"),
    ],
)
def test_a_stream_that_is_not_the_same_is_not_gone_on_with(loader, sink, again, said):
    asking = sink(**PARKING)
    loader.write("loader.toml", IN_ORDER)
    loader("push", "-", "--format", "jsonl", "--to", asking.url, stdin=rows(20).encode())
    done = loader("push", "-", "--format", "jsonl", "--to", asking.url, "--resume", stdin=again.encode())
    assert (done.code, done.report["delivered"]) == (3, 5)
    assert said in done.report["reason"]
    assert ids(asking) == list(range(5))


def test_a_stream_with_other_columns_is_refused(loader, sink):
    asking = sink(**PARKING)
    loader.write("loader.toml", IN_ORDER)
    table = "id,name\n" + "".join(f"{i},x\n" for i in range(10))
    loader("push", "-", "--to", asking.url, stdin=table.encode())
    done = loader("push", "-", "--to", asking.url, "--resume", stdin=table.replace("id,name", "id,eman").encode())
    assert done.code == 2
    assert "other columns" in done.err


def test_a_run_killed_between_its_last_record_and_its_report_has_the_report_made(loader, sink):
    target = sink()
    loader.write("a.jsonl", rows(3) + "broken\n")
    first = loader("push", "a.jsonl", "--to", target.url)
    path = loader.folder / ".loader" / "runs" / first.report["run_id"] / "report.json"
    for left in (None, path.read_bytes().replace(b'"complete"', b'"stopped"')):
        path.unlink() if left is None else path.write_bytes(left)
        done = loader("push", "a.jsonl", "--to", target.url, "--resume")
        assert (done.code, done.report["status"], done.report["read"]) == (1, "complete", 4)
        assert json.loads(path.read_bytes())["status"] == "complete"
    assert target.store.count() == 3


def test_the_report_of_a_finished_run_goes_where_it_is_wanted(loader, sink):
    loader.write("a.jsonl", rows(3))
    target = sink()
    first = loader("push", "a.jsonl", "--to", target.url)
    again = loader("push", "a.jsonl", "--to", target.url, "--resume")
    assert again.report == first.report


def test_dead_letters_of_one_run_stay_in_one_queue(loader, sink):
    asking = sink(**PARKING)
    loader.write("loader.toml", IN_ORDER)
    loader.write("a.jsonl", rows(20))
    loader("push", "a.jsonl", "--to", asking.url, "--dlq", "dead.jsonl")
    done = loader("push", "a.jsonl", "--to", asking.url, "--dlq", "other.jsonl", "--resume")
    assert done.code == 2
    assert "its dead letters are in dead.jsonl, not in other.jsonl" in done.err


def test_what_may_not_be_repeated_and_was_answered_by_a_complete_no_is_handed_back(loader, sink):
    """A 429 says that the row did not arrive: after the wait it is sent, and not unknown."""
    asking = sink(**PARKING)
    loader.write("loader.toml", IN_ORDER + f'[target.once]\nurl = "{asking.url}"\nrepeatable = false\n')
    loader.write("a.jsonl", rows(20))
    assert loader("push", "a.jsonl", "--to", "once", "--dlq", "dead.jsonl").code == 4
    done = loader("push", "a.jsonl", "--to", "once", "--dlq", "dead.jsonl", "--resume")
    assert (done.code, done.report["delivered"], done.report["unknown"]) == (0, 20, 0)
    assert ids(asking) == list(range(20))


def test_a_report_that_cannot_be_written_is_no_success(loader, sink):
    gone = loader.folder / "reports"
    gone.mkdir()
    loader.write("a.jsonl", rows(3))
    target = sink(slow=Slow.parse("1:300ms"))
    with loader.start("push", "a.jsonl", "--to", target.url, "--report-json", "reports/r.json") as process:
        wait_for_request(target, 1)
        gone.rmdir()
        _, err = process.communicate(timeout=20)
    assert process.returncode == 3
    assert b"report cannot be written" in err
    again = loader("push", "a.jsonl", "--to", target.url, "--resume")
    assert (again.code, again.report["status"], target.store.count()) == (0, "complete", 3)


def test_a_queue_that_is_moved_away_stops_the_run(loader, sink):
    target = sink(slow=Slow.parse("1:50ms"), refuse=(Rule.parse("name~row"),))
    loader.write("loader.toml", ONE_BY_ONE + "[concurrency]\nmax_in_flight = 1\n[errors]\nmax_error_ratio = 1.0\n")
    loader.write("a.jsonl", rows(100))
    dead = loader.folder / "dead.jsonl"
    command = ("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl")
    with loader.start(*command, "--report-json", "report.json") as process:
        waiting = threading.Event()
        lengths: set[int] = set()
        while len(lengths) < 3 and not waiting.wait(0.005):  # what was written first has been recorded by then
            lengths |= {dead.stat().st_size} if dead.exists() else set()
        dead.rename(loader.folder / "moved.jsonl")
        _, err = process.communicate(timeout=20)
    report = json.loads((loader.folder / "report.json").read_bytes())
    assert (process.returncode, b"moved or deleted" in err) == (3, True)
    assert report["rejected"] <= len(loader.letters("moved.jsonl"))
    assert loader(*command, "--resume").code == 2  # its letters are missing
    (loader.folder / "moved.jsonl").rename(dead)
    assert loader(*command, "--resume").report["rejected"] == 100
    assert sorted(letter["row"]["id"] for letter in loader.letters()) == list(range(100))
