"""CSV and TSV: what csv.writer writes comes back, and what cannot be read is told apart."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from loader.config import sections
from loader.rows import Layout
from loader.sources import chunks, parser_for
from loader.sources.formats.delimited.dialect import Dialect, written
from tests.sources.reading import DEFAULTS, PiecewiseInput, fields_of, parse_all, read_paths, source_of

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)


def parse(data: bytes, columns: int, settings=DEFAULTS, fmt="csv"):
    source = source_of(fmt, tuple(f"c{i}" for i in range(columns)))
    (found,) = chunks([PiecewiseInput(data, [len(data)], source, settings)], max_wait=1.0)
    return parser_for(source, settings).parse(found)


def fields(parsed) -> list[list[str]]:
    return [row for group in parsed.groups for row in fields_of(group.rows)]


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
def test_every_row_is_read_as_strict_csv_reads_it(data):
    """As fields where their number fits; where quotes do not end where their fields do, the row is bad."""
    given_input = PiecewiseInput(data, [len(data) or 1], source_of("csv", ("a", "b")))
    for chunk, parsed in parse_all(chunks([given_input], max_wait=1.0)):
        assert chunk.rows == len(parsed.bad) + sum(len(group.rows) for group in parsed.groups)
        for group in parsed.groups:
            assert [strict(raw) for raw in group.rows.raw] == fields_of(group.rows)
        for bad in parsed.bad:
            assert bad.error_type in ("unclosed_quote", "text_after_quote", "wrong_field_count")
            assert (strict(bad.raw) is not None) == (bad.error_type == "wrong_field_count")


def strict(record: bytes) -> list[str] | None:
    """The fields of a record, None where it is none."""
    try:
        (fields,) = csv.reader(StringIO(record.decode(), newline=""), strict=True)
    except csv.Error:
        return None
    return fields


@pytest.mark.parametrize(
    ("row", "error_type", "said"),
    [
        (b"1", "wrong_field_count", "expected 2 fields, found 1"),
        (b"1,2,3", "wrong_field_count", "expected 2 fields, found 3"),
        (b"1,\xff", "bad_encoding", "byte 3"),
        (b"1,\x00", "nul_byte", "byte 3"),
        (b'"1\n",\xff', "bad_encoding", "byte 6"),
        (
            b'2,"5" disk"',
            "text_after_quote",
            'closing quote at byte 5 of the row: \'2,"5" disk"\'; a quote within quotes',
        ),
        (b'1,"she said \\"hi\\""', "text_after_quote", 'escape character? Then set input.escape = "\\\\"'),
        (b'"x\n1","5 inch\n2,"6"', "text_after_quote", "row is lines 3 to 5, for that quote opens on line 4"),
    ],
)
def test_a_bad_row_is_told_apart_and_the_rows_around_it_go_on(row, error_type, said):
    parsed = parse(b'"a\nb",2\n' + row + b"\nc,d\n", 2)
    assert fields(parsed) == [["a\nb", "2"], ["c", "d"]]
    (bad,) = parsed.bad
    assert (1, 3, 8, row, error_type) == (bad.ordinal, bad.line, bad.offset, bad.raw, bad.error_type)
    assert said in bad.error


def test_quotes_within_an_unquoted_field_are_text_and_told_of():
    parsed = parse(b'a,b\n5" pipe,a"b"\n"5"" pipe",\n"x\n",6"\n', 2)
    assert fields(parsed) == [["a", "b"], ['5" pipe', 'a"b"'], ['5" pipe', ""], ["x\n", '6"']]
    assert list(parsed.strays) == [(1, 2), (3, 4)]


def test_a_strict_parser_takes_no_quote_within_an_unquoted_field():
    settings = sections.InputSettings(strict=True, escape="\\")
    parsed = parse(b'a,b\n$65"Lamp, Stripe"\n"5"" pipe",\nx\ty,z\\"\n', 2, settings)
    assert fields(parsed) == [["a", "b"], ['5" pipe', ""], ["x\ty", 'z"']]
    (bad,) = parsed.bad
    assert (bad.line, bad.raw, bad.error_type) == (2, b'$65"Lamp, Stripe"', "stray_quote")
    assert "byte 4 of the row" in bad.error
    assert not parsed.strays


def test_a_row_is_told_of_or_bad_never_both():
    parsed = parse(b'"5" disk",a\n5" disk,b,c\n', 2)
    assert [bad.error_type for bad in parsed.bad] == ["text_after_quote", "wrong_field_count"]
    assert not parsed.strays


ESCAPED = sections.InputSettings(escape="\\")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (b'1,"she said \\"hi\\""', ["1", 'she said "hi"']),  # cqlsh, DSBulk, Spark
        (b'1,"she said ""hi"""', ["1", 'she said "hi"']),
        (b'"C:\\\\",\\"', ["C:\\", '"']),
        (b"a\\,b,c", ["a,b", "c"]),  # Redshift, MySQL
        (b"a\\\nb,c\\\r\nd", ["a\nb", "c\r\nd"]),
        (b"C:\\new,\\N", ["C:\\new", "\\N"]),  # before anything else it is text
        (b'"a\\\nb",c', ["a\nb", "c"]),
        (b"a,b\\\\", ["a", "b\\"]),
        (b"a,b\\\n", ["a", "b\n"]),
    ],
)
def test_an_escape_makes_text_of_what_would_mean_something(row, expected):
    assert fields(parse(row + b"\nx,y\n", 2, ESCAPED)) == [expected, ["x", "y"]]


