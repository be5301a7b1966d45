"""Which letters are settled is remembered, and nothing else is taken for them."""

from __future__ import annotations

import stat
from contextlib import closing
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.dlq.errors import DlqError
from loader.dlq.replayed import ReplayedWriter, ReplayMarks, fingerprint, read_settled, replayed_path
from loader.dlq.sealed import seal
from loader.outcomes import Fate

from .making import QUEUE


@pytest.fixture
def dlq(tmp_path):
    path = tmp_path / "dlq.jsonl"
    path.write_bytes(b"a\nb\nc\n")
    return path


def settle(dlq, *letters):
    with closing(ReplayedWriter(dlq, "run")) as writer:
        for offset, line in letters:
            writer.add(offset, fingerprint(line), Fate.DELIVERED)
        writer.sync()


def test_queue_that_was_never_replayed_has_no_settled_letters(dlq):
    assert len(read_settled(dlq)) == 0
    assert not read_settled(dlq).holds(0)


def test_settled_letters_are_known_after_every_replay(dlq):
    settle(dlq, (0, b"a"))
    settle(dlq, (4, b"c"))
    settled = read_settled(dlq)
    assert [settled.holds(0), settled.holds(2), settled.holds(4)] == [True, False, True]


def test_queue_made_anew_under_the_same_name_is_not_mistaken_for_the_old_one(dlq):
    settle(dlq, (0, b"a"))
    dlq.write_bytes(b"A\nb\nc\n")
    assert len(read_settled(dlq)) == 0


def test_settled_letters_are_found_where_they_are_after_the_queue_was_edited(dlq):
    """The first letter was mended and became longer, and an editor left its byte order mark and line ends."""
    settle(dlq, (2, b"b"), (4, b"c"))
    dlq.write_bytes(b"\xef\xbb\xbfmended\r\nb\r\n\r\nnew\r\nc")
    settled = read_settled(dlq)
    assert [settled.holds(offset) for offset in (3, 11, 16, 21)] == [False, True, False, True]
    assert len(settled) == 2


def test_of_letters_that_are_alike_as_many_are_settled_as_were(dlq):
    dlq.write_bytes(b"a\na\na\n")
    settle(dlq, (0, b"a"), (2, b"a"))
    settle(dlq, (0, b"a"))  # taken again
    assert len(read_settled(dlq)) == 2


def test_one_sync_is_one_line(dlq):
    settle(dlq, (0, b"a"), (2, b"b"), (4, b"c"))
    assert replayed_path(dlq).read_bytes().count(b"\n") == 1


def test_what_was_not_synced_is_not_settled(dlq):
    with closing(ReplayedWriter(dlq, "run")) as writer:
        writer.add(0, fingerprint(b"a"), Fate.DELIVERED)
    assert len(read_settled(dlq)) == 0


def test_two_replays_of_one_queue_never_run_at_once(dlq):
    with closing(ReplayedWriter(dlq, "run")), pytest.raises(DlqError, match="another process"):
        ReplayedWriter(dlq, "other")


def test_torn_last_line_is_passed_over_and_cut_by_the_next_replay(dlq):
    settle(dlq, (0, b"a"))
    settle(dlq, (2, b"b"))
    path = replayed_path(dlq)
    path.write_bytes(path.read_bytes()[:-3])
    assert [read_settled(dlq).holds(0), read_settled(dlq).holds(2)] == [True, False]
    settle(dlq, (4, b"c"))
    assert read_settled(dlq).holds(4)


@pytest.mark.parametrize(
    "damaged", [b"00000000 {}\n", seal(b'{"run_id":1}'), seal(b'{"run_id":"r","settled":[[-1,2,3]]}')]
)
def test_damage_is_never_taken_for_letters_that_are_to_be_sent_again(dlq, damaged):
    settle(dlq, (0, b"a"))
    path = replayed_path(dlq)
    path.write_bytes(damaged + path.read_bytes())
    with pytest.raises(DlqError, match=r"dlq\.jsonl\.replayed"):
        read_settled(dlq)


def test_marks_are_private_and_no_symlink(dlq, tmp_path):
    settle(dlq, (0, b"a"))
    path = replayed_path(dlq)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    for use in (read_settled, lambda dlq: ReplayedWriter(dlq, "run")):
        with pytest.raises(DlqError, match="symlink"):
            use(dlq)


def test_marks_that_cannot_be_written_are_an_error(dlq):
    replayed_path(dlq).mkdir()
    with pytest.raises(DlqError):
        ReplayedWriter(dlq, "run")


def test_marks_of_rows_go_to_the_queue_they_come_from(dlq):
    saw = {(0, 2): fingerprint(b"b")}
    marks = ReplayMarks({QUEUE.index: ReplayedWriter(dlq, "run")}, lambda source, offset: saw.pop((source, offset)))
    with closing(marks):
        marks.settle(QUEUE.index, [2], Fate.DELIVERED)
        marks.sync()
    assert read_settled(dlq).holds(2)
    assert not saw


@given(st.lists(st.tuples(st.sampled_from([b"a", b"bb", b"ccc"]), st.booleans())), st.randoms())
def test_letters_are_found_in_whatever_order_they_were_settled(tmp_path_factory, letters, chance):
    dlq = tmp_path_factory.mktemp("queue") / "dlq.jsonl"
    dlq.write_bytes(b"".join(line + b"\n" for line, _ in letters))
    offsets = accumulate((len(line) + 1 for line, _ in letters), initial=0)
    settled = [(offset, line) for offset, (line, is_settled) in zip(offsets, letters, strict=False) if is_settled]
    chance.shuffle(settled)
    settle(dlq, *settled)
    assert len(read_settled(dlq)) == len(settled)
