"""Delimited files as they come, by the real command: comments, blanks, lines before the header, ragged rows."""

from __future__ import annotations

import gzip

import pytest

from loader.sink import Rule
from tests.command import law

FILE = b"""Report of today
# id, name
id||name||size
1|| "one
# two" ||3
# "a comment||
2||two
3|| three ||4||5
4||\xff||4
"""
FLAGS = ("--delimiter", "||", "--comment", "#", "--skip-lines", "1", "--trim", "--ragged", "fit")
ROWS = [("1", "one\n# two", "3"), ("2", "two", None), ("3", "three", "4")]


def stored(target) -> list[tuple]:
    return sorted((row["id"], row["name"], row["size"]) for row in target.store.rows())


@pytest.mark.parametrize("workers", ["1", "3"])
@pytest.mark.parametrize("way", ["a.csv", "a.csv.gz", "-"])
def test_rows_lines_and_offsets_are_the_same_however_they_come(loader, sink, workers, way):
    loader.write("a.csv", FILE)
    loader.write("a.csv.gz", gzip.compress(FILE))
    target = sink()
    push = ("push", way, *FLAGS, "--format", "csv", "--to", target.url, "--dlq", "dead.jsonl", "--workers", workers)
    done = loader(*push, stdin=FILE if way == "-" else None)
    law(done.report)
    assert (done.code, stored(target)) == (1, ROWS)
    [letter] = loader.letters()
    assert (letter["line"], letter["offset"]) == (9, FILE.index(b"4||\xff"))
    assert (letter["error_type"], letter["raw_base64"]) == ("bad_encoding", "NHx8/3x8NA==")


def test_letters_of_such_rows_are_replayed_and_exported_as_they_were(loader, sink):
    loader.write("a.csv", FILE)
    refusing, well = sink(refuse=(Rule.parse("name=two"),)), sink()
    assert loader("push", "a.csv", *FLAGS, "--to", refusing.url, "--dlq", "dead.jsonl").report["rejected"] == 2
    said = {each["line"]: each["input"] for each in loader.letters()}
    assert said[7] == {"delimiter": "||", "comment": "#", "trim": True, "ragged": "fit"}
    exported = loader("dlq", "export", "dead.jsonl", "--error-type", "http_422")
    assert exported.out == "id||name||size\n2||two\n"
    loader("replay", "dead.jsonl", "--to", well.url)
    assert stored(well) == [ROWS[1]]


def test_a_resume_reads_such_files_on_and_its_command_repeats_the_flags(loader, sink):
    loader.configure("[batch]\nsize = 500\n[concurrency]\nmax_in_flight = 1\n")
    rows = (f'{i}|| "row\n#{i}" \n# "no row\n'.encode() if i != 9_000 else b'x"||"\xff"\n' for i in range(18_000))
    loader.write("a.csv", b"no header\nid||name||size\n" + b"".join(rows))
    target = sink()
    push = ("push", "a.csv", *FLAGS, "--to", target.url, "--dlq", "dead.jsonl")
    stopped = loader(*push, "--fail-fast")
    assert stopped.report["status"] == "stopped", stopped.err
    law(stopped.report)
    assert "'||' --comment '#' --skip-lines 1 --ragged fit --trim" in stopped.err
    resumed = loader("resume", stopped.report["run_id"], "--report-json", "report.json")
    assert resumed.code == 1, resumed.err
    assert (resumed.report["read"], resumed.report["delivered"]) == (18_000, 17_999)
    assert sorted(int(row["id"]) for row in target.store.rows()) == [i for i in range(18_000) if i != 9_000]


def test_what_is_padded_is_null_whatever_its_type(loader, sink):
    loader.configure('[mapping]\ntypes = {n = "integer", b = "boolean", j = "json"}\n')
    loader.write("a.csv", "id,t,n,b,j\n1\n2,,,,\n")
    target = sink()
    assert loader("push", "a.csv", "--ragged", "pad", "--to", target.url).code == 0
    missing, empty = sorted(target.store.rows(), key=lambda row: row["id"])
    assert missing == {"id": "1", "t": None, "n": None, "b": None, "j": None}
    assert empty == {"id": "2", "t": "", "n": None, "b": None, "j": None}


def test_quote_and_escape_have_flags(loader, sink):
    loader.write("a.csv", "id,name\n1,'a, \\'b\\''\n")
    target = sink()
    assert loader("push", "a.csv", "--quote", "'", "--escape", "\\", "--to", target.url).code == 0
    [row] = target.store.rows()
    assert row["name"] == "a, 'b'"
    assert loader("check", "a.csv", "--quote", "none").code == 0
