"""Dialects of delimited text: what any of them writes comes back, wherever reading is cut or begun."""

from __future__ import annotations

import csv
from functools import partial

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from loader.config import sections
from loader.sources import chunks, expand, open_inputs, parser_for
from loader.sources.formats.delimited.dialect import Dialect, written
from loader.sources.formats.delimited.dialect_rules import contradictions_of
from loader.sources.recognition.head import Head
from loader.sources.start import Place, Start
from tests.sources.reading import Pieces, PiecewiseInput, fields_of, read_paths, rows_of, source_of

FIELD = st.lists(st.sampled_from([*"ab|#\\\"' \t,;\r\n", "\r\n", "\u00a7"]), max_size=6).map("".join)
DIALECTS = st.builds(
    Dialect,
    delimiter=st.sampled_from([",", "\t", ";", "||", ", ", "\u00a7", "|#|", " "]),
    quote=st.sampled_from(['"', "'", ""]),
    escape=st.sampled_from(["", "\\"]),
    comment=st.sampled_from(["", "#", "##", "a"]),
    trim=st.booleans(),
    unescape=st.booleans(),
)


def read(data: bytes, columns: int, sizes=(), max_rows=8192, **keys) -> tuple[list[list], list[tuple]]:
    """The fields of readable rows, and (line, error type) of the others."""
    given_settings = sections.InputSettings(**keys)
    source = source_of("csv", tuple(f"c{i}" for i in range(columns)))
    given_input = PiecewiseInput(data, sizes or [len(data) or 1], source, given_settings)
    rows, bad = [], []
    for chunk in chunks([given_input], max_wait=1.0, max_rows=max_rows):
        parsed = parser_for(source, given_settings).parse(chunk)
        rows += [row for group in parsed.groups for row in fields_of(group.rows)]
        bad += [(each.line, each.error_type) for each in parsed.bad]
    return rows, bad


def settings_of(dialect: Dialect, **keys) -> dict:
    return {
        name: getattr(dialect, name) for name in ("delimiter", "quote", "escape", "comment", "trim", "unescape")
    } | keys


@settings(max_examples=500)
@given(
    DIALECTS,
    st.lists(st.lists(FIELD, min_size=2, max_size=2), min_size=1, max_size=6),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.integers(1, 9), max_size=9),
    st.integers(1, 3),
)
@example(Dialect("||", '"', comment="#"), [["#", "||"], ['"||"', "#"]], "\n", [], 1)
def test_what_any_dialect_writes_comes_back(dialect, rows, line_end, sizes, max_rows):
    assume(not list(contradictions_of(dialect)))
    try:
        lines = [written(dialect, row) for row in rows]
    except csv.Error:
        assume(False)
    # An escaped CR before an LF would be an escaped CR LF.
    assume(dialect.quote or not any(line.endswith(b"\r") for line in lines))
    data = b"".join(line + line_end.encode() for line in lines)
    found, bad = read(data, 2, sizes, max_rows, **settings_of(dialect))
    assert (rows, []) == (found, bad)


@pytest.mark.parametrize("data", [b'# a\n1,2\n#,"x\n3,4\n#', b"#\r\n\r\n1,2\r\n#\r\n3,4\r\n", b"1,2\r#x\r3,4\r"])
def test_comments_are_no_rows_wherever_they_stand(data):
    assert read(data, 2, comment="#") == ([["1", "2"], ["3", "4"]], [])


def test_a_line_that_begins_like_a_comment_within_quotes_is_none():
    assert read(b'"a\n#b",2\n #c,"#d"\n', 2, comment="#") == ([["a\n#b", "2"], [" #c", "#d"]], [])


def test_nothing_in_a_comment_means_anything():
    data = b'#,"\n1,2\n# C:\\dir\\\n3,4\n#"\n"5\n#",6\n'
    assert read(data, 2, comment="#", escape="\\") == ([["1", "2"], ["3", "4"], ["5\n#", "6"]], [])


def test_a_comment_over_the_limit_is_none_and_no_row_either():
    assert read(b"1,2\n#" + b"x" * 50 + b"\n3,4\n", 2, comment="#", max_row_bytes=9)[0] == [["1", "2"], ["3", "4"]]
    assert read(b"1,2\n#" + b"x" * 50, 2, comment="#", max_row_bytes=9) == ([["1", "2"]], [])


