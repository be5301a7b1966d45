"""A queue read again: which letters become rows, and what they remember."""

from __future__ import annotations

from dataclasses import replace
from zlib import crc32

import msgspec
import pytest

from loader.config import sections
from loader.dlq.replayed import SettledLetters
from loader.dlq.selection import Selection
from loader.outcomes import Cause, Ending, LetterClass
from loader.rows import Format, Layout, Source

from .making import (
    QUEUE,
    RUN,
    WALL,
    bad_letter,
    bad_row,
    chunk,
    csv_rows,
    json_rows,
    line_of,
    replay,
    replay_one,
    row_letter,
)

GOOD = row_letter(json_rows(b'{"a":1}'))
CSV = row_letter(csv_rows(["1", "x,y"], ("id", "name")))
UNKNOWN = row_letter(json_rows(b'{"a":2}'), Cause("reset", "reset", Ending.AMBIGUOUS), LetterClass.UNKNOWN)
CSV_SOURCE = Source(1, "in.csv", Layout(Format.CSV, ("id", "name")), False, 1000)


def lines(*found):
    return b"".join(line_of(letter) for letter in found)


def taken(parsed):
    return [raw for group in parsed.groups for raw in group.rows.raw]


def test_letters_become_rows_with_their_own_place_and_their_origin():
    data = b"\n" + lines(GOOD, UNKNOWN)
    (group,) = replay(data, 2).groups
    rows = group.rows
    assert rows.layout == Layout(Format.JSONL)
    assert (list(rows.ordinals), list(rows.lines)) == ([100, 101], [12, 13])
    assert list(rows.offsets) == [5001, 5001 + len(line_of(GOOD))]
    assert rows.raw == [b'{"a":1}', b'{"a":2}']
    assert rows.origins == [GOOD.origin, UNKNOWN.origin]
    assert (rows.origins[0].line, rows.origins[0].offset, rows.origins[0].source) == (3, 40, "in.jsonl")
    assert rows.fields is None


def test_rows_are_grouped_by_target_format_and_columns():
    elsewhere = row_letter(json_rows(b'{"b":1}'), target="other")
    tsv = row_letter(csv_rows(["2", "z"], ("id", "name"), Format.TSV))
    parsed = replay(lines(GOOD, CSV, elsewhere, tsv, GOOD), 5)
    assert [(group.target, group.rows.layout, list(group.rows.ordinals)) for group in parsed.groups] == [
        ("http://t/rows", Layout(Format.JSONL), [100, 104]),
        ("http://t/rows", Layout(Format.CSV, ("id", "name")), [101]),
        ("other", Layout(Format.JSONL), [102]),
        ("http://t/rows", Layout(Format.TSV, ("id", "name")), [103]),
    ]


def test_delimited_rows_come_with_their_fields():
    (group,) = replay_one(CSV).groups
    assert [list(fields) for fields in group.rows.fields] == [["1", "x,y"]]
    assert group.rows.raw == [b'{"id":"1","name":"x,y"}']
    assert group.rows.value(0) == {"id": "1", "name": "x,y"}


@pytest.mark.parametrize("line", [b"torn {", b'{"a":1}', b'{"timestamp":"\xff"}', b"x" * 100_000])
def test_damaged_line_is_a_rejected_row_kept_whole(line):
    parsed = replay(lines(GOOD) + line + b"\r\n" + lines(GOOD), 3)
    (bad,) = parsed.bad
    assert (bad.ordinal, bad.line, bad.raw, bad.error_type) == (101, 12, line, "damaged_letter")
    assert bad.length == len(line)
    assert len(taken(parsed)) == 2


def test_damaged_line_is_damaged_again_in_the_next_replay():
    (bad,) = replay(b'{"a":1}\n', 1).bad
    (again,) = replay_one(bad_letter(bad, QUEUE, target="")).bad
    assert (again.raw, again.error_type, again.error) == (bad.raw, bad.error_type, bad.error)
    assert (again.origin.source, again.origin.line) == ("dlq.jsonl", 11)


def test_unreadable_row_is_rejected_again_for_the_same_reason_and_remembers_its_place():
    first = bad_letter(bad_row(b'{"a":'))
    (bad,) = replay_one(first).bad
    assert (bad.raw, bad.error_type, bad.error) == (b'{"a":', "bad_json", "unexpected end")
    assert (bad.origin, bad.format) == (first.origin, Format.JSONL)
    again = bad_letter(bad, QUEUE, run_id="later")
    assert (again.source, again.line, again.offset, again.format) == ("in.jsonl", 5, 80, Format.JSONL)
    assert again.idempotency_key == first.idempotency_key


def test_unreadable_row_is_taken_once_its_bytes_are_mended():
    mended = msgspec.structs.replace(bad_letter(bad_row(b'{"a":')), raw='{"a":1}\n')
    assert taken(replay_one(mended)) == [b'{"a":1}']


def test_row_changed_by_hand_goes_as_it_was_changed():
    letter = row_letter(json_rows(b' {"a":1}'))
    assert taken(replay_one(letter)) == [b' {"a":1}']
    changed = msgspec.structs.replace(letter, row=msgspec.Raw(b'{"a":2}'))
    assert taken(replay_one(changed)) == [b'{"a":2}']


def test_beginning_of_a_row_is_rejected_again_with_its_length():
    (bad,) = replay_one(bad_letter(bad_row(b"{}", length=99_999_999))).bad
    assert (bad.raw, bad.length, bad.error_type) == (b"{}", 99_999_999, "bad_json")


