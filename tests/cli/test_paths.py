"""No file of a load is used for two things, and nothing that is there is written over."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from tests.cli.conftest import rows

LETTER = '{"timestamp":"2026-11-24T10:15:00+00:00","error":"no","error_type":"http_422","row":{"id":1}}\n'


def contents(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def push(loader, *options: str):
    """A push without the report that the tests' loader asks for itself."""
    with loader.start("push", "d.jsonl", "--to", "http://127.0.0.1:1/rows", *options) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out.decode(), err.decode()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--report-json", "d.jsonl"], "an input and the report"),
        (["--dlq", "d.jsonl"], "an input and the dead letter queue"),
        (["--report-json", "x.json", "--dlq", "x.json"], "the dead letter queue (--dlq) and the report"),
        (["--report-json", "./sub/../x.json", "--dlq", "x.json"], "the dead letter queue (--dlq) and the report"),
        (["--report-json", "x.json.replayed", "--dlq", "x.json"], "where it is kept what was replayed"),
        (["--report-json", "loader.toml"], "the report (--report-json) and the config"),
        (["--dlq", "loader.toml"], "the dead letter queue (--dlq) and the config"),
        (["--dlq", "hard.jsonl"], "an input and the dead letter queue"),
        (["--report-json", "soft.jsonl"], "an input and the report"),
        (["--dlq", "t.cql", "--schema", "t.cql", "--dry-run"], "the dead letter queue (--dlq) and the schema"),
        (["--dlq", "old.json"], "something else than dead letters"),
        (["--dlq", "other.csv"], "something else than dead letters"),
        (["--report-json", "other.csv"], "something else than a report"),
        (["--report-json", "dead.jsonl"], "something else than a report"),
        (["--dlq", "-"], "--dlq -: a queue is a file"),
    ],
)
def test_a_path_that_would_be_written_over_is_refused_before_anything_is_opened(loader, options, named):
    loader.write("d.jsonl", rows(10))
    loader.write("dead.jsonl", LETTER * 10)
    loader.write("other.csv", "id\n1\n")
    loader.write("old.json", '{"run_id":"x","status":"complete","read":1,"exit_code":0}')
    loader.write("t.cql", "CREATE TABLE k.t (id int PRIMARY KEY)")
    (loader.folder / "sub").mkdir()
    os.link(loader.folder / "d.jsonl", loader.folder / "hard.jsonl")
    os.symlink("d.jsonl", loader.folder / "soft.jsonl")
    before = contents(loader.folder)
    code, _, err = push(loader, *options)
    assert (code, named in err) == (2, True), err
    assert contents(loader.folder) == before
    assert not (loader.folder / ".loader").exists()


def test_a_queue_that_the_config_names_is_held_against_the_others_too(loader):
    loader.write("d.jsonl", rows(3))
    loader.configure('[dlq]\npath = "d.jsonl"\n')
    assert push(loader)[0] == 2
    assert (loader.folder / "d.jsonl").read_text() == rows(3)


@pytest.mark.parametrize("name", ["report.json", "checkpoint", "run.json"])
def test_the_files_of_a_run_are_no_place_for_anything_else(loader, sink, name):
    loader.write("d.jsonl", rows(3))
    loader("push", "d.jsonl", "--to", sink().url)
    (folder,) = (loader.folder / ".loader" / "runs").iterdir()
    before = (folder / name).read_bytes()
    path = str((folder / name).relative_to(loader.folder))
    for option in ("--report-json", "--dlq"):
        code, _, err = push(loader, option, path)
        assert (code, "is a file of a run" in err) == (2, True)
    assert (folder / name).read_bytes() == before


def test_the_queue_of_the_run_that_is_gone_on_with_is_no_report(loader, sink):
    """It need not be named again, and may not be there yet."""
    loader.write("d.jsonl", rows(3))
    run_id = push(loader, "--dlq", "dead.jsonl")[2].split()[1].rstrip(":")
    with loader.start("resume", run_id, "--report-json", "dead.jsonl") as process:
        _, err = process.communicate(timeout=60)
    assert (process.returncode, b"the dead letter queue (--dlq) and the report" in err) == (2, True)


