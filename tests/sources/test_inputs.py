"""What the user names, and what is refused before anything is read."""

from __future__ import annotations

import gzip
import os

import pytest

from loader.config import sections
from loader.sources import InputError, chunks, expand, open_inputs
from loader.sources.locations.local_files import File
from tests.sources.reading import DEFAULTS, fields_of, parse_all, read_paths, rows_of


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.jsonl", "a.jsonl", "c[1].jsonl", "c1.jsonl"):
        (tmp_path / name).write_text("{}\n")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "d.jsonl").write_text("{}\n")
    return tmp_path


def names(patterns):
    return [location.name for location in expand(patterns)]


def test_globs_are_sorted_and_duplicates_kept(folder):
    assert names(["b.jsonl", "[ab].jsonl"]) == ["b.jsonl", "a.jsonl", "b.jsonl"]
    assert sorted(names(["**/*.jsonl"])) == ["a.jsonl", "b.jsonl", "c1.jsonl", "c[1].jsonl", "deep/d.jsonl"]


def test_an_existing_name_with_glob_characters_is_that_file(folder):
    assert names(["c[1].jsonl"]) == ["c[1].jsonl"]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("none.jsonl", "none.jsonl: there is no such file"),
        ("*.csv", r"\*.csv: no file matches"),
        ("deep", "deep: is a directory"),
        ("a.jsonl/x", "a.jsonl/x: cannot be read: Not a directory"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_name(folder, pattern, said):
    with pytest.raises(InputError, match=said):
        expand(["a.jsonl", pattern])


def test_a_dangling_link_is_missing(folder):
    (folder / "link").symlink_to("nowhere")
    with pytest.raises(InputError, match="no such file"):
        expand(["link"])


@pytest.fixture
def nobody():
    """Root may read everything: for the time of a test it is somebody else."""
    own = os.geteuid()
    if own == 0:
        os.seteuid(65534)
    yield
    os.seteuid(own)


def test_an_unreadable_file_is_refused(folder, nobody):
    if os.getuid() != 0:
        (folder / "a.jsonl").chmod(0)
    with pytest.raises(InputError, match="Permission denied"):
        expand([str(folder / "a.jsonl")])


def test_standard_input_can_be_named_once(folder):
    assert names(["-", "a.jsonl"]) == ["-", "a.jsonl"]
    with pytest.raises(InputError, match="only once"):
        expand(["-", "-"])


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("x.jsonl", b'bad\n{"a":1}\n', "jsonl"),
        ("x.NDJSON", b"", "jsonl"),
        ("x.json", b"{}", "jsonl"),
        ("x.csv", b"a,{}\n", "csv"),
        ("x.tsv", b"a\tb\n", "tsv"),
        ("x.tab", b"a\tb\n", "tsv"),
        ("x.tsv.gz", b"a\tb\n", "tsv"),
        ("x.jsonl.zst", b"{}", "jsonl"),
        ("x.dat", b'\xef\xbb\xbf \r\n\t{"a":1}', "jsonl"),
        ("x", b"\na,b\n", "csv"),
        ("x", b"", "csv"),
    ],
)
def test_the_format_goes_by_name_and_else_by_the_first_character(tmp_path, name, data, expected):
    path = tmp_path / name
    path.write_bytes(data)
    with open_inputs(expand([str(path)]), DEFAULTS) as inputs:
        assert expected is inputs.sources[0].layout.format


def test_a_format_that_is_set_beats_the_name(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"{}\n")
    with open_inputs(expand([str(path)]), sections.InputSettings(format="jsonl")) as inputs:
        assert inputs.sources[0].layout.format == "jsonl"
    with open_inputs(expand([str(path)]), DEFAULTS, letters=True) as inputs:
        assert inputs.sources[0].letters
        assert [chunk.data for chunk in chunks(inputs, max_wait=1.0)] == [b"{}\n"]


def test_an_empty_file_has_no_rows(tmp_path):
    for name in ("a.jsonl", "b.csv", "c", "d.jsonl"):
        (tmp_path / name).write_bytes(b"\n\n" if name == "d.jsonl" else b"")
    (tmp_path / "e.csv").write_bytes(b"a,b\n")
    assert read_paths(sorted(tmp_path.iterdir())) == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a,b,a\n1,2,3\n", "x.csv:1: the header names fields twice: 'a'"),
        (b"a,,c\n1,2,3\n", "name 2 of 3 in the header is empty"),
        (b"a, ,c\n1,2,3\n", "name 2 of 3 in the header is empty"),
        (b"  \n", "name 1 of 1 in the header is empty"),
        (b"a,,\n1,2,3\n", "name 2 of 3 in the header is empty"),
        (b'"a"b,c\n1,2\n', "x.csv:1: the header holds text behind the closing quote"),
        (b"a,\xff\n1,2\n", "not UTF-8"),
        (b"a,\0\n1,2\n", "no text: byte 3 of it is 0x00"),
        (b'a,"b\n1,2\n', "x.csv:1: the header cannot be read: a quote"),
        (b"\n\n" + b"a" * 1001 + b"\n", "x.csv:3: the header cannot be read: the row is 1,001 bytes long"),
    ],
)
def test_a_bad_header_is_refused(tmp_path, data, said):
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    with pytest.raises(InputError, match=said):
        open_inputs(expand([str(path)]), sections.InputSettings(max_row_bytes=1000))


