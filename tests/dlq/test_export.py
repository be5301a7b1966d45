"""Rows of letters as a file that can be pushed again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Raw, structs

from loader.config.sections import InputSettings
from loader.contents import TextColumns
from loader.dlq.export import Choice, Export, chosen, forms_of
from loader.dlq.inspect import entries
from loader.dlq.selection import Selection
from loader.rows import LETTERS, BadRow, Layout, Rows
from loader.sources import chunks, expand, open_inputs, parser_for
from loader.sources.formats.delimited.dialect import dialect_of
from tests.dlq.making import texts_of

from .making import JSONL, bad_letter, bad_row, csv_rows, json_rows, line_of, row_letter
from .test_source import CSV_SOURCE

GOOD = row_letter(json_rows(b'{"b":1.0,"a":1}'))
SPACED = row_letter(json_rows(b' {"a":1} '))
CUT = bad_letter(bad_row(b"x" * 10, length=20_000_000))
COLUMNS = ("id", "name")


def csv_letter(*fields, settings=InputSettings(), **changed):  # noqa: B008 - frozen
    return row_letter(csv_rows(list(fields), COLUMNS), settings=settings, **changed)


def bad_csv(raw, **changed):
    return bad_letter(bad_row(raw), CSV_SOURCE, **changed)


@pytest.fixture
def queue(tmp_path):
    def write(*letters):
        path = tmp_path / "dlq.jsonl"
        path.write_bytes(b"".join(each if isinstance(each, bytes) else line_of(each) for each in letters))
        return path

    return write


def exported(path, choice=Choice()):  # noqa: B008 - frozen
    found = list(chosen(entries([path], Selection()), choice))
    forms = list(forms_of(found))
    assert len(forms) <= 1
    file = Export(forms[0] if forms else None)
    return b"".join(file.lines(found)), file


def test_json_rows_stand_byte_for_byte_and_unreadable_ones_as_they_were(queue):
    text, file = exported(queue(GOOD, bad_letter(bad_row(b'{"a":\xff')), SPACED))
    assert text == b'{"b":1.0,"a":1}\n{"a":\xff\n {"a":1} \n'
    assert [(line, each.entry.line) for line, each in file.to_mend.first] == [(2, 2)]
    assert file.rows == 3


def test_rows_that_were_changed_by_hand_stand_as_they_are_now(queue):
    mended = structs.replace(bad_letter(bad_row(b'{"a":')), raw='{"a":\n1}')
    text, file = exported(queue(structs.replace(GOOD, row=Raw(b'{"a":2}')), mended))
    assert text == b'{"a":2}\n{"a": 1}\n'
    assert file.to_mend.count == 0


def test_what_is_no_whole_row_is_left_out_and_named(queue):
    torn = b'{"a":1}\n'
    two = structs.replace(SPACED, row=Raw(b'{"a":2}'))
    text, file = exported(queue(CUT, torn, GOOD, two))
    assert text == b'{"b":1.0,"a":1}\n'
    why = {each.entry.line: each.fault for _, each in file.left_out.first}
    assert list(why) == [1, 2, 4]
    assert why[1] == (
        "only the first 10 of 20,000,000 bytes of this row are in its letter; take the row from line 5 of in.jsonl"
    )
    assert why[2] == "the letter is damaged"
    assert "two different rows" in why[4]


def test_header_of_delimited_rows_stands_once_and_first(queue):
    text, file = exported(queue(bad_csv(b"3"), csv_letter("1", 'x,"y"'), bad_csv(b'4,"a\nb",c'), csv_letter("2", "z")))
    assert text == b'id,name\n3\n1,"x,""y"""\n4,"a\nb",c\n2,z\n'
    assert [line for line, _ in file.to_mend.first] == [2, 4]
    assert [each.fault for _, each in file.to_mend.first] == [
        "expected 2 fields, found 1",
        "expected 2 fields, found 3",
    ]


@pytest.mark.parametrize(
    "settings",
    [
        InputSettings(delimiter=";"),
        InputSettings(delimiter="\t", quote="'"),
        InputSettings(delimiter="|"),
        InputSettings(escape="\\"),
        InputSettings(quote="", escape="\\"),
    ],
)
def test_rows_stand_in_the_dialect_of_their_input(queue, settings, tmp_path):
    delimiter = dialect_of(",", settings).delimiter
    mended = bad_csv(f"2{delimiter}z".encode(), settings=settings)
    path = queue(csv_letter("1", "x;y\t|'\"\n", settings=settings), mended)
    text, _ = exported(path)
    (tmp_path / "again.csv").write_bytes(text)
    assert read_again(tmp_path / "again.csv", settings) == [["1", "x;y\t|'\"\n"], ["2", "z"]]


def test_columns_that_need_quotes_have_them(queue):
    columns = ('a,b "c"', "new\nline")
    text, _ = exported(queue(row_letter(csv_rows(["1", "2"], columns))))
    assert text == b'"a,b ""c""","new\nline"\n1,2\n'