def test_a_replay_into_a_hard_link_of_its_queue_writes_beside_it(loader, sink):
    loader.write("dead.jsonl", LETTER)
    os.link(loader.folder / "dead.jsonl", loader.folder / "same.jsonl")
    from loader.sink import Rule

    done = loader("replay", "dead.jsonl", "--to", sink(refuse=(Rule.parse("id=1"),)).url, "--dlq", "same.jsonl")
    assert done.code == 1
    assert (loader.folder / "dead.jsonl").read_text() == LETTER
    assert len(loader.letters(done.report["dlq"])) == 1


def test_an_older_report_an_empty_file_and_a_queue_are_gone_on_with(loader, sink):
    target = sink()
    loader.write("d.jsonl", rows(1) + "broken\n")
    loader.write("r.json", "")
    command = ("push", "d.jsonl", "--to", target.url, "--dlq", "dead.jsonl", "--report-json", "r.json")
    for parts in (1, 2):
        with loader.start(*command) as process:
            process.communicate(timeout=60)
        assert process.returncode == 1
        assert json.loads((loader.folder / "r.json").read_bytes())["rejected"] == 1
        assert len(loader.letters()) == parts


@pytest.mark.parametrize("path", ["-", "/dev/stdout", "/dev/fd/1"])
def test_the_report_goes_to_standard_output(loader, sink, path):
    loader.write("d.jsonl", rows(2))
    command = ("push", "d.jsonl", "--to", sink().url, "--report-json", path, "--resume")
    for _ in range(2):  # the second prints that of the finished run, once
        with loader.start(*command) as process:
            out, _ = process.communicate(timeout=60)
        assert (process.returncode, json.loads(out)["delivered"]) == (0, 2)
    assert sorted(each.name for each in loader.folder.iterdir()) == [".loader", "d.jsonl", "loader.toml"]


def test_a_dry_run_whose_report_is_on_standard_output_shows_its_requests_beside_it(loader, sink):
    loader.write("d.jsonl", rows(2))
    with loader.start("push", "d.jsonl", "--to", sink().url, "--report-json", "-", "--dry-run") as process:
        out, err = process.communicate(timeout=60)
    assert json.loads(out)["would_deliver"] == 2
    assert b"POST" in err


def test_a_report_on_standard_error_goes_behind_what_stands_there(loader, sink):
    loader.write("d.jsonl", rows(2))
    with (loader.folder / "log").open("ab") as log:
        log.write(b"before\n")
        log.flush()
        command = ("push", "d.jsonl", "--to", sink().url, "--report-json", "/dev/stderr", "-q")
        with loader.start(*command, stderr=log) as process:
            process.communicate(timeout=60)
    first, report = (loader.folder / "log").read_text().split("\n", 1)
    assert (process.returncode, first, json.loads(report)["delivered"]) == (0, "before", 2)


def test_a_device_takes_a_report_and_stays_what_it_is(loader, sink):
    loader.write("d.jsonl", rows(2))
    with loader.start("push", "d.jsonl", "--to", sink().url, "--report-json", "/dev/null") as process:
        process.communicate(timeout=60)
    assert process.returncode == 0
    with loader.start("push", "d.jsonl", "--to", sink().url, "--report-json", "/dev/full") as process:
        _, err = process.communicate(timeout=60)
    assert (process.returncode, b"the report cannot be written" in err) == (3, True)


def test_standard_output_that_is_closed_or_an_input_takes_no_report(loader, sink):
    loader.write("d.jsonl", rows(2))
    command = ["push", "d.jsonl", "--to", sink().url, "--report-json", "-"]
    with (loader.folder / "d.jsonl").open("ab") as same, loader.start(*command, stdout=same) as process:
        _, err = process.communicate(timeout=60)
    assert (process.returncode, b"an input and the report" in err) == (2, True)
    with loader.start(*command, stdout=subprocess.DEVNULL, preexec_fn=lambda: os.close(1)) as process:
        _, err = process.communicate(timeout=60)
    assert (process.returncode, b"closed, or not open for writing" in err) == (2, True)
    assert (loader.folder / "d.jsonl").read_text() == rows(2)


def test_the_report_of_a_finished_run_replaces_no_input_either(loader, sink):
    loader.write("d.jsonl", rows(2))
    run_id = loader("push", "d.jsonl", "--to", sink().url).report["run_id"]
    with loader.start("resume", run_id, "--report-json", "d.jsonl") as process:
        _, err = process.communicate(timeout=60)
    assert (process.returncode, b"something else than a report" in err) == (2, True)
    assert (loader.folder / "d.jsonl").read_text() == rows(2)
