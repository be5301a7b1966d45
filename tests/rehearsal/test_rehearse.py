"""`loader rehearse` as a process, against a real Cassandra."""

from __future__ import annotations

import json

import pytest

from tests.targets.cassandra.conftest import jsonl

UNREACHABLE = "cassandra://127.0.0.1:1/shop.orders"


def _orders(session, keyspace):
    session.execute(f"CREATE TABLE {keyspace}.orders (id int PRIMARY KEY, name text, price decimal)")
    return f"{keyspace}.orders"


def test_a_file_that_would_arrive(rehearse, loader, session, cassandra, keyspace, keyspaces, folder):
    """All is compared, nothing is left anywhere, and the target's own table is as it was."""
    table = _orders(session, keyspace)
    session.execute(f"INSERT INTO {table} (id, name) VALUES (-1, 'before')")
    loader.write("orders.jsonl", jsonl({"id": i, "name": f"row {i}", "price": "1.50"} for i in range(3000)))
    done = rehearse("orders.jsonl", "--to", cassandra.url(table))
    assert done.code == 0, done.err
    comparison = done.report["comparison"]
    assert (comparison["rows"], comparison["keys"], comparison["repeated"]) == (3000, 3000, 0)
    assert 500 < comparison["compared"] <= 2000
    assert comparison["differing"] == comparison["not_comparable"] == 0
    assert (done.report["delivered"], done.report["dlq"], done.report["target"]) == (3000, None, cassandra.url(table))
    assert f"next: loader push orders.jsonl --to {cassandra.url(table)}" in done.err
    assert comparison["keyspace"] not in keyspaces()
    assert list(folder.iterdir()) == []
    assert not (loader.folder / ".loader").exists()
    assert [row.id for row in session.execute(f"SELECT id FROM {table}")] == [-1]


def test_rows_that_would_fail_are_told(rehearse, loader, session, cassandra, keyspace):
    """By type as after a load; the letters, where they are asked for, name the real target."""
    table = _orders(session, keyspace)
    loader.configure('[dlq]\npath = "real.jsonl"')
    loader.write("orders.jsonl", jsonl([{"id": 1}, {"id": "x"}, {"id": 2, "price": "much"}, {"id": 3}]))
    done = rehearse("orders.jsonl", "--to", cassandra.url(table), "--dlq", "dead.jsonl")
    assert done.code == 1
    assert done.report["by_type"] == {"bad_value": 1, "missing_field": 1} or done.report["by_type"] == {"bad_value": 2}
    assert "orders.jsonl:2: id: expected a whole number" in done.err
    assert [letter["line"] for letter in loader.letters()] == [2, 3]
    assert {letter["target"] for letter in loader.letters()} == {cassandra.url(table)}
    assert done.report["comparison"]["rows"] == 2
    assert "next:" not in done.err
    done = rehearse("orders.jsonl", "--to", cassandra.url(table))
    assert (done.code, done.report["dlq"]) == (1, None)
    assert not (loader.folder / "real.jsonl").exists()


ODD = """
CREATE TYPE {0}."Zip Code" (code int, "select" text);
CREATE TYPE {0}.address (street text, zips list<frozen<"Zip Code">>);
CREATE TABLE {0}."OrderLines" (
    "Order-Id" uuid, "from" int, "größe" double, home frozen<address>, tags set<text>, "List" list<int>,
    by_day map<date, frozen<list<int>>>, pair tuple<int, text>, spot vector<float, 2>, note text static,
    PRIMARY KEY ("Order-Id", "from")
);
"""


def test_every_kind_of_column_is_compared(rehearse, loader, session, cassandra, keyspace):
    """User-defined types, collections, static columns, odd names; of two rows with one key the later counts."""
    for statement in filter(str.strip, ODD.format(keyspace).split(";")):
        session.execute(statement)
    order = "123e4567-e89b-42d3-a456-42661417400"
    address = {"street": "Weg 1", "zips": [{"code": 1, "select": None}, {"code": 2, "select": "x"}]}
    loader.write(
        "lines.jsonl",
        jsonl(
            {
                "Order-Id": f"{order}{i % 3}",
                "from": i % 50,
                "größe": "NaN" if i % 2 else i / 3,
                "home": address,
                "tags": ["b", "a", f"t{i}"],
                "List": [] if i % 5 == 0 else [i, i],
                "by_day": {"2026-01-01": [i], "1999-12-31": []},
                "pair": [i, None],
                "spot": [0.5, i],
                **({"note": f"note {i}"} if i % 7 == 0 else {}),
            }
            for i in range(400)
        ),
    )
    done = rehearse("lines.jsonl", "--to", cassandra.url(f"{keyspace}.%22OrderLines%22"))
    assert done.code == 0, done.err
    comparison = done.report["comparison"]
    assert (comparison["rows"], comparison["repeated"], comparison["compared"]) == (150, 250, 153)
    assert "repeated keys: 250 rows have the key of a row before them" in done.err


