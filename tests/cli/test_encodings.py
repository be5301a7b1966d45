"""Files of another encoding than UTF-8, by the real command."""

from __future__ import annotations

import gzip
import json

import pytest

from loader.sink import Rule
from tests.command import law

ROWS = [(str(i), f"Zoë {i}, Weiß") for i in range(300)]
CSV = "id,name\n" + "".join(f'{i},"{name}"\n' for i, name in ROWS)
JSON = "".join(json.dumps({"id": i, "name": name}, ensure_ascii=False) + "\n" for i, name in ROWS)


@pytest.mark.parametrize("workers", ["1", "3"])
@pytest.mark.parametrize("way", ["a.csv", "a.csv.gz", "-"])
@pytest.mark.parametrize(("encoding", "flags"), [("utf-16", ()), ("cp1252", ("--encoding", "windows-1252"))])
def test_rows_arrive_whatever_they_are_encoded_in(loader, sink, workers, way, encoding, flags):
    data = CSV.encode(encoding)
    loader.write("a.csv", data)
    loader.write("a.csv.gz", gzip.compress(data))
    target = sink()
    push = ("push", way, *flags, "--format", "csv", "--to", target.url, "--workers", workers)
    done = loader(*push, stdin=data if way == "-" else None)
    assert done.code == 0, done.err
    assert sorted((row["id"], row["name"]) for row in target.store.rows()) == sorted(ROWS)


def test_json_lines_are_decoded_too(loader, sink):
    loader.write("a.jsonl", JSON.encode("utf-16"))
    target = sink()
    assert loader("push", "a.jsonl", "--to", target.url).code == 0
    assert [(row["id"], row["name"]) for row in target.store.rows()] == ROWS


def test_a_resume_goes_on_in_such_a_file(loader, sink):
    loader.configure("[batch]\nsize = 500\n[concurrency]\nmax_in_flight = 1\n")
    rows = (f"{i},Weiß\n".encode("cp1252") if i != 9_000 else b"x,\x81\n" for i in range(18_000))
    loader.write("a.csv", b"id,name\n" + b"".join(rows))
    target = sink()
    push = ("push", "a.csv", "--encoding", "cp1252", "--to", target.url, "--dlq", "dead.jsonl")
    stopped = loader(*push, "--fail-fast")
    assert stopped.report["status"] == "stopped", stopped.err
    law(stopped.report)
    resumed = loader(*push, "--resume")
    assert resumed.code == 1, resumed.err
    assert (resumed.report["read"], resumed.report["delivered"]) == (18_000, 17_999)
    assert sorted(int(row["id"]) for row in target.store.rows()) == [i for i in range(18_000) if i != 9_000]
    [letter] = loader.letters()
    assert (letter["line"], letter["error_type"]) == (9_002, "bad_encoding")
    assert "byte 0x81 is no character of cp1252" in letter["error"]


def test_letters_are_utf_8_whatever_the_config_says_of_inputs(loader, sink):
    loader.configure('[input]\nencoding = "utf-16-le"\n')
    loader.write("a.csv", CSV.encode("utf-16-le"))
    refusing, well = sink(refuse=(Rule.parse("id=7"),)), sink()
    assert loader("push", "a.csv", "--to", refusing.url, "--dlq", "dead.jsonl").report["rejected"] == 1
    assert loader("replay", "dead.jsonl", "--to", well.url).code == 0
    assert [(row["id"], row["name"]) for row in well.store.rows()] == [ROWS[7]]


def test_a_file_cut_within_a_character_is_read_up_to_there(loader, sink):
    loader.write("a.csv", CSV.encode("utf-16")[:-1])
    target = sink()
    done = loader("push", "a.csv", "--to", target.url)
    assert (done.code, done.report["read"]) == (3, 299)
    assert "what stands at the end is no character of utf-16-le" in done.err


def test_check_proposes_an_encoding_and_reads_by_it(loader):
    loader.write("a.csv", CSV.replace("name", "größe").encode("cp1252"))
    refused = loader("check", "a.csv")
    assert refused.code == 2
    assert "a.csv:1: the header is not UTF-8" in refused.err
    assert "  --encoding cp1252 reads: id,größe\n" in refused.out
    assert "encoding cp1252" in loader("check", "a.csv", "--encoding", "cp1252").out
