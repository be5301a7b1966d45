"""Quotes and headers that stand where no one meant them, by the real command: told, and never glued together."""

from __future__ import annotations

import gzip

import pytest

from tests.command import law

FILE = b'''id,name,size
1,"5 inch screen,2
2,"Lamp, ""red""",3
3,"5" disk",11
4,$65"Lamp,7
id,name,size
5,"two
lines",1
6,"6 inch disk,2
7,"",5
8,disk 7" wide,6
9,"x""y",6
10,"never closed,7
11,"",8
12,plain,9
'''


def ends_of(loader, sink, *arguments: str, stdin: bytes | None = None):
    target = sink()
    done = loader("push", *arguments, "--to", target.url, stdin=stdin)
    law(done.report)
    stored = sorted((row["id"], row["name"], row["size"]) for row in target.store.rows())
    letters = [(each["line"], each["offset"], each["error_type"], each["raw"]) for each in loader.letters()]
    return done, stored, sorted(letters)


@pytest.mark.parametrize("workers", ["1", "3"])
@pytest.mark.parametrize("way", ["file", "gzip", "standard input"])
def test_each_broken_row_is_told_apart_however_the_rows_come(loader, sink, workers, way):
    loader.write("a.csv", FILE)
    loader.write("a.csv.gz", gzip.compress(FILE))
    name = {"file": "a.csv", "gzip": "a.csv.gz", "standard input": "-"}[way]
    flags = ("--format", "csv", "--dlq", "dead.jsonl", "--workers", workers)
    done, stored, letters = ends_of(loader, sink, name, *flags, stdin=FILE if name == "-" else None)
    assert stored == [
        ("11", "", "8"),
        ("12", "plain", "9"),
        ("4", '$65"Lamp', "7"),
        ("5", "two\nlines", "1"),
        ("9", 'x"y', "6"),
    ]
    assert [(line, error_type, raw) for line, _, error_type, raw in letters] == [
        (2, "text_after_quote", '1,"5 inch screen,2\n2,"Lamp, ""red""",3'),
        (4, "text_after_quote", '3,"5" disk",11'),
        (6, "repeated_header", "id,name,size"),
        (9, "text_after_quote", '6,"6 inch disk,2\n7,"",5\n8,disk 7" wide,6'),
        (13, "unclosed_quote", '10,"never closed,7'),
    ]
    assert all(FILE[offset:].startswith(raw.encode()) for _, offset, _, raw in letters)
    assert f"warning: 1 row has a quote in the middle of an unquoted field, read as text: {name}:5; look" in done.err
    assert done.report["warnings"] == [line for line in done.report["warnings"] if "read as text: " in line]
    (log,) = loader.folder.glob(".loader/runs/*/run.log")
    assert f"read as text: {name}:5;" in log.read_text()


def test_a_row_of_several_lines_says_which(loader, sink):
    loader.write("a.csv", FILE)
    done, *_ = ends_of(loader, sink, "a.csv", "--dlq", "dead.jsonl")
    said = {each["line"]: each["error"] for each in loader.letters()}
    assert said[2].endswith("; this row is lines 2 to 3, for that quote opens on line 2")
    assert said[4] == (
        'text goes on behind the closing quote at byte 5 of the row: \'3,"5" disk",11\'; a quote within quotes is '
        'written twice: ""'
    )
    assert said[13] == (
        "a quote is open at the end of this line, and the row does not end in the rest of the input; "
        "reading went on at the next line"
    )
    assert done.report["by_type"] == {"text_after_quote": 3, "repeated_header": 1, "unclosed_quote": 1}


def test_quotes_in_unquoted_fields_are_counted_with_the_first_places(loader, sink):
    loader.write("a.csv", "id,name\n" + "".join(f'{i},{i}" disk\n' for i in range(20_000)))
    loader.write("b.csv", 'id,name\n1,5" disk\n')
    for workers in ("1", "2"):
        done = loader("push", "a.csv", "b.csv", "--to", sink().url, "--workers", workers)
        assert done.code == 0
        assert (
            "20,001 rows have quotes in the middle of an unquoted field, read as text: a.csv:2, a.csv:3, " in done.err
        )
        assert "a.csv:4 and 19,998 more; " in done.err


def test_strict_input_rejects_quotes_in_unquoted_fields(loader, sink):
    loader.configure("[input]\nstrict = true\n")
    loader.write("a.csv", 'id,name\n1,5" disk\n2,"5"" disk"\n')
    target = sink()
    done = loader("push", "a.csv", "--to", target.url, "--dlq", "dead.jsonl")
    assert (done.code, done.report["by_type"], done.report["warnings"]) == (1, {"stray_quote": 1}, [])
    assert list(target.store.rows()) == [{"id": "2", "name": '5" disk'}]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_escape_character_is_honoured_where_rows_are_cut_and_where_they_are_read(loader, sink, workers):
    loader.configure('[input]\nescape = "\\\\"\n')
    row = '{},"she said \\"hi\\"\n\\"twice\\"",C:\\new\n'
    loader.write("a.csv", "id,name,path\n" + "".join(row.format(i) for i in range(20_000)))
    target = sink()
    done = loader("push", "a.csv", "--to", target.url, "--workers", workers)
    assert (done.code, done.report["delivered"]) == (0, 20_000)
    rows = list(target.store.rows())
    assert {(each["name"], each["path"]) for each in rows} == {('she said "hi"\n"twice"', "C:\\new")}
    assert sorted(int(each["id"]) for each in rows) == list(range(20_000))


def test_an_escape_that_was_not_named_is_asked_for(loader, sink):
    loader.write("a.csv", 'id,name\n1,"she said \\"hi\\""\n')
    done = loader("push", "a.csv", "--to", sink().url, "--dlq", "dead.jsonl")
    assert (done.code, done.report["by_type"]) == (1, {"text_after_quote": 1})
    assert loader.letters()[0]["raw"] == '1,"she said \\"hi\\""'
    assert 'input.escape = "\\\\"' in done.err


@pytest.mark.parametrize(("key", "other"), [("escape", "quote"), ("escape", "delimiter")])
def test_one_character_means_one_thing(loader, key, other):
    loader.configure(f'[input]\n{key} = ";"\n{other} = ";"\n')
    loader.write("a.csv", "id\n1\n")
    done = loader("push", "a.csv", "--to", "http://127.0.0.1:9/")
    assert done.code == 2
    assert f"expected {other} and escape to differ" in done.err


def test_byte_order_marks_between_and_before_files_are_no_text(loader, sink):
    """One in the middle once became part of a field, the second of two at the start part of a name."""
    rows = b"\xef\xbb\xbf1,a\n2,b\n"
    loader.write("ab.csv", rows + rows)
    target = sink()
    done = loader("push", "ab.csv", "--no-header", "--columns", "id,n", "--to", target.url, "--dlq", "dead.jsonl")
    assert done.code == 1
    stored = sorted((row["id"], row["n"]) for row in target.store.rows())
    assert stored == [("1", "a"), ("2", "b"), ("2", "b")]
    assert [(letter["line"], letter["error_type"]) for letter in loader.letters()] == [(3, "byte_order_mark")]
    assert "take the byte order mark" in done.err

    loader.write("twice.csv", b"\xef\xbb\xbf\xef\xbb\xbfid,n\n1,a\n")
    target = sink()
    assert loader("push", "twice.csv", "--to", target.url).code == 0
    assert list(target.store.rows()) == [{"id": "1", "n": "a"}]