def test_increments_of_counters_add_up(rehearse, loader, session, cassandra, keyspace):
    session.execute(
        f"CREATE TABLE {keyspace}.hits (page text, day date, n counter, m counter, PRIMARY KEY (page, day))"
    )
    rows = [{"page": f"p{i % 4}", "day": "2026-01-01", "n": i, **({"m": -1} if i % 2 else {})} for i in range(40)]
    loader.write("hits.jsonl", jsonl(rows))
    done = rehearse("hits.jsonl", "--to", cassandra.url(f"{keyspace}.hits"))
    assert done.code == 0, done.err
    comparison = done.report["comparison"]
    assert (comparison["rows"], comparison["compared"], comparison["repeated"]) == (4, 4, 36)


def test_a_schema_file_stands_for_the_cluster_of_the_target(rehearse, loader):
    loader.write("shop.cql", "USE shop; CREATE TYPE t (a int); CREATE TABLE orders (id int PRIMARY KEY, x frozen<t>)")
    loader.write("orders.jsonl", jsonl([{"id": 1, "x": {"a": 2}}, {"id": 2}]))
    done = rehearse("orders.jsonl", "--to", UNREACHABLE, "--schema", "shop.cql")
    assert done.code == 0, done.err
    assert done.report["comparison"]["compared"] == 2
    assert done.report["target"] == UNREACHABLE


def test_rows_that_expire_are_no_differences(rehearse, loader, session, cassandra, keyspace):
    table = _orders(session, keyspace)
    loader.configure("[mapping]\nttl = 1")
    loader.write("orders.jsonl", jsonl({"id": i, "name": "n"} for i in range(200)))
    done = rehearse("orders.jsonl", "--to", cassandra.url(table))
    assert done.code == 0, done.err
    assert done.report["comparison"]["keys"] is None


def test_what_several_rows_write_at_one_time_is_not_compared(rehearse, loader, session, cassandra, keyspace):
    table = _orders(session, keyspace)
    loader.configure("[mapping]\ntimestamp = 1000")
    loader.write("orders.jsonl", jsonl([{"id": 1, "name": "a"}, {"id": 1, "name": "b"}, {"id": 2, "name": "c"}]))
    done = rehearse("orders.jsonl", "--to", cassandra.url(table))
    assert done.code == 0, done.err
    comparison = done.report["comparison"]
    assert (comparison["compared"], comparison["not_comparable"], comparison["rows"]) == (2, 1, 2)


def test_fields_that_match_no_column_are_told_before_anything_is_read(
    rehearse, loader, session, cassandra, keyspace, folder
):
    table = _orders(session, keyspace)
    loader.write("orders.csv", "id,nmae\n1,a\n")
    done = rehearse("orders.csv", "--to", cassandra.url(table))
    assert (done.code, done.report) == (2, None)
    assert "no column takes nmae (did you mean name?)" in done.err
    assert list(folder.iterdir()) == []


def test_a_target_that_is_down_is_told_with_the_way_around_it(rehearse, loader):
    loader.write("orders.jsonl", jsonl([{"id": 1}]))
    done = rehearse("orders.jsonl", "--to", UNREACHABLE)
    assert done.code == 3
    assert "--schema FILE" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--to", UNREACHABLE), "loader local up"),
        (("--to", UNREACHABLE, "--local", "192.0.2.1"), "loopback alone"),
        (("--to", UNREACHABLE, "--local", "db.example.com:9042"), "an address on loopback"),
        (("--to", "http://127.0.0.1:1/", "--local", "127.0.0.1"), "only a load into cassandra://"),
        (("--to", "own", "--local", "127.0.0.1"), "a query of your own"),
        (("--to", UNREACHABLE, "--local", "127.0.0.1", "--schema", "none.cql"), "none.cql: cannot be read"),
    ],
)
def test_what_cannot_be_rehearsed(loader, arguments, said):
    loader.configure(f'[target.own]\nurl = "{UNREACHABLE}2"\nquery = "INSERT INTO shop.orders (id) VALUES (:id)"')
    loader.write("orders.jsonl", json.dumps({"id": 1}))
    done = loader("rehearse", "orders.jsonl", *arguments)
    assert (done.code, done.report) == (2, None)
    assert said in done.err


def test_a_local_cassandra_that_does_not_answer(loader):
    loader.write("s.cql", "CREATE TABLE orders (id int PRIMARY KEY)")
    loader.write("orders.jsonl", json.dumps({"id": 1}))
    done = loader("rehearse", "orders.jsonl", "--to", UNREACHABLE, "--schema", "s.cql", "--local", "127.0.0.1:1")
    assert done.code == 3
    assert "loader local up" in done.err
