"""Looking into queues."""

from __future__ import annotations

from contextlib import closing

import pytest

from loader.dlq.errors import DlqError
from loader.dlq.inspect import entries, stats, values_of
from loader.dlq.replayed import ReplayedWriter, fingerprint
from loader.dlq.selection import Selection, is_of
from loader.error_types import LetterClass
from loader.outcomes import Cause, Ending, Fate

from .making import bad_letter, bad_row, json_rows, line_of, row_letter

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
        writer.add(0, fingerprint(GOOD), Fate.DELIVERED)
        writer.sync()


def test_stats_count_by_everything_a_replay_can_choose_by(dlq):
    found = stats(entries([dlq], Selection()))
    assert (found.letters, found.damaged, found.truncated, found.replayed) == (3, 1, 1, 0)
    assert found.by_class == {"refused": 1, "unknown": 1, "data": 1}
    assert found.by_type == {"http_422": 1, "reset": 1, "bad_json": 1}
    assert found.by_status == {"422": 1}
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


def test_values_are_those_of_settled_letters_too(dlq):
    settle_first(dlq)
    found = values_of([dlq])
    assert found.error_types == {"http_422", "reset", "bad_json"}
    assert found.classes == {"refused", "unknown", "data"}
    assert (found.statuses, found.sources, found.newest) == ({422}, {"in.jsonl"}, LATER.timestamp)


@pytest.mark.parametrize(
    ("source", "wanted", "expected"),
    [
        ("samples/orders.jsonl", "samples/orders.jsonl", True),
        ("samples/orders.jsonl", "orders.jsonl", True),
        ("/data/samples/orders.jsonl", "samples/orders.jsonl", True),
        ("./samples/orders.jsonl", "samples/orders.jsonl", True),
        ("samples/orders.jsonl", "./samples/orders.jsonl", True),
        ("samples/orders.jsonl", "./orders.jsonl", False),
        ("orders.jsonl", "./orders.jsonl", True),
        ("reorders.jsonl", "orders.jsonl", False),
        ("orders.jsonl", "samples/orders.jsonl", False),
        ("samples/orders.jsonl", "samples", False),
        ("samples/orders.jsonl", "", False),
        ("-", "-", True),
    ],
)
def test_a_source_is_known_by_its_path_or_the_end_of_it(source, wanted, expected):
    assert is_of(source, wanted) is expected


def test_a_byte_order_mark_and_foreign_line_ends_damage_no_letter(tmp_path):
    path = tmp_path / "dlq.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + (line_of(GOOD) + line_of(LATER)).replace(b"\n", b"\r\n"))
    assert [entry.letter for entry in entries([path], Selection())] == [GOOD, LATER]


def test_missing_queue_is_an_error(tmp_path):
    with pytest.raises(DlqError, match="missing"):
        list(entries([tmp_path / "missing"], Selection()))
