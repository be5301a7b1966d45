"""A finished run stands for the inputs that it loaded, and for no others."""

from __future__ import annotations

import gzip
import json
import os
import signal

import pytest

from loader.sink import Rule, StatusShare
from tests.cli.conftest import rows
from tests.cli.test_push import ids, wait_for_request
from tests.cli.test_resume import IN_ORDER, PARKING


def every_id(target) -> list[int]:
    """All that was stored, doubles too."""
    return sorted(row["id"] for row in target.store.rows())


@pytest.mark.parametrize("name", ["d.jsonl", "d.jsonl.gz"])
@pytest.mark.parametrize("after", [rows(2, start=1), rows(1) + rows(2, start=1), rows(1, start=7)])
def test_a_file_that_is_another_one_since_is_loaded(loader, sink, name, after):
    """A nightly job with one file name: what was loaded last night says nothing of tonight's file."""
    target = sink()
    packed = gzip.compress if name.endswith(".gz") else bytes
    loader.write(name, packed(rows(1).encode()))
    command = ("push", name, "--to", target.url, "--resume")
    first = loader(*command)
    loader.write(name, packed(after.encode()))
    second = loader(*command)
    assert (first.code, second.code) == (0, 0)
    assert second.report["run_id"] != first.report["run_id"]
    assert second.report["delivered"] == after.count("\n")
    assert every_id(target) == sorted([0, *(json.loads(line)["id"] for line in after.splitlines())])
    assert (
        f"a new run starts: run {first.report['run_id']} is finished, and {name} is not the file it was" in second.err
    )


def test_a_file_that_is_the_same_is_not_loaded_again(loader, sink):
    target = sink()
    loader.write("d.jsonl", rows(3))
    first = loader("push", "d.jsonl", "--to", target.url, "--resume")
    again = loader("push", "d.jsonl", "--to", target.url, "--resume")
    assert (again.code, again.report, target.store.count()) == (0, first.report, 3)
    assert f"run {first.report['run_id']} has loaded these inputs; nothing is sent again" in again.err


def test_a_touched_file_of_the_same_size_and_ends_is_said_to_be_touched(loader, sink):
    loader.write("d.jsonl", rows(3))
    target = sink()
    loader("push", "d.jsonl", "--to", target.url, "--resume")
    os.utime(loader.folder / "d.jsonl", (1, 1))
    again = loader("push", "d.jsonl", "--to", target.url, "--resume")
    assert (again.code, target.store.count()) == (0, 3)
    assert "d.jsonl was touched since the run began" in again.err


FIXED = [f'{{"id":{i:06},"name":"fixed width"}}\n' for i in range(100_000, 108_000)]


