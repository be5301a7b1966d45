"""What an input is taken for, and what is refused because it is surely something else."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import pickle
import sqlite3
import tarfile
import threading
import zipfile

import pytest
from backports import zstd

from loader.config import sections
from loader.sources import InputError, chunks, expand, open_inputs
from loader.sources.formats.base import Opening
from loader.sources.recognition.head import LOOKED_AT, Head
from loader.sources.recognition.recognised import recognised
from tests.sources.reading import DEFAULTS, Pieces

ROWS = b'{"a":1}\n{"a":2}\n'
TABLE = b"id,name\n1,Anna\n"


def zipped(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "content of a file")
    return packed.getvalue()


def tarred() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("rows.csv")
        member.size = len(TABLE)
        archive.addfile(member, io.BytesIO(TABLE))
    return packed.getvalue()


def refused(tmp_path, name: str, data: bytes, settings: sections.InputSettings = DEFAULTS) -> str:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError) as caught, open_inputs(expand([str(path)]), settings):
        pass
    return str(caught.value)


def taken(tmp_path, name: str, data: bytes, settings: sections.InputSettings = DEFAULTS) -> tuple[str, tuple[str, ...]]:
    path = tmp_path / name
    path.write_bytes(data)
    with open_inputs(expand([str(path)]), settings) as inputs:
        layout = inputs.sources[0].layout
    return layout.format, layout.names


BINARY = [
    (gzip.compress(gzip.compress(TABLE)), "compressed twice", "gzip -dc"),
    (gzip.compress(zstd.compress(TABLE)), "compressed twice", "zstd -dc"),
    (bz2.compress(lzma.compress(TABLE)), "compressed twice", "xz -dc"),
    (b"7z\xbc\xaf\x27\x1c\0\4", "is a 7z archive", "7z x -so"),
    (zipped("rows.csv"), "is a zip archive", "called .zip"),
    (zipped("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"), "is an Excel workbook", "CSV (UTF-8)"),
    (zipped("[Content_Types].xml", "word/document.xml"), "is a zip archive", "called .zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "is an Excel workbook", "CSV (UTF-8)"),
    (tarred(), "is a tar archive", "called .tar"),
    (gzip.compress(tarred()), "is a tar archive", "called .tar"),
    (b"PARE\x15\x04\x15\0", "is encrypted Parquet", "without encryption"),
    (b"FEA1\0\0\0\0", "is a Feather file of version 1", "pyarrow.feather"),
    (b"ORC\n\x06\x12\x04\x08\x03P\0", "is an ORC file", "pyarrow.orc"),
    (b"Obj\x01\x04\x14avro.codec\x08null", "is an Avro file", "fastavro"),
    (b"SQLite format 3\0\x10\0", "is an SQLite database", "sqlite3 -csv -header"),
    (TABLE.decode().encode("utf-16-le"), "is text of utf-16-le, not UTF-8", "--encoding utf-16-le loads it"),
    (ROWS.decode().encode("utf-16-be"), "is text of utf-16-be, not UTF-8", "--encoding utf-16-be loads it"),
    (TABLE.decode().encode("utf-32-le"), "is text of utf-32-le, not UTF-8", "--encoding utf-32-le loads it"),
    (ROWS.decode().encode("utf-32-be"), "is text of utf-32-be, not UTF-8", "--encoding utf-32-be loads it"),
]
JSON = [
    (b'[{"a":1},{"a":2}]', "is one JSON array", "--format json loads it"),
    (b'[\n  {"a":1},\n  {"a":2}\n]\n', "is one JSON array", "--format json loads it"),
    (b"[]", "is one JSON array", "--format json loads it"),
    (b'\n\n [{"a":NaN}]', "is one JSON array", "--format json loads it"),
    (b'[{"a":1}]\n[{"a":2}]\n', "is one JSON array", "--format json loads it"),
    (b'{\n  "a": 1\n}\n', "is JSON objects that are no line each", "--format json loads it"),
    (b'{"a": 1,\n "b": [\n2]}', "is JSON objects that are no line each", "--format json loads it"),
    (b'{\n"a": 1,\n"b": 2,\n"c": 3}\n{\n"a": 1}', "is JSON objects that are no line each", "--format json loads it"),
    (b'{"a":1}{"a":2}', "is JSON objects that are no line each", "--format json loads it"),
    (b'\x1e{"a":1}\n\x1e{"a":2}\n', "is a JSON text sequence", "--format json loads it"),
]
TEXT = [
    (b'[1,"a"]\n[2,"b"]\n', "is lines of JSON arrays", "jq -c '{id: .[0]"),
    (b"<!DOCTYPE html>\n<html>\n<body>Sign in</body></html>\n", "is an HTML page", "login or error page"),
    (b"<html><head><title>502, Bad Gateway</title></head>\n", "is an HTML page", "login or error page"),
    (b'<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code></Error>', "is XML or HTML", "JSON Lines or CSV first"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n", "pointer of Git LFS", "git lfs pull"),
    (b"-- PostgreSQL database dump\n\nCREATE TABLE a (id int);\n", "is SQL", "export the table"),
    (b"INSERT INTO `a` VALUES (1,'x'),(2,'y');\n", "is SQL", "export the table"),
    (b"---\n- id: 1\n", "is YAML", "JSON Lines first"),
    (b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n[]", "is an answer of HTTP with its headers", "curl without -i"),
]


@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv", "rows.jsonl", "rows.json", "rows", "rows.txt"])
@pytest.mark.parametrize(
    ("data", "what", "help_"), BINARY + TEXT, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_is_no_rows_is_named_with_what_helps_whatever_it_is_called(tmp_path, name, data, what, help_):
    said = refused(tmp_path, name, data)
    assert said.startswith(f"{tmp_path / name}: ")
    assert what in said
    assert help_ in said


@pytest.mark.parametrize(
    ("data", "what", "help_"), BINARY + TEXT, ids=lambda value: value if isinstance(value, str) else ""
)
@pytest.mark.parametrize("row_format", ["csv", "tsv", "jsonl"])
def test_a_format_that_is_set_does_not_make_it_rows(tmp_path, row_format, data, what, help_):
    said = refused(tmp_path, "rows", data, sections.InputSettings(format=row_format))
    assert what in said
    assert help_ in said


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.ndjson", "rows.json", "rows.json.gz", "rows", "rows.txt", "-"])
@pytest.mark.parametrize("data", [data for data, _, _ in JSON])
def test_json_is_taken_as_it_comes_whatever_it_is_called(name, data):
    assert recognised(Opening(name, Head(Pieces(data, [len(data)])), DEFAULTS)).format.name == "json"


@pytest.mark.parametrize(("data", "what", "help_"), JSON)
@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv"])
def test_json_that_is_called_delimited_is_named_with_what_helps(tmp_path, name, data, what, help_):
    said = refused(tmp_path, name, data)
    assert what in said
    assert help_ in said


@pytest.mark.parametrize(("data", "what", "help_"), JSON)
@pytest.mark.parametrize("row_format", ["csv", "tsv", "jsonl"])
def test_json_of_which_another_format_was_said_is_named_with_what_helps(tmp_path, row_format, data, what, help_):
    said = refused(tmp_path, "rows", data, sections.InputSettings(format=row_format))
    assert what in said
    assert help_ in said


@pytest.mark.parametrize(
    ("name", "data", "path"),
    [
        ("a.json", b'{"data":[{"a":1}]}', "data"),
        ("a.json", b'{"data":[{"a":1}],"meta":{"next":null,"pages":[1,2]}}\n', "data"),
        ("a.json", b'{"Anything":[{"a":1},\n{"a":2}]}', "Anything"),
        ("a", b'{\n "type":"FeatureCollection",\n "features":[\n{"type":"Feature"}]}', "features"),
        ("a.geojson", b'{"type":"FeatureCollection","features":[{"type":"Feature"}]}', "features"),
        ("a.json", b'{"took":3,"hits":{"total":{"value":1},"hits":[{"_id":"1"}]}}', "hits.hits"),
        ("a.json", b'{"response":{"docs":[{"id":1}]}}', "response.docs"),
        ("a.json", b'{"data":{"items":[{"id":1}],"page":1},"errors":[]}', "data.items"),
        ("a.json", b'{"d.e":{"rows":[{"id":1}]}}', "'\"d.e\".rows'"),
        ("a.json", b'{"data":[' + b'{"a":1},' * 10_000 + b'{"a":2}]}', "data"),
        ("a.json", b'{\n"of":"any name",\n"things":[' + b'\n{"a":1},' * 10_000 + b'{"a":2}]}', "things"),
        ("-", b'{"data":[{"a":1}]}', "data"),
    ],
)
def test_an_object_around_an_array_is_refused_with_the_path_to_it(name, data, path):
    with pytest.raises(InputError) as caught:
        recognised(Opening(name, Head(Pieces(data, [LOOKED_AT])), DEFAULTS))
    assert f"array of objects in it, {path}; --path {path} loads those; --path . " in str(caught.value)


@pytest.mark.parametrize(
    ("name", "data", "row_format"),
    [
        ("a.json", b'{"data":[{"a":1}]}\n{"data":[{"a":2}]}\n', "jsonl"),
        ("a.json", b'{"data":[{"a":1}]}{"data":[{"a":2}]}\n', "json"),
        ("a.json", b'{\n"data":[{"a":1}]\n}\n{\n"data":[{"a":2}]\n}', "json"),
        ("a.json", b'{\n"id":1,\n"items":[{"sku":"x"},{"sku":"y"}]\n}', "json"),
        ("a.json", b'{"id":1,"lines":[{"sku":"x"}]}', "jsonl"),
        ("a.json", b'{"data":[1,2]}', "jsonl"),
        ("a.json", b'{"data":{"a":[[{"b":1}]]}}', "jsonl"),
        ("a.json", b'{"a":{"x":[{"b":1}]},"c":[{"d":1}]}', "jsonl"),
        ("a.jsonl", b'{"data":[{"a":1}]}', "jsonl"),
        ("a.jsonl.gz", b'{"data":[' + b'{"a":1},' * 10_000 + b'{"a":2}]}', "jsonl"),
        ("a.json", b'{"messages":[' + b'{"role":"x"},' * 10_000 + b'{"a":2}]}', "jsonl"),
    ],
)
def test_objects_with_arrays_in_them_are_rows(name, data, row_format):
    assert recognised(Opening(name, Head(Pieces(data, [LOOKED_AT])), DEFAULTS)).format.name == row_format


@pytest.mark.parametrize(("path", "row_format"), [("data", "json"), (".", "json")])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a", "-"])
def test_a_path_is_for_json_whatever_it_is_called(name, path, row_format):
    head = Head(Pieces(b'{"data":[{"a":1}]}\n', [20]))
    assert recognised(Opening(name, head, sections.InputSettings(path=path))).format.name == row_format


@pytest.mark.parametrize(("name", "why"), [("a.csv", "by its name"), ("a.txt", "as it does not begin with '{'")])
def test_a_path_into_what_is_no_json_is_refused(tmp_path, name, why):
    said = refused(tmp_path, name, TABLE, sections.InputSettings(path="data"))
    assert f"leads to an array in JSON, and this was taken for csv {why}" in said


@pytest.mark.parametrize(("data", "what", "help_"), BINARY, ids=lambda value: value if isinstance(value, str) else "")
def test_bytes_that_are_no_text_are_not_taken_for_dead_letters(tmp_path, data, what, help_):
    path = tmp_path / "dead.jsonl"
    path.write_bytes(data)
    with pytest.raises(InputError, match=what.replace("(", r"\(")):
        open_inputs(expand([str(path)]), DEFAULTS, letters=True)


@pytest.mark.parametrize(
    ("data", "what", "help_"), TEXT + JSON, ids=lambda value: value if isinstance(value, str) else ""
)
def test_text_without_a_header_is_taken_as_it_is_where_csv_is_set(tmp_path, data, what, help_):
    """Each line is a row then, of one field or with a wrong number of them; some load JSON into a column so."""
    settings = sections.InputSettings(format="csv", header=False, columns=("raw",))
    assert taken(tmp_path, "rows", data, settings) == ("csv", ("raw",))


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.csv", b"id\n1\n", ("csv", ("id",))),
        ("a", b"id\n1\n", ("csv", ("id",))),
        ("a.csv", b"Full Name\nAnna\n", ("csv", ("Full Name",))),
        ("a.csv", b"[id],[name]\n1,a\n", ("csv", ("[id]", "[name]"))),
        ("a.csv", b"<TICKER>,<DATE>\nX,1\n", ("csv", ("<TICKER>", "<DATE>"))),
        ("a.tsv", b"#chrom\tstart\nX\t1\n", ("tsv", ("#chrom", "start"))),
        ("a.csv", b"#id,name\n1,a\n", ("csv", ("#id", "name"))),
        ("a.csv", b"id,price (EUR; net)\n1,2\n", ("csv", ("id", "price (EUR; net)"))),
        ("a.csv", b'id,"first\nname"\n1,2\n', ("csv", ("id", "first\nname"))),
        ("a.tsv", b"name, first\tcity, zip\nA\tB\n", ("tsv", ("name, first", "city, zip"))),
        ("a.csv", b"id,note\n-,-\n", ("csv", ("id", "note"))),
        ("a.csv", b"id,note\n1,--\n", ("csv", ("id", "note"))),
        ("a.csv", b"#id,2019,2020,2021\nx,1,2,3\n", ("csv", ("#id", "2019", "2020", "2021"))),
        ("a.csv", b'id,size 5"\n1,2\n', ("csv", ("id", 'size 5"'))),
        ("a.csv", b"id,\xc3\xa9\n1,\x07\n2,\0\n", ("csv", ("id", "é"))),
        ("a", b"PAR1,name\n1,2\n", ("csv", ("PAR1", "name"))),
        ("a", b"PAR1\n1\n", ("csv", ("PAR1",))),
        ("a", b"PARENT,b\n1,2\n", ("csv", ("PARENT", "b"))),
        ("PAR1", b"PAR2,b\n1,2\n", ("csv", ("PAR2", "b"))),
        ("orc", b"ORC\n1\n", ("csv", ("ORC",))),
        ("bz", b"BZh9,b\n1,2\n", ("csv", ("BZh9", "b"))),
        ("pk", b"PK,b\n1,2\n", ("csv", ("PK", "b"))),
        ("a.jsonl", b"[1]\n" + ROWS, ("jsonl", ())),
        ("a.jsonl", b"nonsense\n" * 30 + ROWS, ("jsonl", ())),
        ("a.jsonl", b"not, json\n" * 19 + ROWS, ("jsonl", ())),
        ("a.jsonl", b'{"a":1,"b":"torn\n' + ROWS, ("jsonl", ())),
        ("a.jsonl", b'{"a":[\n' + ROWS, ("jsonl", ())),
        ("a.jsonl", b'{"a":1', ("jsonl", ())),
        ("a.jsonl", b"{'a': 1}\n", ("jsonl", ())),
        ("a", b"{'a': 1, 'b': 2}\n", ("jsonl", ())),
        ("a.jsonl", b'{"a":"' + b"x" * LOOKED_AT + b'"}\n', ("jsonl", ())),
        ("a.jsonl", b"", ("jsonl", ())),
        ("a.json", b"\n \n", ("jsonl", ())),
        ("a.gz", gzip.compress(ROWS), ("jsonl", ())),
        ("a.tsv.gz", gzip.compress(b"a\tb\n"), ("tsv", ("a", "b"))),
    ],
)
def test_what_can_be_rows_is_read_as_rows(tmp_path, name, data, expected):
    assert taken(tmp_path, name, data) == expected


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", ROWS, "is JSON Lines by its first line, though taken for CSV by its name; --format jsonl loads it"),
        ("a.tsv", ROWS, "though taken for TSV by its name; --format jsonl"),
        ("a.csv", b'{"a":"' + b"x" * LOOKED_AT + b'"}\n', "is JSON Lines by its first line"),
        ("a.csv", b"{}\n", "is JSON Lines by its first line"),
        ("a.csv", b"{'a': 1, 'b': 2}\n", "begins like JSON: --format jsonl"),
        ("a.jsonl", TABLE, "its name says JSON Lines, but its first lines are delimited, and none begins with '{'"),
        ("a.json", b"a\tb\n" * 20 + ROWS, "--format csv loads CSV, --format tsv TSV"),
    ],
)
def test_a_name_that_the_content_contradicts_is_refused(tmp_path, name, data, said):
    assert said in refused(tmp_path, name, data)


def test_a_format_that_the_content_contradicts_is_refused(tmp_path):
    said = refused(tmp_path, "rows", ROWS, sections.InputSettings(format="csv"))
    assert "is JSON Lines by its first line, though taken for CSV as --format or input.format says" in said


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"id;name\n1;Anna\n", "--delimiter ';' reads it"),
        ("a.txt", b" id | name \n----+------\n 1 | Anna\n", "is a table drawn for people to read"),
        ("a.txt", b"+----+------+\n| id | name |\n+----+------+\n", "is a table drawn for people to read"),
        ("a.txt", b"| id | name |\n|:---|-----:|\n| 1 | Anna |\n", "is a table drawn for people to read"),
        ("a.csv", b"id,name\n--,----\n1,Anna\n", "is a table drawn for people to read"),
        ("a.txt", b"id   name\n1    Anna\n", "sed -E 's/ +/ /g' {} | loader push - --delimiter space ..."),
        ("a.csv", b'"id";"name"\n', "--delimiter ';' reads it"),
        ("a.txt", b"id\tname\n1\tAnna\n", "--delimiter tab reads it"),
        ("a.csv", b"id|name\n1|Anna\n", "--delimiter '|' reads it"),
        ("a.csv", b"id||name||born\n1||Anna||1990\n", "--delimiter '||' reads it"),
        ("a.csv", b"id;;name\n1;;Anna\n", "--delimiter ';' reads it"),
        ("a.csv", b"id||name|born\n1||Anna|1990\n", "--delimiter '|' reads it"),
        ("a.csv", b"id\x01name\n1\x01Anna\n", r"--delimiter '\x01' reads it"),
        ("a.tsv", b"id,name\n1,Anna\n", "--delimiter , reads it; if that is the name of its one column: input.columns"),
        ("a.csv", b"id^name\n1^Anna\n", "--delimiter '^' reads it; if that is the name of its one column: --columns"),
        ("a.csv", b"id;price,eur;name\n1;2,5;x\n", "--delimiter ';' reads it"),
        ("a.csv", b"id\tname, first\tcity\n1\tDoe, Jane\tRome\n", "--delimiter tab reads it"),
        ("a.csv", b"#chrom\tstart\n", "--delimiter tab reads it"),
        ("a.csv", b"sep=;\nid;name\n", "--skip-lines 1 --delimiter ';' loads it"),
        ("a.csv", b'"sep=,"\r\nid,name\r\n', "--skip-lines 1 --delimiter , loads it"),
        ("a.csv", b"\xef\xbb\xbfsep=;\r\nid;name\r\n", "--skip-lines 1 --delimiter ';' loads it"),
        ("a.csv", b"#exported by x,2026\nid,name\n", "if that is a comment: --comment '#'"),
        ("a.csv", b"#exported,2026-11-29\nid,name\n", "if that is a comment: --comment '#'"),
        ("a.csv", b'id, "name", "x, y"\n1, "a", "b"\n', "--trim takes them off"),
        ("a.csv", b'id; "name"\n', "--delimiter ';' reads it"),
        ("a.tsv", b'id\t "name"\n1\t "a"\n', "--trim takes them off"),
        ("a.csv", b"# exported today\nid,name\n", "if that is a comment: --comment '#'"),
        ("a.csv", b"# made on Mon, 5 May\nid,name\n1,a\n", "if that is a comment: --comment '#'"),
        ("a.tsv", b"##fileformat=VCFv4.2\n#CHROM\tPOS\n", "if that is a comment: --comment '##'"),
        ("a.csv", b"#id\n1\n", "--columns a,b names all"),
        ("a.csv", b"'id','first name'\n'1','A'\n", """--quote "'" reads such quotes"""),
        ("a.csv", b"[id]\n1\n", "begins like JSON; if that is the name of its one column: --columns '[id]'"),
        ("a.csv", b"<id>\n1\n", "is XML or HTML"),
        ("a.csv", b"< id\n1\n", "begins like HTML or XML"),
    ],
)
def test_a_header_that_was_hardly_meant_so_is_refused_with_what_reads_it(tmp_path, name, data, said):
    assert said.format(tmp_path / name) in refused(tmp_path, name, data)


@pytest.mark.parametrize(
    ("data", "delimiter", "columns"),
    [
        (b"id;name\n", ";", ("id", "name")),
        (b"id\tname\n", "\t", ("id", "name")),
        (b"id|name;x\n", "|", ("id", "name;x")),
        (b"#chrom\tstart\n", "\t", ("#chrom", "start")),
    ],
)
def test_the_delimiter_that_is_named_reads_it(tmp_path, data, delimiter, columns):
    assert taken(tmp_path, "a.csv", data, sections.InputSettings(delimiter=delimiter)) == ("csv", columns)


@pytest.mark.parametrize("data", [b"id;name\n", b"#id\n", b"[id]\n", b"# id\tname\n"])
def test_columns_take_a_header_as_it_is(tmp_path, data):
    assert taken(tmp_path, "a.csv", data, sections.InputSettings(columns=("a;b",))) == ("csv", ("a;b",))


def test_columns_do_not_make_a_line_for_excel_the_header(tmp_path):
    """The header would be delivered as a row."""
    assert "--skip-lines 1" in refused(
        tmp_path, "a.csv", b"sep=;\na;b\n1;2\n", sections.InputSettings(delimiter=";", columns=("a", "b"))
    )


def test_a_database_that_sqlite_made_is_one(tmp_path):
    with sqlite3.connect(tmp_path / "made.db") as database:
        database.execute("CREATE TABLE a (id)")
    assert "is an SQLite database" in refused(tmp_path, "rows.csv", (tmp_path / "made.db").read_bytes())


def test_each_of_several_inputs_is_judged(tmp_path):
    good, bad = tmp_path / "a.csv", tmp_path / "b.csv"
    good.write_bytes(TABLE)
    bad.write_bytes(b"id;name\n")
    with pytest.raises(InputError, match=r"b\.csv:1: .*--delimiter ';'"):
        open_inputs(expand([str(good), str(bad)]), DEFAULTS)


@pytest.mark.parametrize(
    ("name", "data"),
    [("-", data) for data, _, _ in BINARY[:1] + BINARY[16:] + TEXT + JSON]
    + [("-", ROWS), ("-", TABLE), ("-", b""), ("a.jsonl", TABLE), ("a.csv", ROWS), ("-", b"\xef\xbb\xbf" + ROWS)],
)
def test_the_verdict_does_not_depend_on_how_bytes_come(name, data):
    def verdict(sizes: list[int]) -> object:
        try:
            return recognised(Opening(name, Head(Pieces(data, sizes, live=True)), DEFAULTS))
        except InputError as error:
            return str(error)

    whole = verdict([len(data)])
    assert whole == verdict([]) == verdict([0, 7] * len(data))


def test_what_was_looked_at_is_read_again(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    data = b"nonsense\n" * 5 + ROWS * 3
    writer = threading.Thread(target=path.write_bytes, args=(data,))
    writer.start()
    with open_inputs(expand([str(path)]), sections.InputSettings(format="jsonl")) as inputs:
        assert b"".join(chunk.data for chunk in chunks(inputs, max_wait=1.0)) == data
    writer.join()


def test_no_more_is_waited_for_than_tells_what_it_is():
    """A first row that is whole is enough: the writer may take its time with the next."""
    head = Head(Pieces(ROWS, [8, 0, 0], live=True))
    assert recognised(Opening("-", head, DEFAULTS)).format.name == "jsonl"
    assert head.data == ROWS[:8]


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1",
        pickle.dumps([{"id": 1}, {"id": 2}], protocol=4),
        b"\x82\xa2id\x07\xa4name\xa4Anna\x82\xa2id\x08\xa4name\xa2Bo",
        b"\xff\x06\0\0sNaPpY\x01\x0f\0\0",
        b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0",
        b"\n\x0a\x08\x05\x12\x04Anna",
        bytes(300),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a", "a.tsv"])
def test_binary_files_are_said_to_be_no_text(tmp_path, name, data):
    said = refused(tmp_path, name, data)
    assert "is no text: byte " in said
    assert "look at what it is" in said


def test_text_of_windows_is_still_said_to_be_that(tmp_path):
    assert "(cp1252 for most from Windows)" in refused(tmp_path, "a.csv", "id,größe\n1,2\n".encode("cp1252"))
