"""Everything but the write: with the cluster that is asked for the table, and with a schema file alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.targets.cassandra.conftest import jsonl

UNREACHABLE = "cassandra://127.0.0.1:1/shop.orders"
SCHEMA = "CREATE TYPE shop.spot (x int); CREATE TABLE shop.orders (id int PRIMARY KEY, n int, at frozen<spot>);"
ROWS: list[dict[str, Any]] = [
    {"id": 1, "n": 1},
    {"id": "x"},
    *({"id": i} for i in range(3, 60)),
    {"id": 60, "n": "many"},
]


def _writes(session, table) -> int:
    """How many mutations the server has applied to a table."""
    query = "SELECT count FROM system_views.local_write_latency WHERE keyspace_name = %s AND table_name = %s"
    return session.execute(query, (table.keyspace, table.name)).one().count


def test_a_dry_run_writes_nothing(loader, table):
    """By the server's own count of mutations, which a load then does move."""
    orders = table("id int PRIMARY KEY, n int")
    loader.write("orders.jsonl", jsonl(ROWS))
    done = loader("push", "orders.jsonl", "--to", orders.url, "--dry-run", "--dlq", "dead.jsonl")
    assert done.code == 1
    assert (done.report["read"], done.report["would_deliver"], done.report["delivered"]) == (60, 58, 0)
    assert [letter["line"] for letter in loader.letters()] == [2, 60]
    assert _writes(orders.session, orders) == 0
    assert loader("push", "orders.jsonl", "--to", orders.url).report["delivered"] == 58
    assert _writes(orders.session, orders) == 58


def test_the_statement_is_shown_once_and_then_the_first_rows(loader, table):
    orders = table("id int PRIMARY KEY, n int")
    loader.write("orders.jsonl", jsonl({"id": i} for i in range(50)))
    done = loader("push", "orders.jsonl", "--to", orders.url, "--dry-run")
    shown = [part.splitlines() for part in done.out.strip().split("\n\n")]
    cql = f'INSERT INTO "{orders.keyspace}"."{orders.name}" ("id", "n") VALUES (?, ?) USING TIMESTAMP ?'
    assert shown[0] == [cql]
    assert [lines[0] for lines in shown[1:]] == ['{"id":0}', '{"id":10}', '{"id":20}']
    assert done.out.count("INSERT") == 1


@pytest.fixture
def offline(loader):
    """The command, where there is a schema file and no cluster."""
    loader.write("shop.cql", SCHEMA)
    loader.write("orders.jsonl", jsonl(ROWS))
    return lambda command, *arguments: loader(command, "orders.jsonl", "--schema", "shop.cql", *arguments)


def test_with_a_schema_file_no_cluster_is_asked(offline, loader):
    done = offline("push", "--to", UNREACHABLE, "--dry-run", "--dlq", "dead.jsonl")
    assert done.code == 1
    assert (done.report["read"], done.report["would_deliver"]) == (60, 58)
    assert [letter["line"] for letter in loader.letters()] == [2, 60]
    assert done.out.startswith('INSERT INTO "shop"."orders" ("id", "n", "at") VALUES (?, ?, ?) USING TIMESTAMP ?\n')


def test_rows_that_do_not_fit_are_counted_by_column(loader):
    loader.write("shop.cql", "CREATE TABLE shop.orders (id int PRIMARY KEY, price decimal, at timestamp)")
    rows: list[dict[str, Any]] = [
        {"id": 1, "price": "x"},
        {"id": 2, "price": "y", "at": "z"},
        {"id": 3, "price": 1},
        {"price": 2},
    ]
    loader.write("orders.jsonl", jsonl(rows))
    done = loader("push", "orders.jsonl", "--to", UNREACHABLE, "--dry-run", "--schema", "shop.cql")
    assert done.report["by_column"] == {"price": 2, "at": 1, "id": 1}
    assert "rows that do not fit, by column: price 2, at 1, id 1" in done.err


def test_a_header_with_a_blank_before_a_name_is_told_in_quotes_with_the_column_meant(loader):
    loader.write("shop.cql", "CREATE TABLE shop.orders (id int PRIMARY KEY, note text)")
    loader.write("orders.csv", "id, note\n1,a\n")
    done = loader("push", "orders.csv", "--to", UNREACHABLE, "--dry-run", "--schema", "shop.cql")
    assert done.code == 2
    assert 'orders.csv: no column takes " note" (did you mean note?): name one in mapping.fields' in done.err


def test_a_value_of_the_ttl_that_does_not_fit_is_told_by_its_setting(loader):
    loader.write("shop.cql", "CREATE TABLE shop.orders (id int PRIMARY KEY, note text)")
    loader.write("orders.jsonl", jsonl([{"id": 1, "expires": "soon"}]))
    loader.configure('[mapping]\nttl = "expires"\n')
    done = loader("push", "orders.jsonl", "--to", UNREACHABLE, "--dry-run", "--schema", "shop.cql")
    assert "TTL (mapping.ttl): expected a whole number" in done.err
    assert "[ttl]" not in done.err


def test_a_schema_file_says_the_same_as_the_cluster(offline, loader, session, cassandra, keyspace):
    for statement in SCHEMA.replace("shop.", f"{keyspace}.").split(";")[:2]:
        session.execute(statement)
    loader.write("orders.csv", 'id,n,at\n1,2,"{""x"": 1}"\n2,two,\n,3,\n4,,"[1, 2]"\n')
    asked = loader("push", "orders.csv", "--to", cassandra.url(f"{keyspace}.orders"), "--dry-run").report
    told = loader("push", "orders.csv", "--to", UNREACHABLE, "--dry-run", "--schema", "shop.cql").report
    same = ("exit_code", "read", "would_deliver", "by_type", "samples")
    assert [told[key] for key in same] == [asked[key] for key in same]
    assert (asked["exit_code"], asked["would_deliver"]) == (1, 1)


def test_check_with_a_schema_file_does_not_connect(offline):
    done = offline("check", "--to", UNREACHABLE)
    assert done.code == 0
    assert "connection: not tried; the table is that of shop.cql" in done.out
    assert '{"id":1,"n":1}' in done.out


@pytest.mark.parametrize(
    ("to", "more", "said"),
    [
        (UNREACHABLE, (), "--schema is for --dry-run"),
        ("http://127.0.0.1:1/", ("--dry-run",), "a schema is for targets of the form cassandra://"),
        ("own", ("--dry-run",), "only a cluster can tell what a query of your own takes"),
        ("cassandra://127.0.0.1:1/shop.order", ("--dry-run",), "shop.cql: the schema defines no table shop.order"),
    ],
)
def test_what_a_schema_file_cannot_do(offline, loader, to, more, said):
    loader.configure(f'[target.own]\nurl = "{UNREACHABLE}"\nquery = "INSERT INTO shop.orders (id) VALUES (:id)"')
    done = offline("push", "--to", to, *more)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_schema_file_that_cannot_be_read_is_named_with_its_line(loader):
    loader.write("shop.cql", "CREATE TABLE shop.orders (\n  id nt PRIMARY KEY\n);")
    loader.write("orders.jsonl", json.dumps({"id": 1}))
    done = loader("push", "orders.jsonl", "--to", UNREACHABLE, "--dry-run", "--schema", "shop.cql")
    assert done.code == 2
    assert "shop.cql: line 2: there is no type called nt" in done.err