def test_an_escape_at_the_end_of_the_input_is_text():
    assert fields(parse(b"a,b\\", 2, ESCAPED)) == [["a", "b\\"]]


def test_escapes_work_without_quotes():
    bare = sections.InputSettings(escape="\\", quote="", delimiter="\t")
    assert fields(parse(b'5"\\\tx\ta\\\n"b\n', 2, bare)) == [['5"\tx', 'a\n"b']]


@given(ROWS, st.sampled_from(['"', ""]), st.booleans())
def test_what_is_written_with_escapes_comes_back(rows, quote, doubled):
    """As cqlsh writes it, and as Redshift does: with quotes, delimiters and line ends behind escapes."""
    rows = [[value.replace("\r", "\n") for value in row] for row in rows]
    text = StringIO()
    writer = csv.writer(
        text,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        escapechar="\\",
        doublequote=doubled,
        lineterminator="\n",
    )
    writer.writerows(rows)
    assert fields(parse(text.getvalue().encode(), 2, sections.InputSettings(escape="\\", quote=quote))) == rows


def layout(columns, header):
    return replace(source_of("csv"), layout=Layout("csv", columns, header))


@pytest.mark.parametrize(
    "row", [b"id,full name", b'"id","full name"', b"\xef\xbb\xbfid,full name", b'\xef\xbb\xbf"id","full name"']
)
def test_the_header_among_the_rows_is_a_bad_row(row):
    """`cat a.csv b.csv`, where each has a header, and perhaps a byte order mark."""
    source = layout(("id", "full name"), ("id", "full name"))
    (chunk,) = chunks([PiecewiseInput(b"1,Ann\n" + row + b"\r\n2,full name\n", [99], source)], max_wait=1.0)
    parsed = parser_for(source, DEFAULTS).parse(chunk)
    assert fields(parsed) == [["1", "Ann"], ["2", "full name"]]
    (bad,) = parsed.bad
    assert (bad.line, bad.raw, bad.error_type) == (2, row, "repeated_header")


@pytest.mark.parametrize("row", [b"1,Ann", b'"1","Ann"', b"1", b"\xef\xbb\xbf1,Ann", b"", b"\xff,x"])
@pytest.mark.parametrize("fmt", ["csv", "tsv"])
def test_a_row_with_a_byte_order_mark_before_it_is_bad(row, fmt):
    """`cat a.csv b.csv`, where neither has a header: the mark once became part of the first field."""
    marked = b"\xef\xbb\xbf" + row
    text = b"0,\xc3\xa9\n" + marked + b"\r\n2,\xef\xbb\xbf in the middle\n"
    parsed = parse(text.replace(b",", b"\t") if fmt == "tsv" else text, 2, fmt=fmt)
    assert fields(parsed) == [["0", "é"], ["2", "\ufeff in the middle"]]
    (bad,) = parsed.bad
    assert (bad.line, bad.error_type) == (2, "byte_order_mark")


def test_a_name_that_is_quoted_in_the_header_is_found_again():
    source = layout(("a,b", 'c"d'), ("a,b", 'c"d'))
    (chunk,) = chunks([PiecewiseInput(b'"a,b","c""d"\n1,2\n', [99], source)], max_wait=1.0)
    assert [bad.error_type for bad in parser_for(source, DEFAULTS).parse(chunk).bad] == ["repeated_header"]