@pytest.mark.parametrize("count", [8000, 2000])
@pytest.mark.parametrize("command", ["push", "resume"])
def test_a_row_changed_in_the_middle_is_noticed(loader, sink, command, count):
    """Whatever the size: a small file is compared whole, of a larger one the middle is not known to be the same."""
    target = sink()
    loader.write("d.jsonl", "".join(FIXED[:count]))
    first = loader("push", "d.jsonl", "--to", target.url, "--resume")
    changed = FIXED[:count]
    changed[count // 2] = changed[count // 2].replace("fixed", "other")
    loader.write("d.jsonl", "".join(changed))
    if command == "resume":
        again = loader("resume", first.report["run_id"])
        assert (again.code, target.store.count()) == (0, count)
        said = "warning: d.jsonl "
    else:
        again = loader("push", "d.jsonl", "--to", target.url, "--resume")
        assert (again.code, again.report["delivered"], target.store.count()) == (0, count, 2 * count)
        said = f"a new run starts: run {first.report['run_id']} is finished, and d.jsonl "
    whole = "is not the file it was (as large as then, with another content)"
    ends = "was written since; its size and ends are the same, its middle was not compared"
    assert said + (ends if count == 8000 else whole) in again.err


def test_a_large_file_put_in_the_place_of_the_loaded_one_with_its_time_is_noticed(loader, sink):
    target = sink()
    path = loader.write("d.jsonl", "".join(FIXED))
    loader("push", "d.jsonl", "--to", target.url, "--resume")
    facts = path.stat()
    other = loader.write("other.jsonl", "".join(FIXED).replace("104000", "999999"))
    os.utime(other, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    other.rename(path)
    again = loader("push", "d.jsonl", "--to", target.url, "--resume")
    assert (again.code, again.report["delivered"]) == (0, 8000)
    assert "its middle was not compared" in again.err


def test_a_large_file_that_was_not_written_since_is_not_loaded_again(loader, sink):
    target = sink()
    loader.write("d.jsonl", "".join(FIXED))
    first = loader("push", "d.jsonl", "--to", target.url, "--resume")
    again = loader("push", "d.jsonl", "--to", target.url, "--resume")
    assert (again.code, again.report, target.store.count()) == (0, first.report, 8000)


def test_a_large_file_touched_between_two_parts_does_not_pass_for_the_loaded_one_in_the_end(loader, sink):
    """The part before may have loaded another middle than the one that is there now."""
    asking = sink(**PARKING)
    loader.write("loader.toml", IN_ORDER)
    path = loader.write("d.jsonl", "".join(FIXED))
    command = ("push", "d.jsonl", "--to", asking.url, "--resume")
    stopped = loader(*command)
    loader.configure("[batch]\nsize = 1\n")
    os.utime(path, (1, 1))
    done = loader(*command)
    anew = loader(*command)
    assert (stopped.code, done.code, anew.code) == (4, 0, 0)
    assert done.report["run_id"] == stopped.report["run_id"] != anew.report["run_id"]
    assert "its middle was not compared" in anew.err


@pytest.mark.parametrize("today", [rows(2, start=10), rows(2)])
def test_a_finished_run_never_stands_for_a_new_stream(loader, sink, today):
    target = sink()
    first = loader("push", "-", "--to", target.url, "--resume", stdin=rows(2).encode())
    second = loader("push", "-", "--to", target.url, "--resume", stdin=today.encode())
    assert (second.code, second.report["delivered"]) == (0, 2)
    assert second.report["run_id"] != first.report["run_id"]
    assert "standard input brings a new stream each time" in second.err
    assert target.store.count() == 4


def test_a_finished_run_never_stands_for_a_new_fifo(loader, sink):
    target = sink()
    os.mkfifo(loader.folder / "pipe")
    for start in (0, 10):
        with loader.start("push", "pipe", "--to", target.url, "--resume") as process:
            (loader.folder / "pipe").write_text(rows(2, start=start))
            process.communicate(timeout=60)
    assert every_id(target) == [0, 1, 10, 11]


def test_another_mapping_loads_a_finished_file_anew(loader, sink):
    target = sink()
    loader.write("d.jsonl", rows(1))
    loader("push", "d.jsonl", "--to", target.url, "--resume")
    loader.configure('[mapping]\nfields = {id = "key"}\n')
    done = loader("push", "d.jsonl", "--to", target.url, "--resume")
    assert (done.code, done.report["delivered"]) == (0, 1)
    assert 'mapping.fields was {} and is {id = "key"} now' in done.err
    assert [row.get("key") for row in target.store.rows()] == [None, 0]


def test_a_finished_run_with_letters_says_how_to_get_on(loader, sink):
    target = sink()
    loader.write("d.jsonl", "broken\n" + rows(2))
    command = ("push", "d.jsonl", "--to", target.url, "--dlq", "dead.jsonl", "--resume")
    first, again = loader(*command), loader(*command)
    assert (first.code, again.code) == (1, 1)
    assert again.report["run_id"] == first.report["run_id"]
    assert again.err.endswith(f"loader replay dead.jsonl --to {target.url}\n")
    assert len(loader.letters()) == 1


def test_a_file_that_changed_after_exit_1_is_loaded(loader, sink):
    target = sink()
    loader.write("d.jsonl", "broken\n" + rows(2))
    command = ("push", "d.jsonl", "--to", target.url, "--dlq", "dead.jsonl", "--resume")
    assert loader(*command).code == 1
    loader.write("d.jsonl", rows(2, start=5))
    assert loader(*command).code == 0
    assert every_id(target) == [0, 1, 5, 6]


def test_another_queue_for_a_finished_run_is_told(loader, sink):
    target = sink()
    loader.write("d.jsonl", "broken\n" + rows(2))
    loader("push", "d.jsonl", "--to", target.url, "--dlq", "one.jsonl", "--resume")
    again = loader("push", "d.jsonl", "--to", target.url, "--dlq", "two.jsonl", "--resume")
    assert (again.code, target.store.count()) == (1, 2)
    assert "its dead letters are in one.jsonl, not in two.jsonl" in again.err
    assert not (loader.folder / "two.jsonl").exists()


def test_an_older_unfinished_run_is_not_gone_on_with_once_a_newer_one_loaded_all(loader, sink):
    asking = sink(**PARKING)
    loader.configure(IN_ORDER)
    loader.write("loader.toml", IN_ORDER)
    loader.write("d.jsonl", rows(20))
    stopped = loader("push", "d.jsonl", "--to", asking.url)
    whole = loader("push", "d.jsonl", "--to", asking.url)
    assert (stopped.code, whole.code) == (4, 0)
    again = loader("push", "d.jsonl", "--to", asking.url, "--resume")
    assert (again.code, again.report["run_id"]) == (0, whole.report["run_id"])
    assert asking.store.count() == 25


def test_a_newer_run_that_settled_nothing_hides_no_older_one(loader, sink):
    """A wrong password between two parts must not send again what the first of them delivered."""
    asking = sink(**PARKING)
    settings = IN_ORDER + f'[target.api]\nurl = "{asking.url}"\n'
    loader.write("loader.toml", settings)
    loader.write("d.jsonl", rows(20))
    stopped = loader("push", "d.jsonl", "--to", "api")
    loader.write("loader.toml", settings + "[timeouts]\nrun = 0.000001\n")
    assert loader("push", "d.jsonl", "--to", "api").report["read"] == 0
    loader.write("loader.toml", settings)
    done = loader("push", "d.jsonl", "--to", "api", "--resume")
    assert (done.code, done.report["run_id"]) == (0, stopped.report["run_id"])
    again = loader("push", "d.jsonl", "--to", "api", "--resume")
    assert (again.code, again.report["run_id"]) == (0, stopped.report["run_id"])
    assert ids(asking) == list(range(20))
    assert asking.store.count() == 20


def test_a_load_once_more_that_settled_nothing_yet_is_gone_on_with(loader, sink):
    """It was asked for beside a finished run of the same rows, and told to go on by --resume."""
    target = sink()
    settings = f'[target.api]\nurl = "{target.url}"\n'
    loader.write("loader.toml", settings)
    loader.write("d.jsonl", rows(20))
    assert loader("push", "d.jsonl", "--to", "api").code == 0
    loader.write("loader.toml", settings + "[timeouts]\nrun = 0.000001\n")
    stopped = [loader("push", "d.jsonl", "--to", "api") for _ in range(2)][-1]
    assert (stopped.code, stopped.report["read"]) == (3, 0)
    loader.write("loader.toml", settings)
    for _ in range(2):
        done = loader("push", "d.jsonl", "--to", "api", "--resume")
        assert (done.code, done.report["run_id"]) == (0, stopped.report["run_id"]), done.err
        assert target.store.count() == 40


def test_a_run_that_settled_nothing_is_gone_on_with_without_a_word(loader, sink):
    loader.write("d.jsonl", rows(3))
    refusing = sink(statuses=(StatusShare(401, 1.0),))
    first = loader("push", "d.jsonl", "--to", refusing.url)
    fresh = loader("push", "d.jsonl", "--to", refusing.url)
    again = loader("push", "d.jsonl", "--to", refusing.url, "--resume")
    assert first.report["read"] == 0
    assert "unfinished run" not in fresh.err
    assert again.report["run_id"] == fresh.report["run_id"]


def test_a_run_that_settled_nothing_does_not_stand_in_the_way_of_another_file(loader, sink):
    loader.write("d.jsonl", rows(3))
    refusing = sink(statuses=(StatusShare(401, 1.0),))
    first = loader("push", "d.jsonl", "--to", refusing.url)
    loader.write("d.jsonl", rows(4))
    again = loader("push", "d.jsonl", "--to", refusing.url, "--resume")
    assert (again.code, again.report["status"]) == (3, "stopped")
    assert again.report["run_id"] != first.report["run_id"]


@pytest.mark.parametrize("change", ["rows", "columns", "queue"])
def test_no_unfinished_run_is_told_of_that_a_resume_would_refuse(loader, sink, change):
    asking = sink(**PARKING)
    loader.write("loader.toml", IN_ORDER)
    loader.write("d.csv", "id,name\n" + "".join(f"{i},x\n" for i in range(20)))
    loader("push", "d.csv", "--to", asking.url, "--dlq", "dead.jsonl")
    if change != "queue":
        header = "id,name" if change == "rows" else "id,eman"
        loader.write("d.csv", f"{header}\n" + "".join(f"{i},y\n" for i in range(20)))
    dlq = "other.jsonl" if change == "queue" else "dead.jsonl"
    done = loader("push", "d.csv", "--to", asking.url, "--dlq", dlq)
    assert (done.code, "unfinished run" in done.err) == (0, False)


def test_no_unfinished_run_is_told_of_where_the_input_is_a_stream(loader, sink):
    asking = sink(**PARKING)
    loader.write("loader.toml", IN_ORDER)
    loader("push", "-", "--to", asking.url, stdin=rows(20).encode())
    done = loader("push", "-", "--to", asking.url, stdin=rows(20, start=50).encode())
    assert (done.code, "unfinished run" in done.err) == (0, False)


def test_a_run_killed_before_its_first_record_is_gone_on_with(loader, sink):
    """What it sent goes out again with the same keys; it is not spoken of as a run that settled anything."""
    target = sink()
    loader.write("loader.toml", "[checkpoint]\nevery = 1000\n[batch]\nsize = 1\n[concurrency]\nmax_in_flight = 1\n")
    loader.write("d.jsonl", rows(3000))
    with loader.start("push", "d.jsonl", "--to", target.url) as process:
        wait_for_request(target, 2)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    (killed,) = os.listdir(loader.folder / ".loader" / "runs")
    done = loader("push", "d.jsonl", "--to", target.url, "--resume")
    assert (done.code, done.report["run_id"], done.report["delivered"]) == (0, killed, 3000)
    assert every_id(target) == list(range(3000))  # the sink honours keys


def test_a_finished_stream_is_reported_by_the_name_of_its_run(loader, sink):
    target = sink()
    first = loader("push", "-", "--to", target.url, stdin=rows(2).encode())
    again = loader("resume", first.report["run_id"], stdin=b"")
    assert (again.code, json.loads(again.out)["run_id"]) == (0, first.report["run_id"])
    assert target.store.count() == 2


def test_a_stream_whose_report_could_not_be_written_is_not_loaded_again_for_it(loader, sink):
    gone = loader.folder / "reports"
    gone.mkdir()
    target = sink()
    with loader.start(
        "push", "-", "--format", "jsonl", "--to", target.url, "--report-json", "reports/r.json", stdin=-1
    ) as process:
        process.stdin.write(rows(1).encode())
        process.stdin.flush()
        wait_for_request(target, 1)
        gone.rmdir()
        _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    next_line = err.decode().splitlines()[-1].removeprefix("next: loader ").split()
    done = loader(*next_line, stdin=b"")
    assert (next_line[0], done.code, target.store.count()) == ("resume", 0, 1)


def test_the_next_command_of_a_load_with_columns_is_one_that_runs(loader, sink):
    """A replay knows no --columns: its letters have their own."""
    target = sink(refuse=(Rule.parse("name=a"),))
    loader.write("d.txt", "1,a\n2,b\n")
    done = loader("push", "d.txt", "--format", "csv", "--no-header", "--columns", "id,name", "--to", target.url)
    command = done.err.splitlines()[-1].removeprefix("next: loader ").split()
    again = loader(*command)
    assert (done.code, command[0], again.code) == (1, "replay", 1)
