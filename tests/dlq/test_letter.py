"""What stands in a dead letter, and that nothing of a row is lost in it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.contents import RawJson
from loader.dlq import letter as letters
from loader.dlq.errors import LetterError
from loader.dlq.letter_factory import TEXT_LIMIT, LetterFactory
from loader.error_types import LetterClass
from loader.history import History
from loader.keys import row_key
from loader.outcomes import Cause, ColumnError, Ending
from loader.rows import Layout, Origin, Rows, Source
from tests.dlq.making import texts_of

from .making import JSONL, RUN, bad_letter, bad_row, csv_rows, json_rows, line_of, replay_one, row_letter, unmasked

JSON_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | JSON_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(JSON_TEXT, inner, max_size=3),
    max_leaves=8,
)
SPACE = st.text(" \t", max_size=2)


@st.composite
def json_lines(draw):
    """JSON objects as people write them: any spacing, escapes or none, any spelling of numbers, keys twice."""
    row = json.dumps(draw(st.dictionaries(JSON_TEXT, JSON_VALUES)), ensure_ascii=draw(st.booleans()))
    extra = draw(
        st.sampled_from(["", '"n":1e+400,', '"n":-0.10,', '"a":1,"a":2,', '"n":123456789012345678901234567890,'])
    )
    body = row[1:] if row != "{}" else '"z":0}'
    return (draw(SPACE) + "{" + draw(SPACE) + extra + body + draw(SPACE)).encode()


def fields_of(line):
    return json.loads(line)


def test_letter_is_one_line_with_the_fields_in_the_order_of_the_format():
    cause = Cause(
        "http_422",
        "no",
        Ending.REFUSED,
        status=422,
        code="E7",
        columns=(ColumnError("a", "x", "an int"),),
        hint="mend it",
    )
    line = line_of(row_letter(json_rows(b'{"a":"x"}'), cause))
    assert line.endswith(b"}\n")
    assert list(fields_of(line).items()) == [
        ("timestamp", "2026-11-24T00:15:00.250000+00:00"),
        ("error", "no"),
        ("error_type", "http_422"),
        ("row", {"a": "x"}),
        ("class", "refused"),
        ("status", 422),
        ("code", "E7"),
        ("attempts", 1),
        ("first_error_at", "2026-11-24T00:14:59.250000+00:00"),
        ("run_id", RUN),
        ("source", "in.jsonl"),
        ("line", 3),
        ("offset", 40),
        ("format", "jsonl"),
        ("columns", [{"column": "a", "value": "x", "error": "an int"}]),
        ("idempotency_key", row_key(RUN, 0, "in.jsonl", 40)),
        ("target", "http://t/rows"),
        ("hint", "mend it"),
    ]


def test_unreadable_row_keeps_its_bytes_as_text():
    fields = fields_of(line_of(bad_letter(bad_row(b'{"a":\x01'))))
    assert (fields["row"], fields["raw"], fields["class"]) == (None, '{"a":\x01', "data")
    assert (fields["line"], fields["offset"]) == (5, 80)
    assert "truncated" not in fields


def test_row_that_is_no_utf8_keeps_its_bytes_in_base64():
    letter = letters.decode(line_of(bad_letter(bad_row(b'{"a":"\xff"}'))))
    assert base64.b64decode(letter.raw_base64) == letter.original == b'{"a":"\xff"}'
    assert letter.raw is None


def test_beginning_of_a_huge_row_says_that_it_is_one():
    fields = fields_of(line_of(bad_letter(bad_row(b"x" * 65536, length=20_000_000))))
    assert (fields["truncated"], fields["length"], len(fields["raw"])) == (True, 20_000_000, 65536)


@given(json_lines())
def test_any_json_row_comes_back_byte_for_byte(raw):
    parsed = replay_one(row_letter(json_rows(raw)))
    assert [group.rows.raw for group in parsed.groups] == [[raw]]


@given(st.dictionaries(JSON_TEXT, st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_any_delimited_row_comes_back_field_for_field(row):
    letter = row_letter(csv_rows(list(row.values()), tuple(row), "tsv"))
    (group,) = replay_one(letter).groups
    assert group.rows.layout == Layout("tsv", tuple(row))
    assert [list(fields) for fields in texts_of(group.rows)] == [list(row.values())]


@given(st.binary())
def test_any_unreadable_row_keeps_its_bytes(raw):
    assert letters.decode(line_of(bad_letter(bad_row(raw)))).original == raw


@pytest.mark.parametrize("raw", [b'{"a":\r1}', '{"a":"\u2028\u2029\u0085"}'.encode(), b'{"a":1}\r', b'\t{"a":1} '])
def test_letter_ends_with_its_only_line_end(raw):
    line = line_of(row_letter(json_rows(raw)))
    assert line.splitlines() == [line[:-1]]
    assert replay_one(letters.decode(line)).groups[0].rows.raw == [raw]


def test_row_spelt_like_no_encoder_would_stands_in_the_letter_as_it_is():
    raw = b'{"b":1.0e2 ,"a":123456789012345678901234567890, "a":-0.0}'
    assert b'"row":' + raw + b"," in line_of(row_letter(json_rows(raw)))


def test_texts_are_masked_before_they_are_cut():
    secret = "s3cret" * 10
    cause = Cause(
        "http_400",
        "e" * 1980 + secret,
        Ending.REFUSED,
        columns=(ColumnError("a", secret, f"not {secret}"),),
        hint=secret,
        code=secret,
    )
    line = line_of(row_letter(json_rows(b"{}"), cause, mask=lambda text: text.replace(secret, "***")))
    assert b"s3" not in line
    bad = bad_letter(bad_row(b"{"), mask=lambda text: text.replace("unexpected", "***"))
    assert bad.error == "*** end"


def test_long_texts_are_cut():
    assert len(row_letter(json_rows(b"{}"), Cause("http_400", "e" * 9000, Ending.REFUSED)).error) == TEXT_LIMIT


def test_name_of_a_file_that_is_no_utf8_can_be_written():
    source = Source(0, "caf\udce9.jsonl", Layout("jsonl"), False, 10)
    letter = letters.decode(line_of(bad_letter(bad_row(b"{"), source)))
    assert letter.source == "caf\\udce9.jsonl"
    assert letter.idempotency_key == row_key(RUN, 0, source.name, 80)


def test_replayed_row_keeps_what_its_first_letter_said_of_it():
    origin = Origin("first.jsonl", 12, 345, "k" * 32, None, "2026-01-01T00:00:00.000000+00:00")
    letter = row_letter(json_rows(b"{}", origin=origin), run_id="later")
    assert letter.origin == origin
    assert letter.run_id == "later"


def test_row_with_a_write_timestamp_needs_no_key():
    origin = Origin("first.jsonl", 12, 345, write_timestamp=1_795_479_300_000_007)
    letter = row_letter(json_rows(b"{}", origin=origin))
    assert (letter.idempotency_key, letter.write_timestamp) == (None, 1_795_479_300_000_007)


def test_fields_of_later_versions_are_passed_over():
    line = line_of(row_letter(json_rows(b'{"a":1}')))
    assert letters.decode(line[:-2] + b',"shard":{"x":[1]}}\n') == letters.decode(line)


def test_four_fields_make_a_letter():
    letter = letters.decode(b'{"timestamp":"2026-11-24T00:15:00Z","error":"e","error_type":"t","row":null}')
    assert not letter.has_row
    assert letter.letter_class is None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"timestamp":"yesterday","error":"e","error_type":"t","row":null}',
        b'{"timestamp":"2026-11-24T00:15:00Z","error":"e","error_type":"t","row":{"a":"\xff"}}',
        b'{"timestamp":"2026-11-24T00:15:00Z","error":"e","error_type":"t","row":null,"class":"bored"}',
        b'{"timestamp":"2026-11-24T00:15:00Z","error":"e","error_type":"t","row":null,"raw_base64":"?"}',
        b'{"timestamp":"2026-11-24T00:15:00Z","error":"e","error_type":"t","row":null,"raw_base64":"\xc3\xa9"}',
        b'{"timestamp":"2026-11-24T00:15:00Z","error":"e","error_type":"t","row":' + b"[" * 100_000,
    ],
)
def test_anything_else_is_no_letter(line):
    with pytest.raises(LetterError):
        letters.decode(line)


@given(st.binary())
def test_damaged_lines_raise_nothing_but_letter_error(line):
    with pytest.raises(LetterError):
        letters.decode(line)


@given(st.data())
def test_torn_letter_is_no_letter(data):
    line = line_of(row_letter(json_rows(b'{"a":[1,{"b":"x"}]}')))
    with pytest.raises(LetterError):
        letters.decode(line[: data.draw(st.integers(0, len(line) - 2))])


def test_key_of_a_letter_is_that_of_a_request_of_one_row():
    letter = row_letter(json_rows(b"{}", offset=12345), Cause("reset", "r", Ending.AMBIGUOUS))
    assert letter.idempotency_key == row_key(RUN, JSONL.index, JSONL.name, 12345)


def test_rows_that_died_together_get_a_letter_each_with_its_own_place_and_cause():
    one, other = Cause("http_422", "no", Ending.REFUSED, status=422), Cause("http_409", "taken", Ending.REFUSED)
    rows = Rows(JSONL, JSONL.layout, [7, 8, 9], [3, 4, 5], [40, 50, 60], RawJson([b'{"a":1}', b'{"a":2}', b'{"a":3}']))
    history = History(attempts=2)
    facts: dict[str, Any] = {"target": "api", "wall": 0.0}
    found = LetterFactory(RUN, "", unmasked).of_rows(rows, {0: one, 2: other}, LetterClass.REFUSED, history, **facts)
    alone = [row_letter(rows.take([i]), why, history=history, **facts) for i, why in ((0, one), (2, other))]
    assert found == alone
    assert [(each.line, each.offset, each.error) for each in found] == [(3, 40, "no"), (5, 60, "taken")]


def test_letters_are_lines_in_their_order():
    first, second = (bad_letter(bad_row(raw)) for raw in (b"{", b"["))
    assert letters.encode([first, second]) == line_of(first) + line_of(second)
