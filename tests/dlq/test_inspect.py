"""Looking into queues."""

from __future__ import annotations

from contextlib import closing
from zlib import crc32

import pytest
from msgspec import Raw, structs

from loader.dlq.errors import DlqError
from loader.dlq.inspect import entries, originals, stats
from loader.dlq.replayed import ReplayedWriter
from loader.dlq.selection import Selection
from loader.outcomes import Cause, Ending, Fate, LetterClass
from loader.rows import Format

from .making import bad_letter, bad_row, csv_rows, json_rows, line_of, row_letter

GOOD = row_letter(json_rows(b'{"b":1.0,"a":1}'))
LATER = row_letter(json_rows(b"{}"), Cause("reset", "r", Ending.AMBIGUOUS), LetterClass.UNKNOWN, wall=1_800_000_000.0)
CUT = bad_letter(bad_row(b"x" * 10, length=20_000_000))


@pytest.fixture
def dlq(tmp_path):
    path = tmp_path / "dlq.jsonl"
    path.write_bytes(line_of(GOOD) + b"\ntorn\n" + line_of(LATER) + line_of(CUT))
    return path


def settle_first(path):
    with closing(ReplayedWriter(path, "run")) as writer:
        writer.add(0, crc32(line_of(GOOD)[:-1]), Fate.DELIVERED)
        writer.sync()


def test_stats_count_by_everything_a_replay_can_choose_by(dlq):
    found = stats(entries([dlq], Selection()))
    assert (found.letters, found.damaged, found.truncated, found.replayed) == (3, 1, 1, 0)
    assert found.by_class == {"refused": 1, "unknown": 1, "data": 1}
    assert found.by_type == {"http_422": 1, "reset": 1, "bad_json": 1}
    assert found.by_status == {"422": 1, "None": 2}
    assert found.by_source == {"in.jsonl": 3}
    assert (found.first, found.last) == (GOOD.timestamp, LATER.timestamp)
    assert found.bytes == dlq.stat().st_size - 1


def test_settled_letters_are_told_apart(dlq):
    settle_first(dlq)
    assert [entry.line for entry in entries([dlq], Selection())] == [3, 4, 5]
    assert stats(entries([dlq], Selection(settled=True))).replayed == 1


def test_selection_leaves_letters_out(dlq):
    found = list(entries([dlq, dlq], Selection(classes=frozenset({"unknown"}))))
    assert [(entry.line, entry.letter is None) for entry in found] == [(3, True), (4, False)] * 2


def test_export_gives_json_rows_byte_for_byte_and_no_half_rows(dlq):
    assert list(originals(entries([dlq], Selection()))) == [b'{"b":1.0,"a":1}', b"torn", b"{}"]


def test_export_gives_rows_as_they_were_read_or_as_they_were_changed_by_hand_since(tmp_path):
    path = tmp_path / "dlq.jsonl"
    spaced = row_letter(json_rows(b' {"a":1} '))
    path.write_bytes(line_of(spaced) + line_of(structs.replace(spaced, row=Raw(b'{"a":2}'))))
    assert list(originals(entries([path], Selection()))) == [b' {"a":1} ', b'{"a":2}']


def test_export_gives_unreadable_rows_as_they_were(tmp_path):
    path = tmp_path / "dlq.jsonl"
    path.write_bytes(line_of(bad_letter(bad_row(b'{"a":\xff'))))
    assert list(originals(entries([path], Selection()))) == [b'{"a":\xff']


def test_export_gives_delimited_rows_below_their_columns(tmp_path):
    path = tmp_path / "dlq.jsonl"
    rows = [
        csv_rows(["1", 'x,"y"'], ("id", "name")),
        csv_rows(["2", "z"], ("id", "name")),
        csv_rows(["3"], ("id",), Format.TSV),
    ]
    path.write_bytes(b"".join(line_of(row_letter(row)) for row in rows))
    assert list(originals(entries([path], Selection()))) == [b"id,name", b'1,"x,""y"""', b"2,z", b"id", b"3"]


def test_missing_queue_is_an_error(tmp_path):
    with pytest.raises(DlqError, match="missing"):
        list(entries([tmp_path / "missing"], Selection()))
