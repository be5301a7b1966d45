"""A run folder that was damaged is spoken of; names that are no text are refused before anything is sent."""

from __future__ import annotations

import json
import os

import pytest

from tests.cli.conftest import rows
from tests.cli.test_resume import IN_ORDER, PARKING

IN_TENS = IN_ORDER.replace("size = 1", "size = 10")


def stopped_run(loader, sink):
    """The URL of a target, and the folder of a run that it parked."""
    target = sink(**PARKING)
    loader.write("loader.toml", IN_TENS)
    loader.write("d.jsonl", rows(100))
    stopped = loader("push", "d.jsonl", "--to", target.url)
    assert stopped.code == 4
    return target, loader.folder / ".loader" / "runs" / stopped.report["run_id"]


@pytest.mark.parametrize("content", [b"", b"{}", None])
def test_a_run_that_is_described_no_more_is_named_where_a_new_one_starts(loader, sink, content):
    target, folder = stopped_run(loader, sink)
    if content is None:
        (folder / "run.json").unlink()
    else:
        (folder / "run.json").write_bytes(content)
    done = loader("push", "d.jsonl", "--to", target.url, "--resume")
    assert (done.code, done.report["delivered"]) == (0, 100)
    assert f".loader/runs/{folder.name}: has a checkpoint, but its run.json is missing, damaged" in done.err


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda data: data[:5] + b"XX" + data[7:], True),
        (lambda data: data[:-5], False),
        (lambda data: data + bytes(100), False),
    ],
    ids=["in the middle", "torn", "zeros"],
)
def test_notes_of_requests_that_are_damaged_are_told_of(loader, sink, damage, told):
    target, folder = stopped_run(loader, sink)
    notes = folder / "requests"
    data = notes.read_bytes()
    assert data.endswith(b"\n")
    notes.write_bytes(damage(data))
    done = loader("push", "d.jsonl", "--to", target.url, "--resume")
    assert (done.code, done.report["run_id"], done.report["delivered"]) == (0, folder.name, 100)
    assert ("requests: is damaged" in done.err, "rows may arrive twice" in done.err) == (told, told)


@pytest.mark.parametrize("how", ["input", "glob", "queue", "folder"])
def test_a_name_that_is_no_text_is_refused_before_anything_is_sent(loader, sink, how):
    target = sink()
    name = os.fsdecode(b"a\xff.jsonl")
    loader.write("d.jsonl", rows(1))
    loader.write(name, rows(1))
    arguments = {
        "input": [name],
        "glob": ["a*.jsonl"],
        "queue": ["d.jsonl", "--dlq", os.fsdecode(b"q\xff.jsonl")],
        "folder": ["d.jsonl"],
    }
    if how == "folder":
        loader.configure('[checkpoint]\ndir = "${RUNS}"\n')
        loader.env["RUNS"] = os.fsdecode(b"r\xff")
    done = loader("push", *arguments[how], "--to", target.url)
    assert (done.code, target.store.count()) == (2, 0), done.err
    assert "UTF-8" in done.err


@pytest.mark.parametrize("queue", [".", "/"])
@pytest.mark.parametrize("command", ["show", "stats"])
def test_a_folder_is_no_queue(loader, queue, command):
    done = loader("dlq", command, queue)
    assert (done.code, done.err) == (2, f"Error: {queue}: is a directory, not a file\n")


@pytest.mark.parametrize("how", ["push", "resume"])
def test_a_run_of_another_version_is_refused_in_a_sentence_and_nothing_is_sent(loader, sink, how):
    target, folder = stopped_run(loader, sink)
    delivered = target.store.count()
    manifest = json.loads((folder / "run.json").read_bytes())
    del manifest["records"]  # as the first version wrote it
    manifest["inputs"] = [{"path": "d.jsonl", "size": 100, "digest": "x", "layout": ["jsonl"], "stream": False}]
    (folder / "run.json").write_text(json.dumps(manifest))
    again = ("push", "d.jsonl", "--to", target.url, "--resume") if how == "push" else ("resume", folder.name)
    done = loader(*again)
    assert done.code == 2
    assert f"run {folder.name} was begun by loader " in done.err
    assert "finish the run with that loader, or start a new run" in done.err
    assert target.store.count() == delivered
    assert loader("push", "d.jsonl", "--to", target.url).code == 0
