"""Which letters are settled is remembered, and nothing else is taken for them."""

from __future__ import annotations

import json
import stat
from contextlib import closing
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from loader.dlq.errors import DlqError
from loader.dlq.letter import DeadLetter, encode
from loader.dlq.queue_lines import lines_in
from loader.dlq.replayed import ReplayedWriter, ReplayMarks, fingerprint, read_settled, replayed_path
from loader.durable.checksummed_lines import seal
from loader.outcomes import Fate

from .making import QUEUE, json_rows, line_of, row_letter


def letter_of(name: str, *, row: bytes = b'{"n":1.50,"m":[1]}') -> DeadLetter:
    return structs.replace(row_letter(json_rows(row)), error=name)


A, B, C = map(letter_of, "abc")
SIZE = len(line_of(A))  # of each line


@pytest.fixture
def dlq(tmp_path):
    path = tmp_path / "dlq.jsonl"
    path.write_bytes(encode([A, B, C]))
    return path


def settle(dlq, *letters):
    with closing(ReplayedWriter(dlq, "run")) as writer:
        for offset, letter in letters:
            writer.add(offset, fingerprint(letter), Fate.DELIVERED)
        writer.sync()


def test_queue_that_was_never_replayed_has_no_settled_letters(dlq):
    assert len(read_settled(dlq)) == 0
    assert not read_settled(dlq).holds(0)


def test_settled_letters_are_known_after_every_replay(dlq):
    settle(dlq, (0, A))
    settle(dlq, (2 * SIZE, C))
    settled = read_settled(dlq)
    assert [settled.holds(0), settled.holds(SIZE), settled.holds(2 * SIZE)] == [True, False, True]


def test_queue_made_anew_under_the_same_name_is_not_mistaken_for_the_old_one(dlq):
    settle(dlq, (0, A))
    dlq.write_bytes(encode([letter_of("A"), B, C]))
    assert len(read_settled(dlq)) == 0


def test_settled_letters_are_found_where_they_are_after_the_queue_was_edited(dlq):
    """The first letter was mended and became longer, and an editor left its byte order mark and line ends."""
    settle(dlq, (SIZE, B), (2 * SIZE, C))
    mended = encode([letter_of("mended, and longer"), B, letter_of("new"), C])
    dlq.write_bytes(b"\xef\xbb\xbf" + mended.replace(b"\n", b"\r\n\r\n"))
    settled = read_settled(dlq)
    assert [settled.holds(line.offset) for line in lines_in(dlq)] == [False, True, False, True]
    assert len(settled) == 2


@pytest.mark.parametrize("respell", [{"separators": (", ", ": ")}, {"sort_keys": True}, {"ensure_ascii": False}])
def test_settled_letters_are_found_however_a_tool_has_spelled_them(dlq, respell):
    """As jq and others write all lines anew where one is changed."""
    settle(dlq, (0, A), (2 * SIZE, C))
    lines = [json.dumps(json.loads(line), **respell) for line in dlq.read_text().splitlines()]
    dlq.write_text("\n".join(lines))
    settled = read_settled(dlq)
    assert [settled.holds(line.offset) for line in lines_in(dlq)] == [True, False, True]


@pytest.mark.parametrize("row", [b'{"n":1.51,"m":[1]}', b'{"n":"1.50","m":[1]}', b'{"n":1.50,"m":[true]}', b"null"])
def test_letter_whose_row_was_changed_is_another_letter(dlq, row):
    settle(dlq, (0, A))
    dlq.write_bytes(line_of(letter_of("a", row=row)))
    assert len(read_settled(dlq)) == 0


def test_of_letters_that_are_alike_as_many_are_settled_as_were(dlq):
    dlq.write_bytes(encode([A, A, A]))
    settle(dlq, (0, A), (SIZE, A))
    settle(dlq, (0, A))  # taken again
    assert len(read_settled(dlq)) == 2


def test_one_sync_is_one_line(dlq):
    settle(dlq, (0, A), (SIZE, B), (2 * SIZE, C))
    assert replayed_path(dlq).read_bytes().count(b"\n") == 1


def test_what_was_not_synced_is_not_settled(dlq):
    with closing(ReplayedWriter(dlq, "run")) as writer:
        writer.add(0, fingerprint(A), Fate.DELIVERED)
    assert len(read_settled(dlq)) == 0


def test_two_replays_of_one_queue_never_run_at_once(dlq):
    with closing(ReplayedWriter(dlq, "run")), pytest.raises(DlqError, match="another process"):
        ReplayedWriter(dlq, "other")


def test_torn_last_line_is_passed_over_and_cut_by_the_next_replay(dlq):
    settle(dlq, (0, A))
    settle(dlq, (SIZE, B))
    path = replayed_path(dlq)
    path.write_bytes(path.read_bytes()[:-3])
    assert [read_settled(dlq).holds(0), read_settled(dlq).holds(SIZE)] == [True, False]
    settle(dlq, (2 * SIZE, C))
    assert read_settled(dlq).holds(2 * SIZE)


@pytest.mark.parametrize(
    "damaged", [b"00000000 {}\n", seal(b'{"run_id":1}'), seal(b'{"run_id":"r","settled":[[-1,2,3]]}')]
)
def test_damage_is_never_taken_for_letters_that_are_to_be_sent_again(dlq, damaged):
    settle(dlq, (0, A))
    path = replayed_path(dlq)
    path.write_bytes(damaged + path.read_bytes())
    with pytest.raises(DlqError, match=r"dlq\.jsonl\.replayed"):
        read_settled(dlq)


def test_marks_are_private_and_no_symlink(dlq, tmp_path):
    settle(dlq, (0, A))
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
    saw = {(0, SIZE): fingerprint(B)}
    marks = ReplayMarks({QUEUE.index: ReplayedWriter(dlq, "run")}, lambda source, offset: saw.pop((source, offset)))
    with closing(marks):
        marks.settle(QUEUE.index, [SIZE], Fate.DELIVERED)
        marks.sync()
    assert read_settled(dlq).holds(SIZE)
    assert not saw


@given(st.lists(st.tuples(st.sampled_from([A, B, letter_of("another")]), st.booleans())), st.randoms())
def test_letters_are_found_in_whatever_order_they_were_settled(tmp_path_factory, letters, chance):
    dlq = tmp_path_factory.mktemp("queue") / "dlq.jsonl"
    dlq.write_bytes(encode([letter for letter, _ in letters]))
    offsets = accumulate((len(line_of(letter)) for letter, _ in letters), initial=0)
    settled = [(offset, letter) for offset, (letter, is_settled) in zip(offsets, letters, strict=False) if is_settled]
    chance.shuffle(settled)
    settle(dlq, *settled)
    assert len(read_settled(dlq)) == len(settled)
