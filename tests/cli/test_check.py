"""`loader check FILE` shows how a file is understood, without a target and without sending anything."""

from __future__ import annotations

import gzip
import shlex

import pytest

BESIDES = ("  looks like: ", "  if that is wrong: ")


@pytest.fixture
def check(loader):
    """What is told of an input, but for the lines that have a test of their own."""

    def run(name: str, data: bytes, *flags: str, besides: bool = False) -> list[str]:
        loader.write(name, data)
        done = loader("check", name, *flags)
        assert done.code == 0, done.err
        lines = done.out.split(f"input {name}: ")[1].splitlines()
        return [line for line in lines if line.startswith(BESIDES) == besides]

    return run


@pytest.mark.parametrize(
    ("name", "data", "like", "ways"),
    [
        (
            "a.csv",
            b"id,at,paid,price\n1,2024-01-02,yes,1.5\n2,,no,2\n",
            "id int, at date, paid boolean, price decimal",
            "--format, --encoding, --delimiter, --quote, --escape, --comment, --skip-lines, --no-header, --columns, "
            "--trim, --ragged",
        ),
        ("a.jsonl", b'{"id":"x","n":[1],"o":{"a":null}}\n', "id text, n list<int>, o text", "--format, --encoding"),
    ],
)
def test_types_of_the_first_rows_and_ways_to_read_them_otherwise_are_told(check, name, data, like, ways):
    assert check(name, data, besides=True) == [f"  looks like: {like}", f"  if that is wrong: {ways}"]


def test_a_table_is_shown_with_its_dialect_its_header_and_its_first_rows(check):
    data = b'id,name,note\n1,Anna,""\n2,"B, o",x\n3,C,\n4,D,\n'
    assert check("a.csv", data) == [
        "csv, by its name, 44 bytes",
        "  delimiter: ',' (the format's own), quote: '\"'",
        "  header: id, name, note",
        '  line 2: id = "1", name = "Anna", note = ""',
        '  line 3: id = "2", name = "B, o", note = "x"',
        '  line 4: id = "3", name = "C", note = ""',
    ]


def test_what_flags_say_is_shown_as_said(check):
    data = b"1;a\tb\n"
    assert check("a", data, "--format", "csv", "--delimiter", "tab", "--no-header", "--columns", "x,y") == [
        "csv, as --format or input.format says, 6 bytes",
        "  delimiter: tab (as --delimiter or input.delimiter says), quote: '\"'",
        "  columns, as there is no header: x, y",
        '  line 1: x = "1;a", y = "b"',
    ]
    assert check("a.csv", b"p,q\n1,2\n", "--columns", "x,y")[2:] == [
        "  columns, as the header is read past: x, y",
        '  line 2: x = "1", y = "2"',
    ]


def test_an_escape_that_is_set_is_shown_and_read(loader, check):
    loader.configure('[input]\nescape = "\\\\"\n')
    assert check("a.csv", b'id,said\n1,"she said \\"hi\\""\n')[1:] == [
        "  delimiter: ',' (the format's own), quote: '\"', escape: \\",
        "  header: id, said",
        '  line 2: id = "1", said = "she said \\"hi\\""',
    ]


def test_json_lines_are_shown_with_their_own_spelling_and_bad_rows_with_the_reason(check):
    data = b'{"a": 1.50, "b": {"c": [1, 2]}}\nbroken\n{"a":"\\u001b[31m"}\n{}\n'
    assert check("a.gz", gzip.compress(data, mtime=0))[1:] == [
        '  line 1: a = 1.50, b = {"c": [1, 2]}',
        "  line 2: bad_json: invalid character near byte 1: 'broken'",
        '  line 3: a = "\\u001b[31m"',
    ]


def test_the_compression_and_the_first_byte_are_told(check):
    assert check("a.gz", gzip.compress(b"{}\n", mtime=0))[0].startswith(
        "jsonl, as it begins with '{', compressed by gzip"
    )
    assert check("a.txt", b"id\n1\n")[0].startswith("csv, as it does not begin with '{', ")


def test_standard_input_is_shown_and_goes_on_to_the_request(loader, sink):
    target = sink()
    done = loader("check", "-", "--to", target.url, stdin=b"id\tname\n1\tAnna\n")
    assert done.code == 2
    assert "--delimiter tab" in done.err
    done = loader("check", "-", "--delimiter", "tab", "--to", target.url, stdin=b"id\tname\n1\tAnna\n")
    assert done.code == 0, done.err
    assert '  line 2: id = "1", name = "Anna"' in done.out
    assert '[{"id":"1","name":"Anna"}]' in done.out
    assert target.store.requests() == []


def test_controls_in_names_and_values_move_no_cursor(check):
    shown = check("a.csv", b"id,na\x1b[31mme\n1,\x1b[2J\n")
    assert not any("\x1b" in line for line in shown)


def test_long_values_are_cut(check):
    assert check("a.csv", b"id\n" + b"x" * 5000 + b"\n")[-1] == '  line 2: id = "' + "x" * 99 + "... (5,002 characters)"


def test_an_input_without_rows_is_shown_as_one(check):
    assert check("a.csv", b"id\n")[2:] == ["  header: id", "  no row"]
    assert check("b.jsonl", b"") == ["jsonl, by its name, 0 bytes", "  no row"]


def test_rows_that_share_a_line_are_all_shown(check):
    assert check("a.json", b'[{"id":1},{"id":2},\n{"id":3}]')[-3:] == [
        "  line 1: id = 1",
        "  line 1: id = 2",
        "  line 2: id = 3",
    ]


@pytest.mark.parametrize(
    ("data", "flags"),
    [
        (b"Report of 2024\n\nid,name\n1,a\n2,b\n", "--skip-lines 1"),
        (b"id,name\n1,a,\n2,b,\n", "--ragged truncate"),
        (b"id,name\n1,'a, b'\n2,'c'\n", """--quote "'\""""),
        (b"a,b;c\n1;2\n3;4\n", "--delimiter ';'"),
        (b'id,said\n1,"a \\"b\\", c"\n', "--escape '\\'"),
        (b"id,name\n# one, two, three\n1,a\n", "--comment '#'"),
    ],
)
def test_what_reads_rows_that_cannot_be_read_is_proposed_and_does(loader, check, data, flags):
    proposed = [line for line in check("a.csv", data) if "are read by" in line]
    assert proposed == [f"  all of these rows are read by: {flags}"]
    read = loader("check", "a.csv", *shlex.split(flags))
    assert read.code == 0
    assert "wrong_field_count" not in read.out + read.err


@pytest.mark.parametrize("data", [b"id,name\n1,a\n", b"id,name\n\xff\n", b"a\n1,2\n3,4,5\n"])
def test_nothing_is_proposed_where_nothing_reads_better(check, data):
    assert not [line for line in check("a.csv", data) if "are read by" in line]
