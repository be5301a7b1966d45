"""A format that an installed package brings, through the real command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from loader.formats import ENTRY_POINTS
from loader.sink.fault_settings import Rule
from tests.command import Loader, law
from tests.packages import install, loader_with
from tests.sources.record_format import record

BIG = 2**53 + 1  # no float has it


@pytest.fixture
def loader(tmp_path) -> Loader:
    """The command where a package is installed that brings `records`."""
    site = tmp_path / "site"
    found = loader_with(tmp_path, site)
    install(site, "record_format", ENTRY_POINTS, {"records": "record_format:FORMAT"})
    shutil.copy(Path(__file__).parent / "record_format.py", site)
    found.configure("[batch]\nsize = 2\n[concurrency]\nmax_in_flight = 1\n")
    return found


def write_rows(loader: Loader, count: int, bad: int = -1) -> None:
    prices = (b"dear" if i == bad else b"%d.10" % i for i in range(count))
    rows = (record(BIG + i, price, f"row {i} é\n".encode()) for i, price in enumerate(prices))
    loader.write("rows.rec", b"".join(rows))


def ids(target) -> list[int]:
    return sorted(row["id"] - BIG for row in target.store.rows())


@pytest.mark.parametrize("workers", ["1", "2"])
def test_rows_arrive_exactly_and_a_bad_record_is_a_letter(loader, sink, workers):
    target = sink()
    write_rows(loader, 40, bad=9)
    done = loader("push", "rows.rec", "--to", target.url, "--dlq", "dead.jsonl", "--workers", workers)
    assert done.code == 1, done.err
    law(done.report)
    assert ids(target) == [i for i in range(40) if i != 9]
    assert any('"price":3.10,' in text.replace(" ", "") for text in target.store.texts())
    assert {row["name"] for row in target.store.rows()} == {f"row {i} é\n" for i in range(40) if i != 9}
    [letter] = loader.letters()
    assert (letter["line"], letter["format"], letter["error_type"]) == (10, "records", "bad_record")
    assert "write these records again" in loader("dlq", "show", "dead.jsonl").out


def test_rows_are_exported_as_json_and_a_bad_record_is_left_out(loader, sink):
    """Its bytes would be no line of JSON."""
    write_rows(loader, 6, bad=2)
    refusing = sink(refuse=(Rule.parse("name~row 4"),))
    assert loader("push", "rows.rec", "--to", refusing.url, "--dlq", "dead.jsonl").code == 1
    exported = loader("dlq", "export", "dead.jsonl")
    assert exported.code == 1
    assert [row["id"] - BIG for row in map(json.loads, exported.out.splitlines())] == [4]
    assert "dead.jsonl:1: no record" in exported.err


@pytest.mark.parametrize("said", [(), ("--format", "records")])
def test_settings_that_do_not_go_with_it_are_refused(loader, said):
    write_rows(loader, 3)
    done = loader("push", "rows.rec", "--to", "http://127.0.0.1:1/", "--columns", "a,b", *said)
    assert done.code == 2
    assert "columns: expected none: records have names of their own" in done.err


def test_a_refused_row_is_replayed(loader, sink):
    write_rows(loader, 10)
    refusing = sink(refuse=(Rule.parse("name~row 3"),))
    assert loader("push", "rows.rec", "--to", refusing.url, "--dlq", "dead.jsonl").code == 1
    target = sink()
    replayed = loader("replay", "dead.jsonl", "--to", target.url)
    assert replayed.code == 0, replayed.err
    [text] = target.store.texts()
    assert f'"id":{BIG + 3},"price":3.10,' in text.replace(" ", "")


def test_a_resume_goes_on_behind_what_was_loaded(loader, sink):
    loader.configure("[batch]\nsize = 500\n[concurrency]\nmax_in_flight = 1\n")
    write_rows(loader, 18_000, bad=9_000)  # three chunks
    target = sink()
    push = ("push", "rows.rec", "--to", target.url, "--dlq", "dead.jsonl")
    stopped = loader(*push, "--fail-fast")
    assert stopped.report["status"] == "stopped", stopped.err
    law(stopped.report)
    assert 0 < stopped.report["delivered"] < 17_999
    resumed = loader(*push, "--resume")
    assert resumed.code == 1, resumed.err
    assert (resumed.report["read"], resumed.report["delivered"]) == (18_000, 17_999)
    assert ids(target) == [i for i in range(18_000) if i != 9_000]
