"""The record of what was settled: what it says survives any crash, and it grows with chunks alone."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loader.checkpoint.errors import CheckpointError
from loader.checkpoint.log import CheckpointWriter, ChunkRecord, Note, Record, RowState, is_finished, pack, read
from loader.sources.start import Place, Start

COUNTS = st.dictionaries(st.sampled_from(["delivered", "rejected", "unknown"]), st.integers(0, 10**9))
ERRORS = st.dictionaries(
    st.sampled_from(["counts", "samples"]),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=3),
)
RUNS = st.lists(st.tuples(st.integers(0, 500), st.integers(1, 20)), max_size=4)


def chunk(number, states=b"", *, rows=10, digest=""):
    """Chunk `number` of chunks of ten rows and a hundred bytes; all its rows are settled if no states are given."""
    settled = pack(states) if states else ""
    return ChunkRecord(number, 0, number * 10, number * 10 + 1, number * 100, 100, rows, digest, settled)


def states_of(number):
    return st.lists(st.integers(0, 3), min_size=10, max_size=10).map(lambda states: chunk(number, bytes(states)))


CHUNKS = st.integers(0, 9).flatmap(lambda number: st.just(chunk(number)) | states_of(number))
RECORDS = st.builds(
    Record,
    st.lists(CHUNKS, max_size=4, unique_by=lambda record: record.number),
    COUNTS,
    ERRORS,
    st.integers(0, 10**12),
    COUNTS,
    RUNS,
    st.booleans(),
)
LOGS = st.lists(RECORDS | st.builds(Note, RUNS), max_size=8)


class Model:
    """What a reader must know after some records, said in the plainest way."""

    def __init__(self, records):
        self.settled = {}
        self.noted = set()
        self.doubtful = set()
        self.totals: dict[str, int] = {}
        self.errors: dict[str, object] = {}
        self.limits: dict[str, int] = {}
        self.rest = None
        for record in records:
            if isinstance(record, Note):
                self.noted |= members(record.runs)
                continue
            for found in record.chunks:
                self.settled[found.number] = members(found.settled_rows)
            self.totals |= record.totals
            self.errors |= record.errors
            self.limits |= record.limits
            self.doubtful |= members(record.in_doubt)
            self.rest = (record.dlq_length, record.finished)

    def check(self, state: RowState):
        all_settled = set().union(*self.settled.values())
        assert {number: members(found.settled_rows) for number, found in state.chunks.items()} == self.settled
        assert members(state.noted) == self.noted - all_settled
        assert members(state.in_doubt) == self.doubtful - all_settled  # a later record without them changes nothing
        if self.rest is None:
            assert state.last is None
            return
        dlq_length, finished = self.rest
        assert (state.last.totals, state.last.errors, state.last.limits) == (self.totals, self.errors, self.limits)
        assert (state.last.dlq_length, state.last.finished) == (dlq_length, finished)


def members(runs):
    return {row for first, count in runs for row in range(first, first + count)}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "checkpoint"


def append(path, *records):
    """Append in one part of a load; returns the length of the file after each record."""
    lengths = []
    with closing(CheckpointWriter(path)) as writer:
        for record in records:
            writer.append(record)
            lengths.append(path.stat().st_size)
    return lengths


@given(LOGS, LOGS, st.data())
@settings(deadline=None)
def test_state_is_that_of_the_last_whole_record_wherever_the_file_was_torn(first, second, data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint"
        lengths = append(path, *first) + append(path, *second)
        torn = data.draw(st.integers(0, lengths[-1] if lengths else 0))
        os.truncate(path, torn)
        whole = [record for record, length in zip(first + second, lengths, strict=True) if length <= torn]
        Model(whole).check(read(path))
        append(path, *second)
        Model(whole + second).check(read(path))


def test_file_of_a_run_without_records_is_an_empty_state(path):
    append(path)
    assert read(path) == RowState()


def test_damage_before_the_last_record_is_refused(path):
    lengths = append(path, Note([(0, 1)]), Note([(1, 1)]), Note([(2, 1)]))
    data = bytearray(path.read_bytes())
    data[lengths[0] + 20] ^= 1
    path.write_bytes(data)
    for use in (read, CheckpointWriter):
        with pytest.raises(CheckpointError, match=r"line 2 .*cannot be resumed"):
            use(path)


def test_record_of_a_later_version_is_refused(path):
    from loader.durable.checksummed_lines import seal

    path.write_bytes(seal(b'{"type":"telepathy"}'))
    with pytest.raises(CheckpointError, match="cannot be resumed"):
        read(path)


def test_reading_changes_nothing(path):
    append(path, Note([(0, 1)]))
    path.write_bytes(path.read_bytes() + b"torn")
    before = path.read_bytes()
    read(path)
    assert path.read_bytes() == before


def test_missing_file_is_an_error(path):
    with pytest.raises(CheckpointError, match="checkpoint"):
        read(path)


def test_file_is_private_of_one_writer_and_no_symlink(path, tmp_path):
    before = os.umask(0)
    try:
        append(path, Note([(0, 1)]))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with closing(CheckpointWriter(path)), pytest.raises(CheckpointError, match="another process"):
        CheckpointWriter(path)
    link = tmp_path / "link"
    link.symlink_to(path)
    for use in (read, CheckpointWriter):
        with pytest.raises(CheckpointError, match="symlink"):
            use(link)


def test_full_disk_is_told_at_once():
    with closing(CheckpointWriter(Path("/dev/full"))) as writer:
        for record in (Note([(0, 1)]), Record([], {"delivered": 1}, {}, 0)):
            with pytest.raises(CheckpointError, match="No space left"):
                writer.append(record)


def test_every_record_is_durable_when_the_call_returns(path, monkeypatch):
    synced = []
    fsync = os.fsync

    def fsynced(fd: int) -> None:
        synced.append(os.fstat(fd).st_size)
        fsync(fd)

    with closing(CheckpointWriter(path)) as writer:
        monkeypatch.setattr(os, "fsync", fsynced)
        writer.append(Note([(0, 1)]))
        writer.append(Record([], {"delivered": 1}, {}, 0))
    assert synced[-1] == path.stat().st_size
    assert len(synced) == 2


def test_nothing_new_is_not_written_again(path):
    record = Record([], {"delivered": 1}, {}, 0)
    lengths = append(path, record, record, record)
    assert len(set(lengths)) == 1


def test_samples_are_written_only_when_they_change(path):
    errors = {"counts": [["http_422", 422, 1]], "samples": {"http_422": ["x" * 1000] * 10}}
    more = {**errors, "counts": [["http_422", 422, 2]]}
    first, second = append(path, Record([], {}, errors, 0), Record([chunk(0)], {}, more, 0))
    assert second - first < 200
    assert read(path).last.errors == more


def test_watermark_is_the_first_chunk_that_is_not_finished(path):
    append(path, Record([chunk(0), chunk(1), chunk(2, bytes(10)), chunk(3)], {}, {}, 0))
    assert read(path).watermark == 2
    append(path, Record([chunk(2)], {}, {}, 0))
    assert read(path).watermark == 4


def test_chunk_comes_back_with_all_that_finds_it_again(path):
    stream = ChunkRecord(5, 2, 700, 81, 4096, 999, 12, "ab" * 16, pack(b"\0\1" * 6))
    append(path, Record([stream], {}, {}, 0))
    assert read(path).chunks == {5: stream}


def test_finished_is_told_from_the_last_record_alone(path):
    append(path, Record([chunk(0)], {}, {}, 0))
    assert not is_finished(path)
    append(path, Record([], {}, {}, 0, finished=True))
    assert is_finished(path)
    append(path, Note([(0, 1)]))
    assert not is_finished(path)


def test_notes_of_requests_in_order_take_the_memory_of_one(path):
    append(path, *(Note([(first, 10)]) for first in range(0, 1000, 10)))
    assert read(path).notes == [(0, 1000)]


def test_record_survives_its_text_form():
    record = Record([chunk(0, b"\1" * 5 + b"\0" * 5)], {"delivered": 5}, {}, 7, {"t": 9}, [(1, 2)], True)
    assert msgspec.json.decode(msgspec.json.encode(record), type=Record) == record


def test_an_error_at_the_first_fsync_names_the_file(tmp_path, monkeypatch):
    def fails(_fd):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fails)
    path = tmp_path / "checkpoint"
    with pytest.raises(CheckpointError) as raised:
        CheckpointWriter(path)
    assert str(raised.value) == f"{path}: cannot be used: Input/output error"


def test_a_damaged_file_is_named_once(tmp_path):
    path = tmp_path / "checkpoint"
    path.write_bytes(b"garbage\ngarbage\n")
    for opened in (read, CheckpointWriter):
        with pytest.raises(CheckpointError) as raised:
            opened(path)
        assert str(raised.value).startswith(f"{path}: line 1 is damaged; this run cannot be resumed")
        assert str(raised.value).count(str(path)) == 1


def chunk_at(number, source, *, settled="", digest=""):
    return ChunkRecord(number, source, 10 * number, 10 * number + 1, 100 * number, 100, 10, digest, settled)


@pytest.mark.parametrize(
    ("chunks", "unchanged", "start"),
    [
        ([], {0}, Start()),
        ([chunk_at(0, 0, settled="0+5")], {0}, Start()),
        ([chunk_at(0, 0)], {0}, Start(0, 0, 0, Place(0, 1))),
        ([chunk_at(0, 0), chunk_at(1, 0), chunk_at(2, 0, settled="0+1")], {0}, Start(0, 1, 10, Place(100, 11), 10)),
        ([chunk_at(0, 0), chunk_at(1, 0, settled="0+0"), chunk_at(2, 0)], {0}, Start(0, 0, 0, Place(0, 1))),
        ([chunk_at(0, 0), chunk_at(1, 1), chunk_at(2, 1)], {0, 1}, Start(1, 2, 20, Place(200, 21), 20)),
        ([chunk_at(0, 0), chunk_at(1, 1), chunk_at(2, 1)], {1}, Start(0, 0, 0)),  # the first is a pipe
        (
            [chunk_at(0, 0), chunk_at(1, 1, digest="x"), chunk_at(2, 1, digest="y")],
            {0, 1},
            Start(1, 1, 10, None, 10),
        ),  # packed
        ([chunk_at(0, 0), chunk_at(1, 1, digest="x"), chunk_at(2, 2)], {0, 1, 2}, Start(2, 2, 20, Place(200, 21), 20)),
        (
            [chunk_at(0, 0), chunk_at(1, 1, digest="x"), chunk_at(2, 2)],
            {0, 2},
            Start(1, 1, 10, None, 10),
        ),  # mended since
        ([chunk_at(0, 1)], {1}, Start(0, 0, 0)),  # an empty pipe before it
    ],
)
def test_reading_begins_at_the_last_finished_chunk_that_need_not_be_compared(chunks, unchanged, start):
    state = RowState()
    state.take(Record(chunks, {}, {}, 0))
    assert state.start(unchanged, [0, 0, 0]) == start


def test_rows_that_were_left_out_before_the_place_are_not_counted_as_chosen():
    state = RowState()
    skipping = msgspec.structs.replace(chunk_at(0, 0), skipped=7)
    state.take(Record([skipping, chunk_at(1, 0), chunk_at(2, 0)], {}, {}, 0))
    assert state.start({0}, [0, 0, 0]).chosen == 13


@pytest.mark.parametrize(("reaches", "number"), [([0, 150], 1), ([0, 50], 2), ([150, 0], 2)])
def test_reading_goes_back_to_a_bad_row_as_far_as_that_input_depends_on_it(reaches, number):
    state = RowState()
    bad = ChunkRecord(1, 1, 10, 11, 100, 0, 1)
    state.take(Record([chunk_at(0, 0), bad, chunk_at(2, 1)], {}, {}, 0))
    assert state.start({0, 1}, reaches).number == number
