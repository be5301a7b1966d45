"""A queue read again: which letters become rows, and what they remember."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from loader.config.sections import InputSettings
from loader.contents import RawJson
from loader.dlq.replayed import SettledLetters, fingerprint
from loader.dlq.selection import Selection
from loader.error_types import LetterClass
from loader.history import History
from loader.outcomes import Cause, Ending
from loader.rows import Layout, ReadAs, Source
from tests.dlq.making import texts_of

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
CSV_SOURCE = Source(1, "in.csv", Layout("csv", ("id", "name")), False, 1000)


def lines(*found):
    return b"".join(line_of(letter) for letter in found)


def taken(parsed):
    return [raw for group in parsed.groups for raw in group.rows.raw]


def test_letters_become_rows_with_their_own_place_and_their_origin():
    data = b"\n" + lines(GOOD, UNKNOWN)
    (group,) = replay(data, 2).groups
    rows = group.rows
    assert rows.layout == Layout("jsonl")
    assert (list(rows.ordinals), list(rows.lines)) == ([100, 101], [12, 13])
    assert list(rows.offsets) == [5001, 5001 + len(line_of(GOOD))]
    assert rows.raw == [b'{"a":1}', b'{"a":2}']
    assert rows.origins == [GOOD.origin, UNKNOWN.origin]
    assert (rows.origins[0].line, rows.origins[0].offset, rows.origins[0].source) == (3, 40, "in.jsonl")
    assert isinstance(rows.content, RawJson)


def test_rows_are_grouped_by_target_format_and_columns():
    elsewhere = row_letter(json_rows(b'{"b":1}'), target="other")
    tsv = row_letter(csv_rows(["2", "z"], ("id", "name"), "tsv"))
    parsed = replay(lines(GOOD, CSV, elsewhere, tsv, GOOD), 5)
    assert [(group.target, group.rows.layout, list(group.rows.ordinals)) for group in parsed.groups] == [
        ("http://t/rows", Layout("jsonl"), [100, 104]),
        ("http://t/rows", Layout("csv", ("id", "name")), [101]),
        ("other", Layout("jsonl"), [102]),
        ("http://t/rows", Layout("tsv", ("id", "name")), [103]),
    ]


def test_delimited_rows_come_with_their_fields():
    (group,) = replay_one(CSV).groups
    assert [list(fields) for fields in texts_of(group.rows)] == [["1", "x,y"]]
    assert group.rows.raw == [b'{"id":"1","name":"x,y"}']
    assert group.rows.content.row(0) == b'{"id":"1","name":"x,y"}'


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
    assert (bad.raw, bad.error_type) == (b'{"a":', "bad_json")
    assert bad.error.startswith("the JSON is cut short after 5 bytes")
    assert (bad.origin, bad.format) == (first.origin, "jsonl")
    again = bad_letter(bad, QUEUE, run_id="later")
    assert (again.source, again.line, again.offset, again.format) == ("in.jsonl", 5, 80, "jsonl")
    assert again.idempotency_key == first.idempotency_key


def test_unreadable_row_is_taken_once_its_bytes_are_mended():
    mended = msgspec.structs.replace(bad_letter(bad_row(b'{"a":')), raw='{"a":1}\n')
    assert taken(replay_one(mended)) == [b'{"a":1}']


def test_row_changed_by_hand_goes_as_it_was_changed():
    changed = msgspec.structs.replace(GOOD, row=msgspec.Raw(b'{"a":2}'))
    assert taken(replay_one(changed)) == [b'{"a":2}']


@pytest.mark.parametrize("row", [b'{"a":1,"b":1.50}', b'{"b": 1.50, "a": 1}'])
def test_row_goes_byte_for_byte_as_it_was_read_however_an_editor_spells_it(row):
    letter = row_letter(json_rows(b' {"a":1,"b":1.50}'))
    assert taken(replay_one(msgspec.structs.replace(letter, row=msgspec.Raw(row)))) == [b' {"a":1,"b":1.50}']


@pytest.mark.parametrize("row", [b'{"a":2}', b'{"a":true}', b'{"a":"1"}', b'{"a":1.0}', b'{"a":1,"b":null}'])
def test_row_and_raw_that_are_two_different_rows_are_no_row(row):
    """One of the two was mended, and nobody can know which."""
    letter = row_letter(json_rows(b' {"a":1}'))
    parsed = replay_one(msgspec.structs.replace(letter, row=msgspec.Raw(row)))
    assert [(bad.error_type, "two different rows" in bad.error) for bad in parsed.bad] == [("damaged_letter", True)]


def test_row_filled_in_by_hand_goes_in_place_of_what_could_not_be_read():
    letter = bad_letter(bad_row(b'{"a":'))
    assert taken(replay_one(msgspec.structs.replace(letter, row=msgspec.Raw(b'{"a":1}')))) == [b'{"a":1}']
    cut = bad_letter(bad_row(b"{}", length=99_999_999))
    assert taken(replay_one(msgspec.structs.replace(cut, row=msgspec.Raw(b'{"a":1}')))) == [b'{"a":1}']


def test_letter_of_neither_a_row_nor_raw_is_damaged():
    (bad,) = replay_one(msgspec.structs.replace(bad_letter(bad_row(b"{")), raw=None)).bad
    assert (bad.error_type, bad.error) == ("damaged_letter", "it has neither `row` nor `raw`")


def test_beginning_of_a_row_is_rejected_again_with_its_length_and_the_place_of_the_whole():
    letter = bad_letter(bad_row(b"{}", length=99_999_999))
    for _ in range(2):
        (bad,) = replay_one(letter).bad
        assert (bad.raw, bad.length, bad.error_type) == (b"{}", 99_999_999, "bad_json")
        assert bad.error == (
            "only the first 2 of 99,999,999 bytes of this row are in its letter; take the row from line 5 of in.jsonl"
        )
        letter = bad_letter(bad, QUEUE, run_id="later")


@pytest.mark.parametrize("row", [b"5", b'"text"', b'{"a":"\\ud800"}', b'{"a":1}' + b"\x00"])
def test_row_that_is_no_object_is_damage(row):
    (bad,) = replay_one(msgspec.structs.replace(GOOD, row=msgspec.Raw(row))).bad
    assert bad.error_type == "damaged_letter"


def test_delimited_row_that_is_not_of_texts_is_damage():
    (bad,) = replay_one(msgspec.structs.replace(CSV, row=msgspec.Raw(b'{"id":1}'))).bad
    assert (bad.error_type, bad.format) == ("damaged_letter", "csv")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'1,"x\ny"', ["1", "x\ny"]),
        (b"1,x\r\n", ["1", "x"]),
        (b"1,x,y", "wrong_field_count"),
        (b"1,x\n2,y", "damaged_letter"),
        (b'1,"x', "unclosed_quote"),
        (b"", "damaged_letter"),
        (b"1,\xff", "bad_encoding"),
        (b"1,\0", "nul_byte"),
    ],
)
def test_unreadable_delimited_row_is_read_anew_with_the_columns_of_its_letter(raw, expected):
    parsed = replay_one(bad_letter(bad_row(raw), CSV_SOURCE))
    found: list[object] = [list(fields) for group in parsed.groups for fields in texts_of(group.rows)]
    assert (found or [bad.error_type for bad in parsed.bad]) == [expected]
    assert [bad.raw for bad in parsed.bad] == ([] if found else [raw])


@pytest.mark.parametrize(
    ("settings", "raw"),
    [
        (InputSettings(delimiter=";"), b"1;x,y"),
        (InputSettings(delimiter="\t", quote="'"), b"1\t'x,y'"),
        (InputSettings(delimiter="|", quote=""), b"1|x,y"),
        (InputSettings(escape="\\"), b"1,x\\,y"),
        (InputSettings(escape="\\"), b'1,"x,y"'),
    ],
)
def test_unreadable_row_is_read_anew_as_its_input_was_read(settings, raw):
    """Whatever the settings of the replay are."""
    letter = bad_letter(bad_row(raw), CSV_SOURCE, settings=settings)
    (group,) = replay_one(letter).groups
    [fields] = texts_of(group.rows)
    assert (list(fields), group.rows.layout.columns) == (["1", "x,y"], ("id", "name"))


@pytest.mark.parametrize(
    ("raw", "header", "settings", "expected"),
    [
        (b"a,b", ("a", "b"), InputSettings(), "repeated_header"),
        (b"\xef\xbb\xbfid,name", ("id", "name"), InputSettings(), "repeated_header"),
        (b"\xef\xbb\xbf1,x", ("id", "name"), InputSettings(), "byte_order_mark"),
        (b"1,x,", ("id", "name", ""), InputSettings(), ("1", "x")),
        (b"1,x,y", ("id", "name", ""), InputSettings(), "wrong_field_count"),
        (b"1,x", ("id", "name", ""), InputSettings(), "wrong_field_count"),
        (b'1,5" x', ("id", "name"), InputSettings(), ("1", '5" x')),
        (b'1,5" x', ("id", "name"), InputSettings(strict=True), "stray_quote"),
        (b'1,"5" x', ("id", "name"), InputSettings(), "text_after_quote"),
        (b'1,"5\\" x"', ("id", "name"), InputSettings(), "text_after_quote"),
        (b'1,"5\\" x"', ("id", "name"), InputSettings(escape="\\"), ("1", '5" x')),
        (b'1,"5 x\n2,"y" z', ("id", "name"), InputSettings(), "text_after_quote"),
        (b'1,"5"" x"\n2,y', ("id", "name"), InputSettings(), "damaged_letter"),
    ],
)
def test_unreadable_row_is_judged_as_it_was_in_its_input(raw, header, settings, expected):
    """Nothing becomes readable by forgetting how it was read."""
    source = replace(CSV_SOURCE, layout=Layout("csv", ("id", "name"), header))
    parsed = replay_one(bad_letter(bad_row(raw), source, settings=settings))
    found: list[object] = [tuple(fields) for group in parsed.groups for fields in texts_of(group.rows)]
    assert (found or [bad.error_type for bad in parsed.bad]) == [expected]


def test_letter_of_several_rows_says_how_to_mend_them():
    """A stray quote ran on to the next line, so that the letter has both; somebody closed it."""
    (bad,) = replay_one(bad_letter(bad_row(b'1,"5"" x"\n2,y'), CSV_SOURCE)).bad
    assert bad.error == "its `raw` holds 2 rows, and a letter is one: loader dlq export, and push the file"


def test_mended_row_that_is_refused_is_a_letter_like_any_other():
    mended = bad_letter(bad_row(b"1;x"), CSV_SOURCE, settings=InputSettings(delimiter=";"))
    (group,) = replay_one(mended).groups
    again = row_letter(group.rows, run_id="later")
    assert (bytes(again.row), again.raw, again.read_as) == (b'{"id":"1","name":"x"}', None, ReadAs(delimiter=";"))
    assert (again.line, again.idempotency_key) == (mended.line, mended.idempotency_key)
    usual = row_letter(replay_one(bad_letter(bad_row(b"1,x"), CSV_SOURCE)).groups[0].rows)
    assert usual.read_as is None


def test_letter_that_stays_unreadable_keeps_how_it_is_read():
    first = bad_letter(bad_row(b"1;x;y"), CSV_SOURCE, settings=InputSettings(delimiter=";"))
    (bad,) = replay_one(first).bad
    again = bad_letter(bad, QUEUE, run_id="later")
    assert again.read_as == first.read_as == ReadAs(("id", "name"), delimiter=";")


def test_delimited_row_filled_in_by_hand_has_the_columns_of_its_input_in_their_order():
    letter = bad_letter(bad_row(b"1"), CSV_SOURCE)
    (group,) = replay_one(msgspec.structs.replace(letter, row=msgspec.Raw(b'{"name":"x","id":"1"}'))).groups
    assert (texts_of(group.rows), group.rows.layout.columns) == ([["1", "x"]], ("id", "name"))
    (bad,) = replay_one(msgspec.structs.replace(letter, row=msgspec.Raw(b'{"nmae":"x","id":"1"}'))).bad
    assert (bad.error_type, bad.error) == (
        "damaged_letter",
        "the fields of its `row` are not those of its `input`: id, name",
    )


def test_delimited_row_without_names_of_columns_says_what_it_lacks():
    letter = msgspec.structs.replace(bad_letter(bad_row(b"1,x"), CSV_SOURCE), read_as=None)
    (bad,) = replay_one(letter).bad
    assert bad.error_type == "damaged_letter"
    assert '"input": {"columns":' in bad.error


@pytest.mark.parametrize(
    "said",
    [
        '{"delimiter":";;"}',
        '{"delimter":";"}',
        '{"quote":","}',
        '{"quote":"\\n"}',
        '{"columns":["a","a"]}',
        '{"columns":[""]}',
    ],
)
def test_input_of_a_letter_is_held_to_the_rules_of_the_config(said):
    line = line_of(bad_letter(bad_row(b"1,x"), CSV_SOURCE)).replace(b'{"columns":["id","name"]}', said.encode())
    assert said.encode() in line
    (bad,) = replay(line, 1).bad
    assert bad.error_type == "damaged_letter"


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
    settled = SettledLetters([5000, 5000 + len(data) - len(b"torn")])
    parsed = replay(data, 3, settled=settled)
    assert (taken(parsed), parsed.skipped, parsed.bad) == ([b'{"a":2}'], ((100, "settled"), (102, "settled")), ())
    again = replay(data, 3, Selection(settled=True), settled=settled)
    assert (len(taken(again)), again.skipped, len(again.bad)) == (2, (), 1)


def test_every_letter_whose_row_can_be_read_is_told_of():
    """What cannot be read is not settled by a replay: it may be mended."""
    saw = []
    data = lines(GOOD, UNKNOWN, bad_letter(bad_row(b"{"))) + b"torn"
    replay(data, 4, Selection(error_types=frozenset({"reset", "bad_json"})), saw=lambda *letter: saw.append(letter))
    assert saw == [(5000 + len(line_of(GOOD)), fingerprint(UNKNOWN))]


def test_letter_too_large_to_be_read_is_a_bad_row_and_stays_open():
    from loader.dlq.source import DlqParser

    bad = msgspec.structs.replace(bad_row(b"x" * 65536, length=10**8), offset=5000)
    large = replace(chunk(b"", 1), bad=bad)
    saw: dict[object, object] = {}
    assert DlqParser(Selection(), SettledLetters(), saw.__setitem__).parse(large).bad == (bad,)
    assert not saw


def test_every_ordinal_stands_in_exactly_one_place():
    parsed = replay(
        lines(GOOD, CSV) + b"\n\n" + b"torn\n" + lines(UNKNOWN), 4, Selection(classes=frozenset({"refused"}))
    )
    good = [ordinal for group in parsed.groups for ordinal in group.rows.ordinals]
    assert sorted([*good, *(each.ordinal for each in parsed.skipped), *(bad.ordinal for bad in parsed.bad)]) == [
        100,
        101,
        102,
        103,
    ]


def test_key_survives_any_number_of_replays():
    letter = GOOD
    for run_id in ("second", "third"):
        (group,) = replay_one(letter).groups
        letter = row_letter(group.rows, run_id=run_id, history=History(1, first_error_at=WALL + 99))
    assert (letter.idempotency_key, letter.first_error_at) == (GOOD.idempotency_key, GOOD.first_error_at)
    assert (letter.source, letter.line, letter.offset) == (GOOD.source, GOOD.line, GOOD.offset)
    assert letter.run_id == "third" != RUN
