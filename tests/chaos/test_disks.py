"""Disks that are full, files that may not grow, folders that turn unwritable, descriptors that run out: real ones.

The run stops at once with exit code 3, tells of no row that is not safe, and goes on when there is room again.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import pytest

from loader.sink import Rule
from tests.chaos.inputs import REFUSED, Maker
from tests.chaos.story import compare, policies
from tests.targets.http.servers import answer, keep_alive, serving

_SMALL = 64 * 1024


@dataclass
class SmallDisk:
    """A folder that takes `_SMALL` bytes, in all or in one file, until it is relieved."""

    folder: Path
    limit: Callable[[], None] | None  # called in the process that is to be limited
    relieve: Callable[[], object]


@pytest.fixture(params=["tmpfs", "file size limit"])
def small_disk(request, tmp_path) -> Iterator[SmallDisk]:
    folder = tmp_path / "small"
    folder.mkdir(0o700)
    if request.param == "tmpfs":
        mount = ["mount", "-t", "tmpfs", "-o", f"size={_SMALL},mode=0700", "tmpfs", str(folder)]
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"this user may not mount a small disk ({done.stderr.strip()}); the file size limit is tested")
        try:
            larger = ["mount", "-o", "remount,size=64m", str(folder)]
            yield SmallDisk(folder, None, lambda: subprocess.run(larger, check=True))
        finally:
            subprocess.run(["umount", str(folder)], check=True)
    else:
        limits = (_SMALL, resource.RLIM_INFINITY)
        yield SmallDisk(folder, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits), lambda: None)


def _run(loader, *command: str, **options) -> tuple[int, str, dict]:
    path = loader.folder / "report.json"
    path.unlink(missing_ok=True)
    with loader.start(*command, "--report-json", "report.json", **options) as process:
        _, err = process.communicate(timeout=60)
    return process.returncode, err.decode(), json.loads(path.read_bytes())


def _whole_letters(path: Path) -> list[dict]:
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


@pytest.mark.parametrize("what", ["queue", "run folder"])
def test_a_full_disk_stops_the_run_which_goes_on_when_there_is_room(what, small_disk, loader, sink, chance):
    target = sink(refuse=(Rule.parse("name~r"),))
    maker = Maker(chance)
    loader.write("a.jsonl", maker.jsonl("a.jsonl", 600))
    maker.truth.refused |= maker.truth.good
    maker.truth.good.clear()
    runs = small_disk.folder if what == "run folder" else loader.folder / "runs"
    dead = small_disk.folder / "dead.jsonl" if what == "queue" else loader.folder / "dead.jsonl"
    every = policies(chance, size=20).partition("[checkpoint]")
    config = f'{every[0]}[checkpoint]\ndir = "{runs}"\nevery = 0.01\n[errors]\nmax_error_ratio = 1.0\n'
    loader.write("loader.toml", target.config + config)
    command = ("push", "a.jsonl", "--to", target.to, "--dlq", str(dead))
    code, err, report = _run(loader, *command, preexec_fn=small_disk.limit)
    assert code == report["exit_code"] == 3, err
    assert "No space left" in err or "File too large" in err
    assert report["rejected"] <= len(_whole_letters(dead))
    assert report["read"] + report["untouched"] == maker.truth.rows
    small_disk.relieve()
    code, err, report = _run(loader, *command, "--resume")
    assert (code, report["read"], report["rejected"]) == (1, maker.truth.rows, maker.truth.rows), err
    compare(maker.truth, target, _whole_letters(dead))


def test_marks_of_a_replay_that_cannot_be_written_stop_it_and_the_resume_goes_on(loader, sink, chance):
    """One line of marks is longer than any other line that this replay writes."""
    maker = Maker(chance)
    loader.write("a.jsonl", maker.jsonl("a.jsonl", 600))
    refusing = sink(refuse=(Rule.parse("name~r"),))
    loader.write("loader.toml", refusing.config + policies(chance, size=20))
    assert loader("push", "a.jsonl", "--to", refusing.to, "--dlq", "first.jsonl").code == 1
    target = sink()
    loader.write("loader.toml", target.config + "[checkpoint]\nevery = 5\n")
    command = ("replay", "first.jsonl", "--class", "refused", "--to", target.to, "--dlq", "dead.jsonl")
    limits = (4000, resource.RLIM_INFINITY)
    with loader.start(*command, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits)) as process:
        _, err = process.communicate(timeout=60)
    assert (process.returncode, b"first.jsonl.replayed: cannot be written: File too large" in err) == (3, True), err
    done = loader(*command, "--resume")
    assert (done.code, done.report["read"]) == (0, maker.truth.rows - len(maker.truth.broken))
    assert {str(row["id"]) for row in target.rows()} == set(maker.truth.good | maker.truth.refused)
    assert loader(*command).report["skipped"] == maker.truth.rows


# Another user, who may read everything (the interpreter may lie in a folder of root) and write nowhere but in his own.
_AS_NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=+dac_read_search"]
_AS_NOBODY += ["--ambient-caps=+dac_read_search"]


@pytest.mark.skipif(os.getuid() != 0 or which("setpriv") is None, reason="only root can become another user")
def test_a_folder_that_turns_unwritable_stops_the_run_of_another_user():
    """A queue is made with its first letter; by then its folder may belong to somebody else."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for path in (folder, folder / "dead"):
            path.mkdir(exist_ok=True)
            os.chown(path, 65534, 65534)
        rows = "".join(f'{{"id": {i}}}\n' for i in range(50))
        (folder / "a.jsonl").write_text(rows)

        def respond(seen):
            if b'"id": 30}' not in seen.body:
                return answer(200)
            os.chown(folder / "dead", 0, 0)
            return answer(422)

        with serving(keep_alive(respond)) as server:
            arguments = ["push", "a.jsonl", "--to", server.url, "--dlq", "dead/d.jsonl", "--report-json", "r.json"]
            (folder / "loader.toml").write_text("[batch]\nsize = 1\n[concurrency]\nmax_in_flight = 1\n")
            process = subprocess.run(
                [*_AS_NOBODY, sys.executable, "-m", "loader", *arguments],
                cwd=folder,
                capture_output=True,
                timeout=60,
                check=False,
            )
        assert process.returncode == 3, process.stderr
        report = json.loads((folder / "r.json").read_bytes())
        assert (report["rejected"], report["read"] + report["untouched"]) == (0, 50)
        assert b"not writable" in process.stderr or b"Permission denied" in process.stderr


def test_too_few_descriptors_lose_nothing(loader, sink, chance):
    """Connections fail while there are none; rows wait, and are not blamed."""
    target = sink(refuse=(Rule.parse(f"name~{REFUSED}"),))
    maker = Maker(chance)
    loader.write("a.jsonl", maker.jsonl("a.jsonl", 300))
    loader.write(
        "loader.toml",
        target.config
        + '[batch]\nsize = 1\n[concurrency]\nmax_in_flight = 64\nmode = "fixed"\n'
        + "[retry]\ninitial_backoff = 0.01\nmax_backoff = 0.05\n[breaker]\ntimeout = 0.1\n",
    )
    limits = (24, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    command = ("push", "a.jsonl", "--to", target.to, "--dlq", "dead.jsonl")
    code, err, report = _run(loader, *command, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limits))
    assert "Traceback" not in err
    assert code in (1, 3), err
    assert report["read"] + report["untouched"] == maker.truth.rows
    assert report["by_type"].keys() <= {"bad_json", "http_422"}
    done = loader(*command, "--resume")
    assert done.code == 1
    compare(maker.truth, target, loader.letters())
