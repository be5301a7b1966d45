"""Batches stay below what the server warns of, whatever rows are like, and are cut as the config says."""

from __future__ import annotations

import re

import pytest

from tests.targets.cassandra.conftest import jsonl

_WARNING = re.compile(
    r"Unlogged batch covering|Batch for \[.*\] is of size|Batch of prepared statements", re.IGNORECASE
)


def _requests(out: str) -> list[tuple[int, set[int]]]:
    """Of each request that a dry run shows, how many rows it has, and the ids of the rows that are shown."""
    texts = [text for text in out.split("\n\n") if '{"id":' in text]
    counts = [re.search(r"\.\.\. (\d+) rows", text) for text in texts]
    ids = [list(map(int, re.findall(r'"id":(\d+)', text))) for text in texts]
    return [(int(count[1]) if count else len(shown), set(shown)) for count, shown in zip(counts, ids, strict=True)]


def test_twenty_thousand_rows_and_no_word_from_the_server(loader, table, server_log):
    wide = table("id int, n int, name text, PRIMARY KEY ((id), n)")
    loader.write("a.jsonl", jsonl({"id": i % 7001, "n": i, "name": "x" * (i % 900)} for i in range(20_000)))
    done = loader("push", "a.jsonl", "--to", wide.url)
    assert (done.code, done.report["delivered"]) == (0, 20_000), done.err
    assert wide.rows("id, n") == sorted((i % 7001, i) for i in range(20_000))
    assert _WARNING.findall(server_log()) == []
    # The same where the config goes beyond what the server likes: so it would have said something.
    loader.configure("[batch]\npartitions = 40\n")
    loader.write("b.jsonl", jsonl({"id": i, "n": i, "name": "x"} for i in range(500)))
    assert loader("push", "b.jsonl", "--to", wide.url).code == 0
    assert _WARNING.findall(server_log())


def test_a_wide_partition(loader, table, server_log):
    wide = table("day int, n int, name text, PRIMARY KEY ((day), n)")
    loader.write("a.csv", "day,n,name\n" + "".join(f"1,{n},{'x' * 100}\n" for n in range(10_000)))
    done = loader("push", "a.csv", "--to", wide.url)
    assert (done.code, done.report["delivered"]) == (0, 10_000), done.err
    assert wide.rows("n") == [(n,) for n in range(10_000)]
    assert _WARNING.findall(server_log()) == []


def test_rows_larger_than_a_batch_go_alone_up_to_a_cell_of_two_megabytes(loader, table, server_log):
    """A batch of two of them would make the server warn: they are of different partitions."""
    large = table("id int PRIMARY KEY, name text")
    names = {i: chr(97 + i) * 6_000 for i in range(20)} | {20: "x" * 60_000, 21: "é" * 2**20}
    loader.write("a.jsonl", jsonl({"id": i, "name": name} for i, name in names.items()))
    done = loader("push", "a.jsonl", "--to", large.url)
    assert (done.code, done.report["delivered"]) == (0, 22), done.err
    assert dict(large.rows()) == names
    assert _WARNING.findall(server_log()) == []


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ('mode = "none"', [(1, {0}), (1, {1}), (1, {2})]),
        ('mode = "partition"', [(3, {0}), (3, {1}), (3, {2})]),
        ("partitions = 2", [(6, {0}), (6, {2})]),
        ("size = 2", [(2, {0}), (2, {0, 1}), (2, {1})]),
    ],
    ids=["none", "partition", "partitions", "size"],
)
def test_batches_are_cut_as_the_config_says(loader, table, config, expected):
    wide = table("id int, n int, PRIMARY KEY ((id), n)")
    loader.configure(f"[batch]\n{config}\n")
    rows = [{"id": i % 4, "n": i} for i in range(12)]
    loader.write("a.jsonl", jsonl(rows))
    done = loader("push", "a.jsonl", "--to", wide.url, "--dry-run")
    assert done.code == 0
    assert _requests(done.out) == expected
    assert wide.rows() == []
    assert loader("push", "a.jsonl", "--to", wide.url).code == 0
    assert wide.rows() == sorted((row["id"], row["n"]) for row in rows)


def test_one_request_in_flight_keeps_the_order_of_the_file(loader, table):
    """The statement leaves the write timestamp to the server, which so tells in which order rows came."""
    people = table("id int PRIMARY KEY, name text")
    loader.configure(f"""
[concurrency]
max_in_flight = 1
[target.ordered]
url = "{people.url}"
query = "INSERT INTO {people.path} (id, name) VALUES (:id, :name)"
repeatable = true
""")
    loader.write("a.jsonl", jsonl({"id": (i * 7919) % 300, "name": str(i)} for i in range(300)))
    assert loader("push", "a.jsonl", "--to", "ordered").code == 0
    by_time = sorted(people.rows("writetime(name), name"))
    assert [name for _, name in by_time] == [str(i) for i in range(300)]