def test_lines_count_comments_and_lines_that_were_passed_over(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b'Report\r\nof,"today\r\n# names\r\na,b\r\n1,2\r\n# more\r\n3,4\r\n')
    keys = sections.InputSettings(skip_lines=2, comment="#")
    found = rows_of(read_paths([path], keys), keys)
    assert found == [(0, 5, 33, b"1,2", None), (1, 7, 46, b"3,4", None)]


@pytest.mark.parametrize("data", [b"x\n", b"x", b"x\r\ny\r\n", b""])
def test_a_file_with_fewer_lines_than_are_passed_over_has_no_rows(tmp_path, data):
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    assert not read_paths([path], sections.InputSettings(skip_lines=2))


@given(st.lists(st.sampled_from(["\r", "\n", "\r\n", "a"]), max_size=9).map("".join), st.integers(0, 5), st.data())
def test_lines_are_passed_over_however_they_come(text, count, data):
    whole = text.encode()
    head = Head(Pieces(whole, data.draw(st.lists(st.integers(1, 3), max_size=9))))
    head.pass_over(count)
    head.pass_over(count)
    lines = whole.splitlines(keepends=True)
    assert head.skipped == sum(map(len, lines[:count]))
    assert b"".join(iter(partial(head.source().read, 99, None), b"")) == b"".join(lines[count:])


def test_a_byte_order_mark_before_lines_that_are_passed_over(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfsep=;\na;b\n1;2\n")
    keys = sections.InputSettings(skip_lines=1, delimiter=";")
    with open_inputs(expand([str(path)]), keys) as inputs:
        assert inputs.sources[0].layout.names == ("a", "b")
        assert [chunk.offset for chunk in chunks(inputs, max_wait=1.0)] == [13]


def test_comments_before_a_header_do_not_hide_it(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"#<html>\n\n# x\nid,name\n1,a\n")
    with open_inputs(expand([str(path)]), sections.InputSettings(comment="#")) as inputs:
        assert inputs.sources[0].layout.names == ("id", "name")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b" a , b ", ["a", "b"]),
        (b'\t"a, c" ,\t" b "\t', ["a, c", " b "]),  # what stands within quotes stays
        (b' "a\n c", "d ""e"" f" ', ["a\n c", 'd "e" f']),
        (b"  ,  ", ["", ""]),
        (b' x"y , 5" ', ['x"y', '5"']),
        (b'"a, ""b"", ",c', ['a, "b", ', "c"]),
    ],
)
def test_blanks_around_fields_are_taken_off(line, expected):
    assert read(line + b"\n", 2, trim=True) == ([expected], [])


def test_a_delimiter_that_is_a_blank_is_not_taken_off():
    assert read(b"a\t\t\n", 3, trim=True, delimiter="\t") == ([["a", "", ""]], [])
    assert read(b"a  b\n", 3, trim=True, delimiter=" ") == ([["a", "", "b"]], [])


def test_text_behind_a_quote_is_told_where_blanks_are_taken_off():
    assert read(b'"a" b,c\n1,2\n', 2, trim=True) == ([["1", "2"]], [(1, "text_after_quote")])


@pytest.mark.parametrize(
    ("delimiter", "line", "expected"),
    [
        ("||", b'a||"b||c"', ["a", "b||c"]),
        ("||", b"a|||b", ["a", "|b"]),
        ("::", b"a:b::c", ["a:b", "c"]),
        ("\u00a7", "ä\u00a7b".encode(), ["ä", "b"]),
        ("||", b'"a\nb"||"c""||"', ["a\nb", 'c"||']),
        (", ", b"a,b, c", ["a,b", "c"]),
    ],
)
def test_a_delimiter_may_be_several_characters(delimiter, line, expected):
    assert read(line + b"\n", 2, delimiter=delimiter) == ([expected], [])


def test_a_delimiter_of_several_characters_can_be_escaped():
    assert read(b"a\\||b||c\n", 2, delimiter="||", escape="\\", quote="") == ([["a||b", "c"]], [])


@pytest.mark.parametrize(
    ("field", "meant"),
    [
        (r"a\nb\tc\r", "a\nb\tc\r"),
        (r"C:\\new", r"C:\new"),
        (r"\x1c\xa0", "\x1c\xa0"),
        (r"\N", r"\N"),  # a word for null
        (r"\q\x1", r"\q\x1"),
    ],
)
def test_characters_that_fields_spell_are_meant_where_that_is_said(field, meant):
    assert read(f"{field}|b\n".encode(), 2, delimiter="|", unescape=True) == ([[meant, "b"]], [])
    twice = field.replace("\\", "\\\\")  # as cqlsh has it: spelled, and then escaped for CSV
    assert read(f"{twice},b\n".encode(), 2, escape="\\", unescape=True) == ([[meant, "b"]], [])


