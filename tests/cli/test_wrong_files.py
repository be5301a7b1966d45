"""Files that are no rows: the real command says what they are, and what it says to do loads them."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from loader.sink.fault_settings import Rule

PEOPLE = [{"id": "1", "name": "Anna"}, {"id": "2", "name": "Bo"}]
CSV = b"id,name\n1,Anna\n2,Bo\n"
LETTER = {"timestamp": "2026-11-24T10:15:00+00:00", "error": "no", "error_type": "http_422", "row": PEOPLE[0]}
SAID = re.compile(r"this loads it: (.*)loader push - (.*?)\.\.\.$", re.MULTILINE)


def needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not installed")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("a b.json", b'["1","Anna"]\n["2","Bo"]\n', marks=needs("jq"), id="lines of values"),
        pytest.param("a.csv.gz", gzip.compress(gzip.compress(CSV)), marks=needs("gzip"), id="gzip twice"),
    ],
)
def test_the_command_that_is_named_loads_the_file(loader, sink, name, data):
    target = sink()
    loader.write(name, data)
    done = loader("push", name, "--to", target.url)
    assert (done.code, done.report) == (2, None)
    assert name in done.err
    (said,) = SAID.finditer(done.err)
    before, flags = said.groups()
    command = f"{before} {shlex.quote(sys.executable)} -m loader push - {flags} --to {target.url}"
    subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=loader.folder, env=loader.env, check=True, timeout=60)
    assert list(target.store.rows()) == PEOPLE


@pytest.mark.parametrize(
    ("data", "flags"),
    [
        (b"sep=;\r\n" + CSV.replace(b",", b";"), "--skip-lines 1 --delimiter ';'"),
        (b"# made by x\n" + CSV, "--comment '#'"),
        (CSV.replace(b",", b";"), "--delimiter ';'"),
        (b"'id','name'\n'1','Anna'\n'2','Bo'\n", '--quote "\'"'),
        (b'id, "name"\n1, "Anna"\n2, "Bo"\n', "--trim"),
        (CSV.decode().encode("utf-16-le"), "--encoding utf-16-le"),
        (json.dumps(PEOPLE).encode(), "--format json"),
        ("\n".join(json.dumps(row, indent=1) for row in PEOPLE).encode(), "--format json"),
    ],
)
def test_the_flags_that_are_named_load_the_file(loader, sink, data, flags):
    target = sink()
    loader.write("a.csv", data)
    assert flags in loader("push", "a.csv", "--to", target.url).err
    assert loader("push", "a.csv", *shlex.split(flags), "--to", target.url).code == 0
    assert list(target.store.rows()) == PEOPLE


@pytest.mark.parametrize(
    "data",
    [b'[1,"a"]\n[2,"b"]', b'{"data":[{"a":1},{"a":2}]}', b"<html>\n<body>Sign in\n", b"PK\3\4", b"id;name\n1;Anna\n"],
)
def test_nothing_is_sent_of_standard_input_that_is_no_rows(loader, sink, data):
    target = sink()
    done = loader("push", "-", "--to", target.url, stdin=data)
    assert (done.code, done.report) == (2, None)
    assert done.err.startswith("Error: -:")
    assert list(target.store.rows()) == []


def test_a_file_that_is_no_rows_among_others_stops_all_before_anything_is_sent(loader, sink):
    target = sink()
    loader.write("a.csv", CSV)
    loader.write("b.csv", CSV.replace(b",", b";"))
    done = loader("push", "a.csv", "b.csv", "--to", target.url)
    assert done.code == 2
    assert "b.csv:1:" in done.err
    assert "--delimiter ';'" in done.err
    assert list(target.store.rows()) == []


@pytest.mark.parametrize(
    ("typed", "separator"),
    [(";", b";"), ("semicolon", b";"), ("tab", b"\t"), (r"\t", b"\t"), ("|", b"|"), (r"\x01", b"\x01")],
)
def test_the_delimiter_can_be_typed(loader, sink, typed, separator):
    target = sink()
    loader.write("a.csv", CSV.replace(b",", separator))
    done = loader("push", "a.csv", "--delimiter", typed, "--to", target.url)
    assert (done.code, done.report["delivered"]) == (0, 2), done.err
    assert list(target.store.rows()) == PEOPLE


def test_one_column_is_a_table_too(loader, sink):
    target = sink()
    loader.write("a.csv", "id\n1\n")
    assert loader("push", "a.csv", "--to", target.url).code == 0
    assert list(target.store.rows()) == [{"id": "1"}]


def test_a_resume_by_name_reads_with_the_delimiter_that_was_typed(loader, sink):
    target = sink()
    loader.write("a.csv", "id;name\n1;Anna\n" + "x\n" * 3 + "2;Bo\n")
    assert loader("push", "a.csv", "--delimiter", ";", "--to", target.url, "--fail-fast").code == 3
    run = next((loader.folder / ".loader" / "runs").iterdir()).name
    done = loader("resume", run)
    assert done.code == 1, done.err
    assert list(target.store.rows()) == PEOPLE


@pytest.mark.parametrize(("data", "letters"), [(b"x\n2;Bo\n", "wrong_field_count"), (b"2;Bo\n3;Cy\n", "http_422")])
def test_the_next_command_that_is_named_can_be_typed(loader, sink, data, letters):
    """A resume repeats how files are read; a replay has no such options, for letters know how their rows were read."""
    target = sink(refuse=(Rule.parse("name=Bo"),))
    loader.write("a.csv", b"id;name\n" + data)
    flags = ("--format", "csv", "--delimiter", ";", "--to", target.url, "--dlq", "dead.jsonl")
    for stopping in ([], ["--fail-fast"]):
        done = loader("push", "a.csv", *flags, *stopping)
        assert letters in done.report["by_type"]
        words = shlex.split(re.search(r"^next.*?: (?:.*: )?(loader .*)$", done.err, re.MULTILINE)[1])
        assert ("--delimiter" in words) == (words[1] == "push")
        assert loader(*words[1:]).code in (1, 3)


def test_a_dead_letter_queue_is_not_pushed(loader, sink):
    """Its letters would arrive in the place of the rows in them."""
    target = sink(refuse=(Rule.parse("name=Bo"),))
    loader.write("a.jsonl", "\n".join(map(json.dumps, PEOPLE)))
    assert loader("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl").code == 1
    queue = (loader.folder / "dead.jsonl").read_bytes()
    (letter,) = loader.letters()
    edited = dict(reversed(letter.items()))
    for name, data in (
        ("dead.jsonl", queue),
        ("dead", queue),
        ("dead.csv", queue),
        ("dead.jsonl.gz", gzip.compress(queue)),
        ("long.jsonl", json.dumps(letter | {"row": {"x": "x" * 100_000}}, separators=(",", ":"))),
        ("edited.jsonl", json.dumps(edited) + "\n"),
    ):
        loader.write(name, data)
        for command in ("push", "check"):
            done = loader(command, name, "--to", target.url)
            assert (done.code, f"{name}: is a dead letter queue; loader replay delivers" in done.err) == (2, True), name
    done = loader("push", "-", "--to", target.url, stdin=queue)
    assert (done.code, "-: is a dead letter queue" in done.err) == (2, True)
    done = loader("push", "dead.csv", "--format", "csv", "--to", target.url)
    assert (done.code, "is a dead letter queue" in done.err) == (2, True)
    assert list(target.store.rows()) == PEOPLE[:1]
    done = loader("push", "dead.jsonl", "--format", "jsonl", "--to", target.url)
    assert (done.code, list(target.store.rows())[1:]) == (0, [letter])


def test_what_a_replay_keeps_beside_its_queue_is_not_pushed(loader, sink):
    target = sink()
    loader.write("dead.jsonl", json.dumps(LETTER) + "\n")
    assert loader("replay", "dead.jsonl", "--to", target.url).code == 0
    for options in ([], ["--format", "jsonl"]):
        done = loader("push", "dead.jsonl.replayed", "--to", target.url, *options)
        assert (done.code, "dead.jsonl.replayed: is a file that loader keeps" in done.err) == (2, True)
    assert list(target.store.rows()) == PEOPLE[:1]


def test_rows_that_speak_of_errors_are_rows(loader, sink):
    target = sink()
    rows = [{"timestamp": "2026-11-24T10:15:00", "error": "no", "error_type": "x"}, {"error_type": "y", "row": 1}]
    loader.write("a.jsonl", "\n".join(map(json.dumps, rows)))
    assert loader("push", "a.jsonl", "--to", target.url).code == 0
    assert list(target.store.rows()) == rows


def test_a_file_without_a_header_loses_no_row(loader, sink):
    target = sink()
    loader.write("a.csv", "1,Anna\n2,Bo\n")
    done = loader("push", "a.csv", "--to", target.url)
    assert (done.code, "a.csv:1: the header would be '1' and 'Anna'" in done.err) == (2, True)
    flags = re.search(r"no header: (.*) \(names of yours\)", done.err)[1].replace("a,b", "id,name")
    assert loader("push", "a.csv", "--to", target.url, *shlex.split(flags)).code == 0
    assert list(target.store.rows()) == PEOPLE
