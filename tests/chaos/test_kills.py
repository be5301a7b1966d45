"""kill -9 at random moments under faults, resume after each: afterwards no row is missing and none has two letters."""

from __future__ import annotations

import gzip
import os
import subprocess
from contextlib import suppress
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from loader.sink import RetryAfter, Rule, Slow, StatusShare
from tests.chaos.conftest import TIMES
from tests.chaos.inputs import ODD, REFUSED, Maker
from tests.chaos.story import Killer, compare, pipe, policies

FAULTS = {
    "statuses": (StatusShare(500, 0.04), StatusShare(502, 0.02), StatusShare(429, 0.003)),
    "retry_after": RetryAfter(1),
    "reset_before": 0.02,
    "reset_after": 0.03,
    "slow": Slow(0.1, 0.02),
}
REFUSES = {"refuse": (Rule.parse(f"name~{REFUSED}"),)}

pytestmark = pytest.mark.timeout(120 * TIMES)


def _files(chance: Random, maker: Maker, loader) -> list[str]:
    """Several inputs at once: JSONL, CSV, UTF-16, gzip, archives, and JSON as it comes."""
    rows = 150 * TIMES
    loader.write("a.jsonl", maker.jsonl("a.jsonl", rows))
    loader.write("b.csv", maker.csv("b.csv", rows))
    loader.write("c.jsonl.gz", maker.gzip("c.jsonl.gz", rows))
    loader.write("d.zip", maker.zip("d.zip", rows // 2))
    loader.write("e.tgz", maker.tgz("e.tgz", rows // 2))
    loader.write("f.json", maker.array("f.json", rows // 2))
    loader.write("g.json", maker.documents("g.json", rows // 2))
    loader.write("h.csv", maker.wide("h.csv", rows // 2))
    names = ["a.jsonl", "b.csv", "c.jsonl.gz", "d.zip", "e.tgz", "f.json", "g.json", "h.csv"]
    chance.shuffle(names)
    return names


@pytest.mark.parametrize(
    ("form", "path"), [("sequence", ""), ("wrapped", "answer.rows"), ("array", ""), ("documents", "")]
)
def test_json_of_any_form_goes_on_where_it_was(form, path, loader, sink, chance, tally):
    target = sink(**FAULTS, **REFUSES, seed=chance.randrange(2**31))
    maker = Maker(chance)
    loader.write("a.json", getattr(maker, form)("a.json", 200 * TIMES))
    loader.write("loader.toml", target.config + policies(chance, size=10) + f'[input]\npath = "{path}"\n')
    killer = Killer(loader, target, chance, 3 * TIMES, maker.truth.rows // 5)
    command = ("push", "a.json", "--to", target.to, "--dlq", "dead.jsonl", "--resume", "--workers", chance.choice("13"))
    killer.run(*command)
    _end(loader, command, maker.truth, target, killer, tally)


def _end(loader, command, truth, target, killer, tally, *, repeatable=True, chunk_reader=None) -> dict:
    """The last part runs to the end; then all is compared."""
    done = loader(*command, stdin=chunk_reader)
    assert (done.code, killer.codes) == (1, []), done.err
    compare(truth, target, loader.letters(), repeatable=repeatable)
    target.explain(killer.times)
    report = done.report
    assert report["read"] == truth.rows == report["delivered"] + report["rejected"] + report["unknown"]
    assert report["rejected"] + report["unknown"] == len(loader.letters())
    tally.kills += len(killer.times)
    tally.faults += target.faults()
    tally.rows += truth.rows
    return report


@pytest.mark.parametrize(("size", "kills"), [(1, 5), (20, 4)], ids=["one row a request", "batches"])
def test_a_load_that_is_killed_loses_nothing_and_doubles_no_letter(size, kills, loader, sink, chance, tally):
    target = sink(**FAULTS, **REFUSES, seed=chance.randrange(2**31))
    maker = Maker(chance)
    names = _files(chance, maker, loader)
    loader.write("loader.toml", target.config + policies(chance, size=size))
    killer = Killer(loader, target, chance, kills * TIMES, 2 * maker.truth.rows // size)
    command = ("push", *names, "--to", target.to, "--dlq", "dead.jsonl", "--resume")
    killer.run(*command)
    report = _end(loader, command, maker.truth, target, killer, tally)
    assert report["delivered"] == len(maker.truth.good)


@pytest.mark.parametrize("workers", [1, 3], ids=["one process", "three workers"])
def test_columns_are_loaded_once_however_often_the_load_is_killed(workers, loader, sink, chance, tally):
    """Parquet, Arrow and compressed Arrow, of row groups and batches of any size."""
    target = sink(**FAULTS, **REFUSES, seed=chance.randrange(2**31))
    maker = Maker(chance)
    rows = 150 * TIMES
    pq.write_table(maker.columns(rows), loader.folder / "a.parquet", row_group_size=chance.randrange(1, rows))
    for name in ("b.arrow", "c.arrows"):
        new = pa.ipc.new_file if name == "b.arrow" else pa.ipc.new_stream
        table = maker.columns(rows)
        with new(loader.folder / name, table.schema) as writer:
            writer.write_table(table, max_chunksize=chance.randrange(1, rows))
    loader.write("c.arrows.gz", gzip.compress((loader.folder / "c.arrows").read_bytes()))
    loader.write("loader.toml", target.config + policies(chance, size=chance.choice((1, 10))))
    killer = Killer(loader, target, chance, 4 * TIMES, maker.truth.rows // 5)
    names = ("a.parquet", "b.arrow", "c.arrows.gz")
    command = ("push", *names, "--to", target.to, "--dlq", "dead.jsonl", "--resume", "--workers", str(workers))
    killer.run(*command)
    report = _end(loader, command, maker.truth, target, killer, tally)
    assert report["delivered"] == len(maker.truth.good)


def test_a_load_of_a_file_as_it_comes_is_killed_without_loss(loader, sink, chance, tally):
    target = sink(**FAULTS, **REFUSES, seed=chance.randrange(2**31))
    maker = Maker(chance)
    loader.write("odd.csv", maker.odd("odd.csv", 400 * TIMES))
    loader.write("loader.toml", target.config + policies(chance, size=10))
    killer = Killer(loader, target, chance, 3 * TIMES, maker.truth.rows // 5)
    command = ("push", "odd.csv", *ODD, "--to", target.to, "--dlq", "dead.jsonl", "--resume")
    killer.run(*command)
    report = _end(loader, command, maker.truth, target, killer, tally)
    assert report["delivered"] == len(maker.truth.good)


BUSY = {"statuses": (StatusShare(500, 0.04),), "reset_before": 0.02, "reset_after": 0.05}
BY_ROW = {"items": "elasticsearch", "item_statuses": (StatusShare(429, 0.05),)}


@pytest.mark.parametrize("workers", [1, 2], ids=["one process", "two workers"])
@pytest.mark.parametrize("answers", [{}, BY_ROW], ids=["whole answers", "answers row by row"])
def test_a_target_that_honours_keys_has_each_row_once_however_requests_were_cut(
    workers, answers, loader, sink, chance, tally
):
    """No wait gives the checkpoint time to take in what the halves and rests of refused requests became."""
    target = sink(**BUSY, **REFUSES, **answers, seed=chance.randrange(2**31))
    maker = Maker(chance)
    loader.write("a.jsonl", maker.jsonl("a.jsonl", 600 * TIMES))
    loader.write("b.csv", maker.csv("b.csv", 300 * TIMES))
    loader.write("loader.toml", target.config + policies(chance, size=10, every=1.0))
    killer = Killer(loader, target, chance, 4 * TIMES, maker.truth.rows // 5)
    command = ("push", "a.jsonl", "b.csv", "--to", target.to, "--dlq", "dead.jsonl", "--resume")
    killer.run(*command, "--workers", str(workers))
    _end(loader, (*command, "--workers", str(workers)), maker.truth, target, killer, tally)


def test_standard_input_that_is_fed_again_goes_on_where_it_was(loader, sink, chance, tally):
    target = sink(**FAULTS, **REFUSES, seed=chance.randrange(2**31))
    maker = Maker(chance)
    data = maker.jsonl("-", 300 * TIMES)
    loader.write("loader.toml", target.config + policies(chance, size=1))
    killer = Killer(loader, target, chance, 4 * TIMES, maker.truth.rows)
    command = ("push", "-", "--to", target.to, "--dlq", "dead.jsonl", "--resume")
    killer.run(*command, chunk_reader=pipe(data, chance))
    _end(loader, command, maker.truth, target, killer, tally, chunk_reader=data)


def test_a_fifo_that_is_fed_again_goes_on_where_it_was(loader, sink, chance, tally):
    target = sink(**FAULTS, **REFUSES, seed=chance.randrange(2**31))
    maker = Maker(chance)
    data = maker.csv("pipe.csv", 200 * TIMES)
    fifo = loader.folder / "pipe.csv"
    os.mkfifo(fifo)
    loader.write("loader.toml", target.config + policies(chance, size=10))
    killer = Killer(loader, target, chance, 2 * TIMES, maker.truth.rows // 5)
    command = ("push", "pipe.csv", "--to", target.to, "--dlq", "dead.jsonl", "--resume")

    def chunk_reader(process: subprocess.Popen) -> None:
        process.stdin.close()
        with open(os.open(fifo, os.O_RDWR), "wb", buffering=0) as both, suppress(BrokenPipeError):
            # Opened both ways, so that nobody waits for a process that was killed before it came to reading.
            _write_while_it_lives(both, data, process)

    killer.run(*command, chunk_reader=chunk_reader)
    loader.write("data", data)
    with subprocess.Popen(["sh", "-c", "exec cat data > pipe.csv"], cwd=loader.folder) as writer:
        _end(loader, command, maker.truth, target, killer, tally)
        assert writer.wait(10) == 0


def _write_while_it_lives(file, data: bytes, process: subprocess.Popen) -> None:
    os.set_blocking(file.fileno(), False)
    while data and process.poll() is None:
        written = file.write(data[:4096])
        data = data[written or 0 :]
        if not written:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.005)
    process.wait()


def test_what_may_not_be_repeated_is_sent_once_and_unknown_if_its_answer_was_lost(loader, sink, chance, tally):
    target = sink(**FAULTS, **REFUSES, seed=chance.randrange(2**31), repeatable=False)
    maker = Maker(chance)
    loader.write("a.jsonl", maker.jsonl("a.jsonl", 200 * TIMES))
    loader.write("loader.toml", target.config + policies(chance, size=1))
    killer = Killer(loader, target, chance, 3 * TIMES, maker.truth.rows)
    command = ("push", "a.jsonl", "--to", target.to, "--dlq", "dead.jsonl", "--resume")
    killer.run(*command)
    _end(loader, command, maker.truth, target, killer, tally, repeatable=False)


def test_a_replay_that_is_killed_loses_nothing_and_doubles_no_letter(loader, sink, chance, tally):
    first = sink(refuse=(Rule.parse("name~r"),))
    maker = Maker(chance)
    loader.write("a.jsonl", maker.jsonl("a.jsonl", 200 * TIMES))
    loader.write("loader.toml", first.config + policies(chance, size=20))
    assert loader("push", "a.jsonl", "--to", first.to, "--dlq", "first.jsonl").code == 1
    assert len(loader.letters("first.jsonl")) == maker.truth.rows
    target = sink(**FAULTS, **REFUSES, seed=chance.randrange(2**31))
    size = chance.choice((1, 4))
    loader.write("loader.toml", target.config + policies(chance, size=size))
    killer = Killer(loader, target, chance, 4 * TIMES, maker.truth.rows // size)
    command = ("replay", "first.jsonl", "--to", target.to, "--dlq", "dead.jsonl", "--resume")
    killer.run(*command)
    _end(loader, command, maker.truth, target, killer, tally)
    again = loader("replay", "first.jsonl", "--to", target.to)
    broken = len(maker.truth.broken)  # rows that could not be read stay open: they may be mended
    assert (again.report["read"], again.report["unreadable"]) == (broken, broken)
    assert (again.code, again.report["skipped"]) == (int(broken > 0), maker.truth.rows - broken)