def test_forms_are_told_apart_with_their_sources(queue):
    tsv = row_letter(csv_rows(["1", "2"], COLUMNS, "tsv"))
    other = row_letter(csv_rows(["1"], ("id",)))
    semicolons = csv_letter("1", "2", settings=InputSettings(delimiter=";", escape="\\", strict=True))
    path = queue(GOOD, csv_letter("1", "2"), bad_csv(b"1"), tsv, other, semicolons, CUT, b"torn\n")
    found = forms_of(chosen(entries([path], Selection()), Choice()))
    assert {str(form): dict(sources) for form, sources in found.items()} == {
        "jsonl": {"in.jsonl": 1},
        "csv id,name": {"in.csv": 2},
        "tsv id,name": {"in.csv": 1},
        "csv id": {"in.csv": 1},
        "csv id,name delimiter=';' escape='\\\\'": {"in.csv": 1},
    }


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(format="jsonl"), b'{"b":1.0,"a":1}\n'),
        (Choice(format="tsv"), b"id\tname\n1\t2\n"),
        (Choice(columns=("id",)), b"id\n1\n"),
    ],
)
def test_one_form_can_be_chosen(queue, choice, expected):
    tsv = row_letter(csv_rows(["1", "2"], COLUMNS, "tsv"))
    assert exported(queue(GOOD, tsv, row_letter(csv_rows(["1"], ("id",)))), choice)[0] == expected


def test_letter_that_does_not_name_its_columns_is_left_out(queue):
    text, file = exported(queue(csv_letter("1", "2"), structs.replace(bad_csv(b"3"), read_as=None)))
    assert (text, file.left_out.count) == (b"id,name\n1,2\n", 1)


def test_many_rows_to_mend_are_counted_and_not_kept(queue):
    _, file = exported(queue(*[bad_csv(b"3")] * 50))
    assert (file.to_mend.count, len(file.to_mend.first)) == (50, 20)


def test_form_of_a_row_without_quotes_that_would_need_them_is_told(queue):
    letter = csv_letter("1", "a|b", settings=InputSettings(delimiter="|", quote=""))
    text, file = exported(queue(letter))
    assert (text, file.left_out.count) == (b"", 1)
    assert "cannot be written as csv id,name" in file.left_out.first[0][1].fault


def read_again(path, settings):
    with open_inputs(expand([str(path)]), settings) as inputs:
        (source,) = inputs.sources
        parser = parser_for(source, settings)
        parsed = [parser.parse(chunk) for chunk in chunks(inputs, max_wait=0.1)]
    assert not [bad for each in parsed for bad in each.bad]
    assert source.layout.columns == COLUMNS
    return [list(fields) for each in parsed for group in each.groups for fields in texts_of(group.rows)]


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
DIALECTS = [
    InputSettings(),
    InputSettings(delimiter=";", quote="'"),
    InputSettings(delimiter="\t"),
    InputSettings(escape="\\"),
    InputSettings(quote="", escape="\\", delimiter="|"),
]


@example([("", "\r")], InputSettings(quote="", escape="\\", delimiter="|"))
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4), st.sampled_from(DIALECTS))
def test_any_fields_come_back_from_an_export(tmp_path_factory, rows, settings):
    folder = tmp_path_factory.mktemp("export")
    path = folder / "dlq.jsonl"
    path.write_bytes(b"".join(line_of(csv_letter(*row, settings=settings)) for row in rows))
    (folder / "again.csv").write_bytes(exported(path)[0])
    assert read_again(folder / "again.csv", settings) == [list(row) for row in rows]


def test_rows_end_as_those_of_their_input_do(queue, tmp_path):
    """Every line has a delimiter at its end, the header too."""
    layout = Layout("csv", COLUMNS, (*COLUMNS, ""))
    source = replace(CSV_SOURCE, layout=layout)
    rows = Rows(source, layout, [7], [3], [40], TextColumns(layout.names, [b"1,x,"], [["1", "x"]]))
    text, file = exported(queue(row_letter(rows), bad_letter(bad_row(b"2,"), source)))
    assert text == b"id,name,\n1,x,\n2,\n"
    assert str(file.form) == "csv id,name a delimiter at the end"


def test_columns_that_were_named_by_hand_stand_in_the_header(queue):
    """So that the file is read alike with and without `--columns`."""
    layout = Layout("csv", COLUMNS, ("a", "b"))
    rows = Rows(
        replace(CSV_SOURCE, layout=layout), layout, [7], [3], [40], TextColumns(layout.names, [b"1,x"], [["1", "x"]])
    )
    path = queue(row_letter(rows), bad_letter(bad_row(b"2"), replace(CSV_SOURCE, layout=layout)))
    assert exported(path)[0] == b"id,name\n1,x\n2\n"


def test_letters_of_damaged_letters_are_left_out(queue):
    damaged = BadRow(9, 5, 80, b"torn", 4, "damaged_letter", "not a dead letter", format=LETTERS)
    text, file = exported(queue(bad_letter(damaged, JSONL), GOOD))
    assert (text, file.left_out.count) == (b'{"b":1.0,"a":1}\n', 1)