def test_columns_name_the_fields_with_and_without_a_header(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"a,a\n1,2\n")
    for header, expected in ((True, [["1", "2"]]), (False, [["a", "a"], ["1", "2"]])):
        settings = sections.InputSettings(header=header, columns=("x", "y"))
        ((chunk, parsed),) = parse_all(read_paths([path], settings), settings)
        assert chunk.source.layout.columns == ("x", "y")
        assert fields_of(parsed.groups[0].rows) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (sections.InputSettings(), [None, "repeated_header", None]),
        (sections.InputSettings(columns=("id", "name")), [None, "repeated_header", None]),
        (sections.InputSettings(columns=("id", "name"), header=False), [None, None, None, "repeated_header"]),
    ],
)
def test_a_header_in_the_middle_is_a_bad_row_whoever_names_the_columns(tmp_path, settings, expected):
    path = tmp_path / "x.csv"
    path.write_bytes(b"nr,who\n1,Ann\n" + (b"nr,who" if settings.header else b"2,Bob\nid,name") + b"\n")
    if settings.header:
        path.write_bytes(path.read_bytes() + b"id,name\n")
    assert [row[-1] for row in rows_of(read_paths([path], settings), settings)] == expected


def test_a_header_that_ends_in_a_delimiter_names_what_stands_before_it(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"id,name,\n1,Ann,\n2,Bob,x\n")
    for columns in ((), ("a", "b")):
        settings = sections.InputSettings(columns=columns)
        (chunk,) = read_paths([path], settings)
        assert chunk.source.layout.columns == (columns or ("id", "name"))
        assert [row[-1] for row in rows_of([chunk], settings)] == [None, "wrong_field_count"]


def test_a_header_is_read_by_the_same_rules_as_rows(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b'"the \\"id\\"",a\\\nb\n1,2\n')
    (chunk,) = read_paths([path], sections.InputSettings(escape="\\"))
    assert (chunk.line, chunk.source.layout.columns) == (3, ('the "id"', "a\nb"))


def test_without_a_header_columns_must_be_named(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"1,2\n")
    with pytest.raises(InputError, match="--columns"):
        open_inputs(expand([str(path)]), sections.InputSettings(header=False))


def test_size_and_stream_tell_what_can_be_read_again(tmp_path):
    plain, packed = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    plain.write_bytes(b"{}\n")
    packed.write_bytes(gzip.compress(b"{}\n"))
    with open_inputs(expand([str(plain), str(packed)]), DEFAULTS) as inputs:
        assert [(3, False), (packed.stat().st_size, True)] == [(s.size, s.stream) for s in inputs.sources]


def test_a_file_that_gave_way_to_a_fifo_is_not_waited_for(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{}\n")
    with open_inputs(expand([str(path)]), DEFAULTS) as inputs:
        path.unlink()
        path.mkdir()
        with pytest.raises(InputError, match="directory"):
            list(chunks(inputs, max_wait=1.0))


def test_a_header_that_changed_since_the_start_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,2\n")
    with open_inputs(expand([str(path)]), DEFAULTS) as inputs:
        path.write_bytes(b"b,a\n1,2\n")
        with pytest.raises(InputError, match="header changed"):
            list(chunks(inputs, max_wait=1.0))


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_a_file_that_shrinks_while_it_is_read_is_an_error_after_its_whole_rows(tmp_path, name):
    """Else the rows that are gone would look like rows that never were."""
    path = tmp_path / name
    path.write_bytes((b'{"a": 1}\n' if name == "a.jsonl" else b"column_a\n") * 200_000)
    with open_inputs(expand([str(path)]), DEFAULTS) as inputs:
        found = chunks(inputs, max_wait=1.0)
        read = [next(found)]
        os.truncate(path, 900_000)
        with pytest.raises(InputError, match=r"shrank from 1,800,000 to 900,000 bytes while it was read"):
            read.extend(found)
    assert sum(chunk.rows for chunk in read) in (99_999, 100_000)  # the first row of a CSV file is its header


def test_a_file_that_shrank_before_it_was_read_is_an_error(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": 1}\n' * 10)
    with open_inputs(expand([str(path)]), DEFAULTS) as inputs:
        os.truncate(path, 9)
        with pytest.raises(InputError, match="shrank from 90 to 9 bytes"):
            list(chunks(inputs, max_wait=1.0))


def test_a_compressed_file_that_shrinks_is_an_error_too(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b"{}\n" * 10) * 100_000)
    with open_inputs(expand([str(path)]), DEFAULTS) as inputs:
        found = chunks(inputs, max_wait=1.0)
        next(found)
        os.truncate(path, path.stat().st_size // 2)
        with pytest.raises(InputError, match=r"shrank|ends too early"):
            list(found)


class FromTheFirstByte(File):
    """A location that cannot be opened in the middle, as a server without ranges."""

    seekable = False


def test_what_opens_at_its_beginning_alone_is_a_stream_that_can_be_read_again(tmp_path):
    """Its chunks are compared when they come again, as those of a pipe are."""
    (tmp_path / "a.jsonl").write_text("{}\n")
    with open_inputs([FromTheFirstByte(tmp_path / "a.jsonl")], DEFAULTS) as inputs:
        assert (inputs.sources[0].stream, inputs.sources[0].size) == (True, 3)
        for _ in range(2):
            assert [chunk.data for chunk in chunks(inputs, max_wait=1.0)] == [b"{}\n"]
