"""An fsync that fails may have dropped what it was to write: nothing of it stays to be relied on."""

from __future__ import annotations

import errno

import pytest

from loader.checkpoint.errors import CheckpointError
from loader.checkpoint.log import CheckpointWriter, Note, read
from loader.dlq.errors import DlqError
from loader.dlq.writer import DlqWriter
from loader.durable import files


@pytest.fixture
def failing_sync(monkeypatch):
    """From the call on every fsync fails."""

    def fail(_fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    return lambda: monkeypatch.setattr(files, "sync", fail)


def test_letters_that_could_not_be_made_durable_are_cut(tmp_path, failing_sync):
    path = tmp_path / "dead.jsonl"
    writer = DlqWriter(path)
    writer.append(b'{"first": 1}\n')
    writer.sync()
    writer.append(b'{"second": 2}\n')
    failing_sync()
    with pytest.raises(DlqError, match="Input/output error"):
        writer.sync()
    writer.close()
    assert path.read_bytes() == b'{"first": 1}\n'


def test_a_record_that_could_not_be_made_durable_is_cut(tmp_path, failing_sync):
    path = tmp_path / "checkpoint"
    writer = CheckpointWriter(path)
    writer.append(Note([(0, 5)]))
    failing_sync()
    with pytest.raises(CheckpointError, match="Input/output error"):
        writer.append(Note([(5, 5)]))
    writer.close()
    assert read(path).notes == [(0, 5)]
