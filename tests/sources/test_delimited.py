"""CSV and TSV: what csv.writer writes comes back, and what cannot be read is told apart."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.config import sections
from loader.rows import Format
from loader.sources import chunks, parser_for
from loader.sources.dialect import Dialect, written
from tests.sources.reading import DEFAULTS, PiecewiseInput, parse_all, read_paths, source_of

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)


def parse(data: bytes, columns: int, settings=DEFAULTS, fmt=Format.CSV):
    source = source_of(fmt, tuple(f"c{i}" for i in range(columns)))
    (found,) = chunks([PiecewiseInput(data, [len(data)], source, settings)], max_wait=1.0)
    return parser_for(source, settings).parse(found)


def fields(parsed) -> list[list[str]]:
    return [list(row) for group in parsed.groups for row in group.rows.fields]


ROWS = st.lists(st.lists(TEXT, min_size=2, max_size=2), min_size=1, max_size=6)
# The writer leaves a CR or LF bare if it does not stand in its line end: then all is quoted.
FORMS = st.sampled_from([("\r\n", csv.QUOTE_MINIMAL), ("\n", csv.QUOTE_ALL), ("\r", csv.QUOTE_ALL)])


@given(ROWS, FORMS)
def test_what_csv_writer_writes_comes_back(rows, form):
    line_end, quoting = form
    text = StringIO()
    csv.writer(text, lineterminator=line_end, quoting=quoting).writerows(rows)
    data = text.getvalue().encode()
    parsed = parse(data, 2)
    assert fields(parsed) == rows
    (group,) = parsed.groups
    for offset, raw in zip(group.rows.offsets, group.rows.raw, strict=True):
        assert data[offset : offset + len(raw) + len(line_end)] == raw + line_end.encode()


@given(ROWS)
def test_what_is_written_here_comes_back(rows):
    data = b"".join(written(Dialect(",", '"'), row) + b"\n" for row in rows)
    assert fields(parse(data, 2)) == rows


@given(st.text('",\r\n a', max_size=60).map(str.encode))
def test_every_row_is_read_as_csv_reads_it(data):
    """Whatever stands there, row by row: as fields where their number fits."""
    given_input = PiecewiseInput(data, [len(data) or 1], source_of(Format.CSV, ("a", "b")))
    expected = [row for row in csv.reader(StringIO(data.decode(), newline="")) if row]
    found = list(chunks([given_input], max_wait=1.0))
    ordinals = {}
    for chunk, parsed in parse_all(found):
        for group in parsed.groups:
            ordinals |= dict(zip(group.rows.ordinals, group.rows.fields, strict=True))
        assert chunk.rows == len(parsed.bad) + sum(len(group.rows) for group in parsed.groups)
    assert {i: row for i, row in enumerate(expected) if len(row) == 2 and i in ordinals} == ordinals
    assert len(expected) == sum(chunk.rows for chunk in found)


@pytest.mark.parametrize(
    ("row", "error_type", "said"),
    [
        (b"1", "wrong_field_count", "expected 2 fields, found 1"),
        (b"1,2,3", "wrong_field_count", "expected 2 fields, found 3"),
        (b"1,\xff", "bad_encoding", "byte 3"),
        (b"1,\x00", "nul_byte", "byte 3"),
        (b'"1\n",\xff', "bad_encoding", "byte 6"),
    ],
)
def test_a_bad_row_is_told_apart_and_the_rows_around_it_go_on(row, error_type, said):
    parsed = parse(b'"a\nb",2\n' + row + b"\nc,d\n", 2)
    assert fields(parsed) == [["a\nb", "2"], ["c", "d"]]
    (bad,) = parsed.bad
    assert (1, 3, 8, row, error_type) == (bad.ordinal, bad.line, bad.offset, bad.raw, bad.error_type)
    assert said in bad.error


def test_quotes_within_a_field_are_text():
    assert fields(parse(b'5" pipe,a"b"\n', 2)) == [['5" pipe', 'a"b"']]


def test_a_field_may_be_larger_than_the_csv_module_likes():
    large = "x" * 300_000
    assert [[large, "1"]] == fields(parse(f'"{large}",1\n'.encode(), 2))


def test_without_a_quote_character_quotes_are_text():
    assert fields(parse(b'"a,b"\nc,"\n', 2, sections.Input(quote=""))) == [['"a', 'b"'], ["c", '"']]


def test_delimiter_and_quote_can_be_set():
    assert fields(parse(b"'a;b';'c''d'\n", 2, sections.Input(delimiter=";", quote="'"))) == [["a;b", "c'd"]]


def test_tsv_has_a_tab_unless_the_delimiter_is_set():
    assert fields(parse(b"a,b\tc\n", 2, fmt=Format.TSV)) == [["a,b", "c"]]
    assert fields(parse(b"a\tb|c\n", 2, sections.Input(delimiter="|"), Format.TSV)) == [["a\tb", "c"]]
    assert fields(parse(b"a\tb,c\n", 2, sections.Input(delimiter=","), Format.TSV)) == [["a\tb", "c"]]


def test_a_row_of_one_empty_quoted_field_is_a_row_and_a_blank_line_is_none():
    assert fields(parse(b'""\n\r\n \n\n', 1)) == [[""], [" "]]


def test_lines_count_the_header_and_the_lines_within_quotes(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b'"a\nb",c\r\n1,"2\r\n3"\r\n4,5')
    (chunk,) = read_paths([path])
    assert chunk.source.layout.columns == ("a\nb", "c")
    ((_, parsed),) = parse_all([chunk])
    assert list(parsed.groups[0].rows.lines) == [3, 5]
