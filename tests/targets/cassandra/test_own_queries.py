"""Statements of the user's own: conditions, markers, and what may be repeated."""

from __future__ import annotations

import pytest

from tests.command import wait_for
from tests.targets.cassandra.conftest import jsonl


def _configure(loader, table, query: str, more: str = "") -> None:
    loader.configure(f'[target.own]\nurl = "{table.url}"\nquery = """{query}"""\n{more}\n')


def test_if_not_exists_tells_our_row_from_that_of_another(loader, table):
    people = table("id int PRIMARY KEY, name text, age int")
    for values in ("(1, 'Ada', 36)", "(2, 'Bob', 20)"):
        people.session.execute(f"INSERT INTO {people.path} (id, name, age) VALUES {values}")
    _configure(loader, people, f"INSERT INTO {people.path} (id, name, age) VALUES (:id, :name, :age) IF NOT EXISTS")
    rows = [
        {"id": 1, "name": "Ada", "age": 36},
        {"id": 2, "name": "Eve", "age": 20},
        {"id": 3, "name": "Cy", "age": None},
        {"id": 1, "name": "Ada"},
    ]
    loader.write("a.jsonl", jsonl(rows))
    done = loader("push", "a.jsonl", "--to", "own", "--dlq", "dead.jsonl")
    assert (done.code, done.report["delivered"]) == (1, 3), done.err
    (letter,) = loader.letters()
    assert (letter["line"], letter["error_type"], letter["class"]) == (2, "cql_not_applied", "refused")
    assert "name: 'Bob'" in letter["error"]
    assert people.rows("id, name, age") == [(1, "Ada", 36), (2, "Bob", 20), (3, "Cy", None)]


def test_a_repeated_load_with_if_not_exists_delivers_everything_again(loader, table):
    people = table("id int PRIMARY KEY, name text")
    _configure(loader, people, f"INSERT INTO {people.path} (id, name) VALUES (:id, :name) IF NOT EXISTS")
    loader.write("a.jsonl", jsonl({"id": i, "name": f"row {i}"} for i in range(50)))
    for _ in range(2):
        done = loader("push", "a.jsonl", "--to", "own")
        assert (done.code, done.report["delivered"]) == (0, 50), done.err


def test_an_update_with_named_markers_takes_fields_by_name(loader, table):
    people = table('id int, "Full Name" text, tags set<text>, PRIMARY KEY (id)')
    _configure(loader, people, f'UPDATE {people.path} SET "Full Name" = :name, tags = tags + :more WHERE id = :id')
    people.session.execute(f"INSERT INTO {people.path} (id, tags) VALUES (1, {{'old'}})")
    loader.write("a.jsonl", jsonl([{"id": 1, "name": "Ada", "more": ["new"]}, {"id": 2, "name": "Bob"}]))
    done = loader("push", "a.jsonl", "--to", "own")
    assert done.code == 0, done.err
    assert people.rows('id, "Full Name", tags') == [(1, "Ada", {"old", "new"}), (2, "Bob", None)]


REPEATED_MARKERS = {
    "in one statement": "INSERT INTO {t} (id, a, b, n) VALUES (:id, :x, :x, :id)",
    "of several types": "UPDATE {t} SET a = :x, b = :x, m = :id, n = :id WHERE id = :id",
    "in a batch": (
        "BEGIN BATCH INSERT INTO {t} (id, a, n) VALUES (:id, :x, :id) UPDATE {t} SET b = :x WHERE id = :id APPLY BATCH"
    ),
    "in a condition": "UPDATE {t} SET a = :x, b = :x, n = :id WHERE id = :id IF n = :n AND n != :id",
}


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
@pytest.mark.parametrize("query", REPEATED_MARKERS.values(), ids=REPEATED_MARKERS)
def test_a_marker_that_stands_more_than_once_is_fed_wherever_it_stands(loader, table, query, suffix):
    made = table("id int PRIMARY KEY, a text, b text, n int, m bigint")
    made.session.execute(f"INSERT INTO {made.path} (id, n) VALUES (7, 9)")
    _configure(loader, made, query.format(t=made.path))
    row = {"ID": 7, "x": "é"} | ({"n": 9} if ":n " in query else {})
    loader.write("a.jsonl", jsonl([row]))
    loader.write("a.csv", ",".join(row) + "\n" + ",".join(map(str, row.values())) + "\n")
    done = loader("push", f"a.{suffix}", "--to", "own", "--dlq", "dead.jsonl")
    assert (done.code, done.report["delivered"]) == (0, 1), done.err
    assert made.rows("id, a, b, n, m") == [(7, "é", "é", 7, 7 if ":id, n" in query else None)]


def test_a_value_that_does_not_fit_a_repeated_marker_is_told_once(loader, table):
    made = table("id int PRIMARY KEY, a int, b int")
    _configure(loader, made, f"INSERT INTO {made.path} (id, a, b) VALUES (:id, :x, :x)")
    loader.write("a.jsonl", jsonl([{"id": 1, "x": "one"}]))
    assert loader("push", "a.jsonl", "--to", "own", "--dlq", "dead.jsonl").code == 1
    (letter,) = loader.letters()
    assert [(each["column"], each["value"]) for each in letter["columns"]] == [("x", "one")]