@pytest.mark.parametrize("row", [b"5", b'"text"', b'{"a":"\\ud800"}', b'{"a":1}' + b"\x00"])
def test_row_that_is_no_object_is_damage(row):
    (bad,) = replay_one(msgspec.structs.replace(GOOD, row=msgspec.Raw(row))).bad
    assert bad.error_type == "damaged_letter"


def test_delimited_row_that_is_not_of_texts_is_damage():
    (bad,) = replay_one(msgspec.structs.replace(CSV, row=msgspec.Raw(b'{"id":1}'))).bad
    assert (bad.error_type, bad.format) == ("damaged_letter", Format.CSV)


@pytest.mark.parametrize(
    ("raw", "columns", "fields"),
    [
        (b'1,"x\ny"', ("id", "name"), ["1", "x\ny"]),
        (b"1,x", (), None),
        (b"1,x,y", ("id", "name"), None),
        (b"1,x\n2,y", ("id", "name"), None),
        (b'1,"x', ("id", "name"), None),
        (b"", ("id", "name"), None),
        (b"1,\xff", ("id", "name"), None),
    ],
)
def test_unreadable_delimited_row_is_read_again_where_the_columns_are_known(raw, columns, fields):
    letter = bad_letter(bad_row(raw), CSV_SOURCE)
    parsed = replay_one(letter, settings=sections.Input(columns=columns))
    found = [list(fields) for group in parsed.groups for fields in group.rows.fields]
    assert found == ([] if fields is None else [fields])
    assert [bad.raw for bad in parsed.bad] == ([raw] if fields is None else [])


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), [1, 2]),
        (Selection(classes=frozenset({"refused"})), [1]),
        (Selection(error_types=frozenset({"reset"})), [2]),
        (Selection(statuses=frozenset({422})), [1]),
        (Selection(sources=frozenset({"elsewhere"})), []),
        (Selection(sources=frozenset({"in.jsonl"})), [1, 2]),
        (Selection(since=WALL), [1, 2]),
        (Selection(since=WALL + 1), []),
        (Selection(repeatable=lambda target: False), [1]),
        (Selection(repeatable=lambda target: target == "http://t/rows"), [1, 2]),
        (Selection(repeatable=lambda target: False, settled=True), [1]),
        (Selection(repeatable=lambda target: False, classes=frozenset({LetterClass.UNKNOWN})), [2]),
    ],
)
def test_letters_left_out_by_a_selection_are_skipped(selection, expected):
    parsed = replay(lines(GOOD, UNKNOWN), 2, selection)
    assert taken(parsed) == [b'{"a":%d}' % number for number in expected]
    assert len(parsed.skipped) == 2 - len(expected)


def test_settled_letters_are_skipped_unless_all_are_asked_for():
    data = lines(GOOD, UNKNOWN) + b"torn"
    first = line_of(GOOD)[:-1]
    torn = 5000 + len(data) - len(b"torn")
    settled = SettledLetters([(5000, crc32(first)), (torn, crc32(b"torn"))])
    parsed = replay(data, 3, settled=settled)
    assert (taken(parsed), parsed.skipped, parsed.bad) == ([b'{"a":2}'], (100, 102), ())
    again = replay(data, 3, Selection(settled=True), settled=settled)
    assert (len(taken(again)), again.skipped, len(again.bad)) == (2, (), 1)


def test_every_letter_that_is_a_row_is_told_of():
    saw = []
    data = lines(GOOD, UNKNOWN) + b"torn"
    replay(data, 3, Selection(error_types=frozenset({"reset"})), saw=lambda *letter: saw.append(letter))
    second = 5000 + len(line_of(GOOD))
    assert saw == [(second, crc32(line_of(UNKNOWN)[:-1])), (5000 + data.index(b"torn"), crc32(b"torn"))]


def test_letter_too_large_to_be_read_is_a_bad_row_until_it_is_settled():
    from loader.dlq.source import DlqParser

    bad = msgspec.structs.replace(bad_row(b"x" * 65536, length=10**8), offset=5000)
    large = replace(chunk(b"", 1), bad=bad)
    saw = {}
    assert DlqParser(Selection(), SettledLetters(), saw.__setitem__).parse(large).bad == (bad,)
    parsed = DlqParser(Selection(), SettledLetters(saw.items()), saw.__setitem__).parse(large)
    assert (parsed.bad, parsed.skipped) == ((), (9,))


def test_every_ordinal_stands_in_exactly_one_place():
    parsed = replay(
        lines(GOOD, CSV) + b"\n\n" + b"torn\n" + lines(UNKNOWN), 4, Selection(classes=frozenset({"refused"}))
    )
    good = [ordinal for group in parsed.groups for ordinal in group.rows.ordinals]
    assert sorted([*good, *parsed.skipped, *(bad.ordinal for bad in parsed.bad)]) == [100, 101, 102, 103]


def test_key_survives_any_number_of_replays():
    letter = GOOD
    for run_id in ("second", "third"):
        (group,) = replay_one(letter).groups
        letter = row_letter(group.rows, run_id=run_id, first_error_at=WALL + 99)
    assert (letter.idempotency_key, letter.first_error_at) == (GOOD.idempotency_key, GOOD.first_error_at)
    assert (letter.source, letter.line, letter.offset) == (GOOD.source, GOOD.line, GOOD.offset)
    assert letter.run_id == "third" != RUN