def test_stand_ins_in_the_text_are_text():
    assert read(b"a\x1f||\x1e\n", 2, delimiter="||") == ([["a\x1f", "\x1e"]], [])


@pytest.mark.parametrize(
    ("ragged", "expected", "bad"),
    [
        ("reject", [["1", "2"]], [2, 3, 4]),
        ("pad", [["1", "2"], ["3", None]], [3, 4]),
        ("truncate", [["1", "2"], ["4", "5"], ["7", "8"]], [2]),
        ("fit", [["1", "2"], ["3", None], ["4", "5"], ["7", "8"]], []),
    ],
)
def test_rows_of_another_number_of_fields_are_bad_padded_or_cut(ragged, expected, bad):
    found, faults = read(b"1,2\n3\n4,5,6\n7,8,\n", 2, ragged=ragged)
    assert (found, faults) == (expected, [(line, "wrong_field_count") for line in bad])


@pytest.mark.parametrize(
    ("ragged", "expected", "bad"),
    [
        ("reject", [["1", "2"]], 4),
        ("pad", [["1", "2"], ["3", None], ["4", "5"]], 2),
        ("truncate", [["1", "2"], ["6", "7"], ["8", "9"]], 2),
        ("fit", [["1", "2"], ["3", None], ["4", "5"], ["6", "7"], ["8", "9"]], 0),
    ],
)
def test_the_delimiter_at_the_end_of_each_line_may_be_missing_where_rows_may_be_short(tmp_path, ragged, expected, bad):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b,\n1,2,\n3\n4,5\n6,7,x\n8,9,,\n")
    keys = sections.InputSettings(ragged=ragged)
    (chunk,) = read_paths([path], keys)
    parsed = parser_for(chunk.source, keys).parse(chunk)
    assert [row for group in parsed.groups for row in fields_of(group.rows)] == expected
    assert len(parsed.bad) == bad


def test_bad_rows_stay_bad_whatever_is_done_with_ragged_ones():
    assert read(b'"a"b\n\xff\n1,2\n', 2, ragged="fit") == (
        [["1", "2"]],
        [(1, "text_after_quote"), (2, "bad_encoding")],
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'"",,x', ["", None, "x"]),
        (b',"",""', [None, "", ""]),
        (b'"a,"",b","",', ['a,",b', "", None]),
        (b'" ", "" ,""""', [" ", ' "" ', '"']),
        (b'\\,,\\"\\",', [",", '""', None]),
    ],
)
def test_an_empty_field_in_quotes_is_told_from_nothing_where_that_is_said(line, expected):
    escape = "\\" if b"\\" in line else ""
    assert read(line + b"\n", 3, empty="quoted", escape=escape) == ([expected], [])


@given(
    st.lists(st.lists(st.sampled_from([None, "", "a", ",", '"', " ", '""', "\\"]), min_size=2, max_size=2), min_size=1)
)
def test_nothing_and_empty_texts_come_back(rows):
    for dialect in (Dialect(",", '"', quoted_empty=True), Dialect("||", '"', "\\", trim=True, quoted_empty=True)):
        data = b"".join(written(dialect, row) + b"\n" for row in rows)
        assert read(data, 2, **settings_of(dialect), empty="quoted") == (rows, [])


KEYS = sections.InputSettings(delimiter="||", comment="#", trim=True, ragged="fit", escape="\\", skip_lines=1)
ODD = b"".join(
    [b"made today\n# names\nid || name\n"] + [b'%d || "n\n#%d" \n# "x\\\n%d\n' % (i, i, i + 1) for i in range(0, 60, 2)]
)


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_any_chunk_is_a_place_to_begin(tmp_path, rows):
    path = tmp_path / "a.csv"
    path.write_bytes(ODD)
    found = read_paths([path], KEYS, max_rows=rows)
    every = rows_of(found, KEYS)
    assert len(every) == 60
    assert all(error is None and ODD[offset:].startswith(raw) for _, _, offset, raw, error in every)
    for chunk in found:
        start = Start(0, chunk.number, chunk.ordinal, Place(chunk.offset, chunk.line))
        assert rows_of(read_paths([path], KEYS, start=start), KEYS) == every[chunk.ordinal :]