def test_a_batch_of_ones_own_may_be_repeated_and_goes_alone(loader, table):
    made = table("id int PRIMARY KEY, a text")
    query = (
        f"-- two\nBEGIN BATCH INSERT INTO {made.path} (id) VALUES (:id) UPDATE {made.path} SET a = :a WHERE id = :id "
    )
    _configure(loader, made, f"{query} APPLY BATCH", "repeatable = true")
    loader.write("a.jsonl", jsonl({"id": i, "a": str(i)} for i in range(50)))
    done = loader("push", "a.jsonl", "--to", "own")
    assert (done.code, done.report["delivered"]) == (0, 50), done.err
    assert made.rows() == [(i, str(i)) for i in range(50)]


def test_a_conditional_batch_that_is_not_applied_is_rejected_with_what_stands_there(loader, table):
    made = table("p int, c int, a text, PRIMARY KEY (p, c)")
    for c, a in ((1, "x"), (2, "y")):
        made.session.execute(f"INSERT INTO {made.path} (p, c, a) VALUES (1, {c}, '{a}')")
    updates = " ".join(f"UPDATE {made.path} SET a = :new WHERE p = :p AND c = {c} IF a = :old" for c in (1, 2))
    _configure(loader, made, f"BEGIN BATCH {updates} APPLY BATCH")
    loader.write("a.jsonl", jsonl([{"p": 1, "old": "x", "new": "z"}]))
    done = loader("push", "a.jsonl", "--to", "own", "--dlq", "dead.jsonl")
    assert done.code == 1, done.err
    (letter,) = loader.letters()
    assert letter["error_type"] == "cql_not_applied"
    assert "a: 'x'" in letter["error"]
    assert "a: 'y'" in letter["error"]
    assert made.rows("a") == [("x",), ("y",)]


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO {t} (id, name) VALUES (?, ?)",
        "UPDATE {t} SET name = ? WHERE id = ? IF name = ?",
        "BEGIN BATCH INSERT INTO {t} (id, name) VALUES (:id, ?) APPLY BATCH",
    ],
)
def test_markers_without_names_are_refused(loader, table, query):
    people = table("id int PRIMARY KEY, name text")
    _configure(loader, people, query.format(t=people.path))
    loader.write("a.jsonl", jsonl([{"id": 1, "name": "a"}]))
    done = loader("push", "a.jsonl", "--to", "own")
    assert (done.code, done.report) == (2, None)
    assert "markers need names" in done.err


def test_a_statement_that_the_server_does_not_take_is_refused_with_its_words(loader, table):
    people = table("id int PRIMARY KEY, name text")
    loader.write("a.jsonl", jsonl([{"id": 1, "name": "a"}]))
    for query, said in (
        (f"INSRT INTO {people.path} (id) VALUES (:id)", "no viable alternative"),
        (f"INSERT INTO {people.path} (id, nam) VALUES (:id, :name)", "Undefined column name nam"),
    ):
        _configure(loader, people, query)
        done = loader("push", "a.jsonl", "--to", "own")
        assert (done.code, done.report) == (2, None)
        assert said in done.err
        assert query in done.err


def test_an_own_query_is_never_repeated_over_a_kill_9_of_the_loader(loader, table):
    """It appends to a list: twice would show."""
    lists = table("id int PRIMARY KEY, tags list<text>")
    slowly = "[rate]\nrows = 1000\n[errors]\nmax_error_ratio = 1.0"
    _configure(loader, lists, f"UPDATE {lists.path} SET tags = tags + :tags WHERE id = :id", slowly)
    loader.write("a.jsonl", jsonl({"id": i, "tags": ["x"]} for i in range(1000)))
    with loader.start("push", "a.jsonl", "--to", "own", "--dlq", "dead.jsonl") as process:
        wait_for(lambda: lists.session.execute(f"SELECT id FROM {lists.path} WHERE id = 300").one())
        process.kill()
        process.communicate()
    done = loader("push", "a.jsonl", "--to", "own", "--dlq", "dead.jsonl", "--resume")
    assert done.code == 1, done.err
    doubtful = {letter["row"]["id"] for letter in loader.letters()}
    assert {letter["class"] for letter in loader.letters()} == {"unknown"}
    found = dict(lists.rows())
    assert all(tags == ["x"] for tags in found.values())
    assert {i for i in range(1000) if i not in found} <= doubtful


def test_the_write_timestamp_of_an_own_query_is_a_moment_too(loader, table):
    made = table("id int PRIMARY KEY, a text")
    query = f"INSERT INTO {made.path} (id, a) VALUES (:id, :a) USING TIMESTAMP :changed"
    _configure(loader, made, query)
    loader.write(
        "a.jsonl", jsonl([{"id": 1, "a": "x", "changed": 1_620_000_000_000}, {"id": 2, "a": "y", "changed": 5}])
    )
    assert loader("push", "a.jsonl", "--to", "own", "--dlq", "dead.jsonl").code == 1
    (letter,) = loader.letters()
    assert "changed: expected a time by ISO 8601" in letter["error"]
    assert "epoch_ms makes it 2021-05-03T00:00:00.000Z" in letter["error"]
    _configure(loader, made, query, '[mapping]\ntypes = {changed = "epoch_ms"}')
    assert loader("push", "a.jsonl", "--to", "own").code == 0
    assert made.rows("id, writetime(a)") == [(1, 1_620_000_000_000_000), (2, 5000)]
