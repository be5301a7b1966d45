"""The writer of a queue: real files, real locks, real full disks."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from loader.dlq.errors import DlqError
from loader.dlq.writer import DlqWriter

LETTER = b'{"timestamp":"t","error":"e","error_type":"x","row":null}\n'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "dlq.jsonl"


@contextmanager
def umask(mask):
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def file_size_limit(size):
    """No file of this process may grow past `size` bytes: the n-th write fails as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)


def test_file_is_made_with_the_first_letter(path):
    with closing(DlqWriter(path)) as writer:
        assert writer.sync() == 0
        assert not path.exists()
        writer.append(LETTER)
        assert writer.sync() == len(LETTER) == writer.length
        assert path.read_bytes() == LETTER


def test_letters_stand_behind_those_of_earlier_runs(path):
    path.write_bytes(LETTER)
    with closing(DlqWriter(path)) as writer:
        assert writer.length == len(LETTER)
        writer.append(LETTER + LETTER)
        assert writer.sync() == 3 * len(LETTER)
    assert path.read_bytes() == 3 * LETTER


@pytest.mark.parametrize("mask", [0, 0o077, 0o777])
def test_file_is_private_whatever_the_umask(path, mask):
    with umask(mask), closing(DlqWriter(path)) as writer:
        writer.append(LETTER)
        writer.sync()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (LETTER[:-1], LETTER),
        (LETTER + LETTER[:-1], LETTER + LETTER),
        (LETTER + LETTER[:20], LETTER),
        (LETTER[:20], b""),
        (LETTER + b'"text"', LETTER),
        (LETTER + b"\0" * 5000, LETTER),
        (LETTER + b"[" * 200_000, LETTER),
        (LETTER + b'{"a":"\xff"', LETTER),
        (LETTER + b'{"a":"' + b"x" * 200_000 + b'"}', LETTER + b'{"a":"' + b"x" * 200_000 + b'"}\n'),
        (b"", b""),
    ],
)
def test_last_line_without_newline_is_ended_if_it_parses_and_cut_otherwise(path, before, after):
    path.write_bytes(before)
    with closing(DlqWriter(path)) as writer:
        assert writer.length == len(after)
        writer.append(LETTER)
        writer.sync()
    assert path.read_bytes() == after + LETTER


def test_queue_of_another_process_is_refused(path):
    path.write_bytes(LETTER)
    hold = (
        "import fcntl,sys; f=open(sys.argv[1],'ab'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        try:
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(DlqError, match=r"dlq\.jsonl: another process"):
                DlqWriter(path)
        finally:
            holder.communicate("\n")
    DlqWriter(path).close()


def test_queue_that_another_made_and_holds_meanwhile_is_not_written(path):
    with closing(DlqWriter(path)) as late, closing(DlqWriter(path)) as early:
        early.append(LETTER)
        early.sync()
        late.append(LETTER)
        with pytest.raises(DlqError, match="another process"):
            late.sync()
    assert path.read_bytes() == LETTER


def test_symlink_is_never_followed(path, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(LETTER)
    path.symlink_to(elsewhere)
    with pytest.raises(DlqError, match="symlink"):
        DlqWriter(path)
    assert elsewhere.read_bytes() == LETTER


def test_symlink_that_appears_later_is_not_followed_either(path, tmp_path):
    with closing(DlqWriter(path)) as writer:
        path.symlink_to(tmp_path / "elsewhere")
        writer.append(LETTER)
        with pytest.raises(DlqError, match="symlink"):
            writer.sync()
    assert not (tmp_path / "elsewhere").exists()


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("", "pipe"):
        with pytest.raises(DlqError):
            DlqWriter(tmp_path / name)


def test_folder_must_be_there(tmp_path):
    with pytest.raises(DlqError, match="folder"):
        DlqWriter(tmp_path / "missing" / "dlq.jsonl")


def test_folder_where_everybody_may_put_files_is_refused_unless_it_is_sticky(tmp_path):
    tmp_path.chmod(0o777)
    with pytest.raises(DlqError, match="chmod"):
        DlqWriter(tmp_path / "dlq.jsonl")
    tmp_path.chmod(0o1777)
    DlqWriter(tmp_path / "dlq.jsonl").close()


def test_full_disk_is_told_at_the_next_sync():
    with closing(DlqWriter(Path("/dev/full"))) as writer:
        writer.append(LETTER)
        with pytest.raises(DlqError, match=r"/dev/full: .*No space left") as caught:
            writer.sync()
        assert isinstance(caught.value.__cause__, OSError)


def test_disk_that_fills_up_keeps_whole_letters_only(path):
    with closing(DlqWriter(path)) as writer:
        with file_size_limit(len(LETTER) * 5 // 2):
            writer.append(LETTER * 4)
            with pytest.raises(DlqError):
                writer.sync()
            assert path.read_bytes() == 2 * LETTER
            assert writer.length == 2 * len(LETTER)
        writer.sync()
    assert path.read_bytes() == 4 * LETTER


def test_letters_are_written_before_they_fill_the_memory(path):
    letter = b'{"row":"' + b"x" * 100_000 + b'"}\n'
    with closing(DlqWriter(path)) as writer:
        for _ in range(30):
            writer.append(letter)
        assert path.stat().st_size > 2 * 2**20
        assert writer.sync() == 30 * len(letter)


def test_letters_written_early_are_made_durable_by_the_next_sync(path, monkeypatch):
    synced = []
    fsync = os.fsync

    def fsynced(fd: int) -> None:
        synced.append(fd)
        fsync(fd)

    with closing(DlqWriter(path)) as writer:
        writer.append(b'"' + b"x" * 2**20 + b'"\n')
        monkeypatch.setattr(os, "fsync", fsynced)
        writer.sync()
        assert len(synced) == 1
        writer.sync()
        assert len(synced) == 1


def test_closing_twice_is_fine(path):
    path.write_bytes(LETTER)
    writer = DlqWriter(path)
    writer.close()
    writer.close()


def test_queue_that_was_moved_away_is_not_reported_as_safe(path, tmp_path):
    with closing(DlqWriter(path)) as writer:
        writer.append(LETTER)
        writer.sync()
        path.rename(tmp_path / "rotated")
        writer.append(LETTER)
        with pytest.raises(DlqError, match="moved or deleted"):
            writer.sync()


def test_queue_that_was_cut_meanwhile_is_not_reported_as_safe(path):
    with closing(DlqWriter(path)) as writer:
        writer.append(LETTER + LETTER)
        writer.sync()
        os.truncate(path, len(LETTER))
        with pytest.raises(DlqError, match="was cut"):
            writer.sync()


def test_what_a_killed_run_left_unsynced_is_made_durable_before_it_is_relied_on(path, monkeypatch):
    path.write_bytes(LETTER)
    synced = []
    fsync = os.fsync

    def fsynced(fd: int) -> None:
        synced.append(os.fstat(fd).st_size)
        fsync(fd)

    with closing(DlqWriter(path)) as writer:
        monkeypatch.setattr(os, "fsync", fsynced)
        assert writer.sync() == len(LETTER)
    assert synced == [len(LETTER)]
