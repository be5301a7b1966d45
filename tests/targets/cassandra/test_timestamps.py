"""Write timestamps: which of two writes wins, and that a repetition is one."""

from __future__ import annotations

import subprocess
import time

from tests.command import wait_for
from tests.targets.cassandra.conftest import jsonl


def test_a_row_is_written_with_start_of_run_and_ordinal(loader, table):
    people = table("id int PRIMARY KEY, name text")
    loader.write("a.jsonl", jsonl({"id": i, "name": "a"} for i in range(3)))
    loader.write("b.csv", "id,name\n3,b\n4,b\n")
    before = time.time_ns() // 1000
    assert loader("push", "a.jsonl", "b.csv", "--to", people.url).code == 0
    stamps = [stamp for _, stamp in people.rows("id, writetime(name)")]
    assert stamps == [stamps[0] + i for i in range(5)]
    assert before < stamps[0] < time.time_ns() // 1000


def test_the_later_of_two_rows_with_one_key_wins(loader, table):
    """Also where they are in flight together, in different requests: each of 200 keys stands 20 times in the file."""
    people = table("id int PRIMARY KEY, version int")
    loader.write("a.jsonl", jsonl({"id": i % 200, "version": i} for i in range(4000)))
    loader.configure('[batch]\npartitions = 3\n[concurrency]\nmode = "fixed"\n')
    assert loader("push", "a.jsonl", "--to", people.url).code == 0
    assert people.rows() == [(i, 3800 + i) for i in range(200)]


def test_what_others_wrote_after_the_run_began_is_not_overwritten(loader, table):
    people = table("id int PRIMARY KEY, name text")
    people.session.execute(f"INSERT INTO {people.path} (id, name) VALUES (1, 'before')")
    loader.configure('[batch]\nmax_wait = "50ms"\n')
    with loader.start("push", "-", "--to", people.url, stdin=subprocess.PIPE, bufsize=0) as process:
        process.stdin.write(b'{"id": 1, "name": "load"}\n')
        wait_for(lambda: people.rows() == [(1, "load")])  # so it has begun, and still reads
        people.session.execute(f"INSERT INTO {people.path} (id, name) VALUES (2, 'after')")
        process.stdin.write(b'{"id": 2, "name": "load"}\n{"id": 3, "name": "load"}\n')
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert people.rows() == [(1, "load"), (2, "after"), (3, "load")]


def test_a_letter_has_the_write_timestamp_of_its_row_and_the_replay_keeps_it(loader, table):
    people = table("id int PRIMARY KEY, name text")
    rows = [{"id": 1, "name": "load"}, {"id": 2, "name": "load", "colour": "red"}]
    loader.write("a.jsonl", jsonl(rows))
    assert loader("push", "a.jsonl", "--to", people.url, "--dlq", "dead.jsonl").code == 1
    (letter,) = loader.letters()
    ((_, stamp),) = people.rows("id, writetime(name)")
    assert letter["write_timestamp"] == stamp + 1
    people.session.execute(f"INSERT INTO {people.path} (id, name) VALUES (2, 'after')")
    people.session.execute(f"ALTER TABLE {people.path} ADD colour text")
    done = loader("replay", "dead.jsonl", "--to", people.url)
    assert (done.code, done.report["delivered"]) == (0, 1), done.err
    assert people.rows("id, name, colour, writetime(colour)")[1] == (2, "after", "red", stamp + 1)


def test_write_timestamps_of_the_moment_of_a_field_and_of_the_config(loader, table):
    people = table("id int PRIMARY KEY, name text")
    for name, timestamp, row in (
        ("now", '"now"', {"id": 1, "name": "a"}),
        ("field", '"changed"', {"id": 2, "name": "b", "changed": 1_700_000_000_000_000}),
        ("fixed", "1600000000000000", {"id": 3, "name": "c"}),
    ):
        loader.write(f"{name}.jsonl", jsonl([row]))
        loader.configure(f"[mapping]\ntimestamp = {timestamp}\n")
        before = time.time_ns() // 1000
        assert loader("push", f"{name}.jsonl", "--to", people.url).code == 0
    stamps = dict(people.rows("id, writetime(name)"))
    assert before - 60_000_000 < stamps[1] < time.time_ns() // 1000
    assert (stamps[2], stamps[3]) == (1_700_000_000_000_000, 1_600_000_000_000_000)


def test_a_ttl_of_0_switches_the_default_of_the_table_off_and_no_ttl_does_not(loader, table):
    made = table("id int PRIMARY KEY, name text", options="WITH default_time_to_live = 1000")
    loader.write(
        "a.jsonl", jsonl([{"id": 1, "name": "a", "s": 0}, {"id": 2, "name": "b"}, {"id": 3, "name": "c", "s": 5000}])
    )
    loader.configure('[mapping]\nttl = "s"\n')
    assert loader("push", "a.jsonl", "--to", made.url).code == 0
    loader.configure("[mapping]\nttl = 0\n")
    loader.write("b.jsonl", jsonl([{"id": 4, "name": "d"}]))
    assert loader("push", "b.jsonl", "--to", made.url).code == 0
    left = dict(made.rows("id, ttl(name)"))
    assert left[1] is None
    assert 0 < left[2] <= 1000 < left[3] <= 5000
    assert 0 < left[4] <= 1000