def test_a_wrong_count_with_a_backslash_before_a_quote_asks_for_the_escape():
    text = b'1,"x \\", y"\n2,c:\\d,e\n'
    asked, plain = parse(text, 2).bad
    assert (asked.error_type, plain.error_type) == ("wrong_field_count", "wrong_field_count")
    assert asked.error == (
        'expected 2 fields, found 3; is the backslash the escape character? Then set input.escape = "\\\\"'
    )
    assert plain.error == "expected 2 fields, found 3"
    assert "escape" not in parse(text, 2, sections.InputSettings(escape="\\")).bad[0].error


def test_the_empty_field_behind_the_last_delimiter_is_passed_over_where_it_is_empty():
    source = layout(("id", "name"), ("id", "name", ""))
    text = b'1,Ann,\n2,Bob,x\n3,Cy\n4,Di,""\nid,name,\n'
    (chunk,) = chunks([PiecewiseInput(text, [99], source)], max_wait=1.0)
    parsed = parser_for(source, DEFAULTS).parse(chunk)
    assert fields(parsed) == [["1", "Ann"], ["4", "Di"]]
    assert [(bad.line, bad.error_type, bad.error) for bad in parsed.bad] == [
        (2, "wrong_field_count", "the header has no name for the last field, which holds 'x'"),
        (3, "wrong_field_count", "expected 3 fields, found 2"),
        (5, "repeated_header", "this row is the header again, as where files were put one behind the other"),
    ]


def test_a_field_may_be_larger_than_the_csv_module_likes():
    large = "x" * 300_000
    assert [[large, "1"]] == fields(parse(f'"{large}",1\n'.encode(), 2))


def test_without_a_quote_character_quotes_are_text():
    assert fields(parse(b'"a,b"\nc,"\n', 2, sections.InputSettings(quote=""))) == [['"a', 'b"'], ["c", '"']]


def test_delimiter_and_quote_can_be_set():
    assert fields(parse(b"'a;b';'c''d'\n", 2, sections.InputSettings(delimiter=";", quote="'"))) == [["a;b", "c'd"]]


def test_tsv_has_a_tab_unless_the_delimiter_is_set():
    assert fields(parse(b"a,b\tc\n", 2, fmt="tsv")) == [["a,b", "c"]]
    assert fields(parse(b"a\tb|c\n", 2, sections.InputSettings(delimiter="|"), "tsv")) == [["a\tb", "c"]]
    assert fields(parse(b"a\tb,c\n", 2, sections.InputSettings(delimiter=","), "tsv")) == [["a\tb", "c"]]


def test_a_row_of_one_empty_quoted_field_is_a_row_and_a_blank_line_is_none():
    assert fields(parse(b'""\n\r\n \n\n', 1)) == [[""], [" "]]


def test_lines_count_the_header_and_the_lines_within_quotes(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b'"a\nb",c\r\n1,"2\r\n3"\r\n4,5')
    (chunk,) = read_paths([path])
    assert chunk.source.layout.columns == ("a\nb", "c")
    ((_, parsed),) = parse_all([chunk])
    assert list(parsed.groups[0].rows.lines) == [3, 5]


PLAIN = st.text("ab \t;é\x1f\u2028", max_size=4)


@given(st.lists(st.lists(PLAIN, min_size=1, max_size=3), min_size=1, max_size=6), st.sampled_from(["\n", "\r\n", "\r"]))
def test_rows_without_quotes_are_split_as_csv_reads_them(rows, line_end):
    """All at once where all have as many fields as there are columns; a quote anywhere leaves all to the csv module."""
    lines = [";".join(row) for row in rows]
    plain = line_end.join(lines).encode()
    assume(plain.strip(b"\r\n"))
    columns, semicolons = lines[0].count(";") + 1, sections.InputSettings(delimiter=";")
    found = parse(plain, columns, semicolons)
    judged = parse(plain + b'\n""' + b";" * (columns - 1), columns, semicolons)
    assert [*fields(found), [""] * columns] == fields(judged)
    assert [(bad.line, bad.error_type) for bad in found.bad] == [(bad.line, bad.error_type) for bad in judged.bad]
