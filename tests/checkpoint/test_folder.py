"""The folder of a run: private, of one process, and found again."""

from __future__ import annotations

import os
import stat
from contextlib import closing, contextmanager

import pytest

from loader.checkpoint.errors import CheckpointError
from loader.checkpoint.folder import (
    RECORDS,
    InputFacts,
    Manifest,
    RunFolder,
    new_run_id,
    next_number,
    read_manifest,
    runs,
)
from loader.checkpoint.log import CheckpointWriter, Record

URL = "http://host/rows"


@contextmanager
def umask(mask):
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def manifest(run_id, *, started_us=1, paths=("a.jsonl",), target=URL, number=0):
    inputs = tuple(map(InputFacts, paths))
    return Manifest(RECORDS, run_id, "0.1.0", started_us, inputs, target, {}, {"format": "auto"}, {}, number=number)


def run(base, run_id, *, finished, **facts):
    """A run that was described and got as far as its first record."""
    with closing(RunFolder(base, run_id)) as folder:
        folder.describe(manifest(run_id, **facts))
        with closing(CheckpointWriter(folder.path / "checkpoint")) as writer:
            writer.append(Record([], {"delivered": 1}, {}, 0, finished=finished))


def test_names_of_runs_sort_by_time():
    assert new_run_id(1_795_479_300.9, b"\x7f\x3a\x2c") == "20261124T001500-7f3a2c"
    assert new_run_id(1_795_479_300.9, b"\xff\xff\xff") < new_run_id(1_795_479_301.0, b"\0\0\0")


@pytest.mark.parametrize("mask", [0, 0o077, 0o177])
def test_folder_and_files_are_private_whatever_the_umask(tmp_path, mask):
    base = tmp_path / "a" / "runs"
    with umask(mask), closing(RunFolder(base, "run")) as folder:
        folder.describe(manifest("run"))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes == {"a": 0o700, "runs": 0o700, "run": 0o700, "lock": 0o600, "run.json": 0o600}


def test_run_belongs_to_one_process_at_a_time(tmp_path):
    with closing(RunFolder(tmp_path, "run")), pytest.raises(CheckpointError, match="another process"):
        RunFolder(tmp_path, "run")
    RunFolder(tmp_path, "run").close()


def test_closing_twice_is_fine(tmp_path):
    folder = RunFolder(tmp_path, "run")
    folder.close()
    folder.close()


def test_folder_that_is_a_symlink_is_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to("elsewhere")
    with pytest.raises(CheckpointError, match="not a folder of its own"):
        RunFolder(tmp_path, "run")
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("name", ["lock", "run.json", "checkpoint"])
def test_files_that_are_symlinks_are_refused(tmp_path, name):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CheckpointError, match="symlink"):
        run(tmp_path, "run", finished=False)
    assert not (tmp_path / "elsewhere").exists()


def test_base_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "runs").write_bytes(b"")
    with pytest.raises(CheckpointError, match="runs"):
        RunFolder(tmp_path / "runs", "run")


def test_base_where_everybody_may_put_files_is_refused(tmp_path):
    tmp_path.chmod(0o777)
    with pytest.raises(CheckpointError, match="chmod"):
        RunFolder(tmp_path, "run")


def test_manifest_comes_back(tmp_path):
    with closing(RunFolder(tmp_path, "run")) as folder:
        folder.describe(manifest("run"))
        assert read_manifest(folder.path) == manifest("run")


def test_runs_of_the_same_inputs_and_target_are_found_newest_first(tmp_path):
    run(tmp_path, "20260101T000000-ffffff", finished=False, started_us=1)
    run(tmp_path, "20260101T000000-000000", finished=False, started_us=2)
    run(tmp_path, "20260101T000000-aaaaaa", finished=True, started_us=3)
    run(tmp_path, "20260101T000001-000000", finished=False, started_us=4, paths=("b.jsonl",))
    run(tmp_path, "20260101T000001-000001", finished=False, started_us=5, target="http://other/rows")
    run(tmp_path, "20260101T000001-000002", finished=False, started_us=6, paths=("a.jsonl", "b.jsonl"))
    found = [described.run_id[-6:] for described in runs(tmp_path, manifest(""))]
    assert found == ["aaaaaa", "000000", "ffffff"]


def test_what_is_no_run_is_passed_over(tmp_path):
    assert list(runs(tmp_path / "missing", manifest(""))) == []
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "run.json").write_bytes(b'{"run_id":')
    assert list(runs(tmp_path, manifest(""))) == []


def test_the_newest_run_is_the_last_one_whatever_the_clock_says(tmp_path):
    """The clock was set back between two runs."""
    for number, started in ((1, 2_000), (2, 1_000)):
        assert next_number(tmp_path) == number
        with closing(RunFolder(tmp_path, f"run-{number}")) as folder:
            folder.describe(manifest(f"run-{number}", started_us=started, number=number))
    found = [each.run_id for each in runs(tmp_path, manifest(""))]
    assert found == ["run-2", "run-1"]


def test_a_lock_file_without_its_process_is_no_lock(tmp_path):
    RunFolder(tmp_path, "run-1").close()
    assert (tmp_path / "run-1" / "lock").exists()
    RunFolder(tmp_path, "run-1").close()
